import { useMemo } from 'react';
import type { Service } from '../../api/ecs.ts';
import { getServiceGraph } from '../../api/xray.ts';
import { useLive } from '../../app/scope.ts';
import type { TimeRange } from '../../app/time-range.ts';
import { useAllServices } from '../../parts/service-of.ts';
import { type Against, resolveAgainst } from './against.ts';
import { type Compared, compareMaps } from './compare-maps.ts';
import { buildTraceMap, type TraceMap } from './map-model.ts';
import { namesOf, narrowMap, readShow } from './narrow-map.ts';

export interface ShownMap {
  map: TraceMap;
  /** What the numbers cover: the range on screen, or its part after a deployment. */
  range: TimeRange;
  compared: ReadonlyMap<string, Compared> | undefined;
  /** What it was to be compared with. */
  beforeRange: TimeRange | undefined;
}

export const minutesOf = (range: TimeRange): number => (range.end - range.start) / 60_000;

/** The map of the range on screen, or the part of it that was chosen, or what became of an earlier one. */
export function useMap(search: { show?: string; against?: string }) {
  const show = readShow(search.show);
  const group = show?.by === 'group' ? show.value : undefined;
  const services = useAllServices();
  const query = useLive(
    ['map', group ?? '', search.against ?? ''],
    async ({ scope, range, signal }): Promise<Found> => {
      const ranges = resolveAgainst(search.against, range);
      const after = ranges?.after ?? range;
      const [later, earlier] = await Promise.all([
        getServiceGraph(scope, { ...after, group }, signal),
        ranges ? getServiceGraph(scope, { ...ranges.before, group }, signal) : undefined,
      ]);
      return { later: buildTraceMap(later), range: after, earlier: earlier && buildTraceMap(earlier), ranges };
    },
  );
  const known = services.data;
  const names = useMemo(() => {
    const chosen = readShow(search.show);
    return chosen && chosen.by !== 'group' && known ? namesOf(chosen, known) : undefined;
  }, [search.show, known]);
  const found = query.data;
  const shown = useMemo(() => found && toShown(found, names), [found, names]);
  return { query, shown, services: known ?? noServices, group };
}

const noServices: readonly Service[] = [];

interface Found {
  later: TraceMap;
  range: TimeRange;
  earlier: TraceMap | undefined;
  ranges: Against | undefined;
}

function toShown({ later, earlier, range, ranges }: Found, names: ReadonlySet<string> | undefined): ShownMap {
  const narrow = (map: TraceMap) => (names ? narrowMap(map, names) : map);
  if (!earlier || !ranges) return { map: narrow(later), range, compared: undefined, beforeRange: undefined };
  // Where nothing was traced before, everything would be new: that says nothing.
  if (earlier.nodes.length === 0) {
    return { map: narrow(later), range, compared: undefined, beforeRange: ranges.before };
  }
  const comparison = compareMaps(
    { map: earlier, minutes: minutesOf(ranges.before) },
    { map: later, minutes: minutesOf(range) },
  );
  return { map: narrow(comparison.map), range, compared: comparison.compared, beforeRange: ranges.before };
}
