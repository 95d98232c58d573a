import type { ForecastStatistics } from '@aws-sdk/client-xray';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { faultCountBand, type RequestCount } from './expected-band.ts';
import { addMinutes } from './judge-node.ts';
import type { NodeId } from './model.ts';
import { historyRanges, minuteMs, type NodeMinute, ratesAt } from './node-history.ts';
import { type GroupScope, readHistories } from './node-minutes.ts';

/** Of minutes that are counted for the purpose. */
const learntMs = 65 * minuteMs;

/**
 * The band of fault counts of some nodes together, as insights see it: from the minutes that they have kept, or, where a
 * group has no insights, from what `readMinutes` counts in the hour before and in the range itself.
 */
export async function readForecast(
  telemetry: TelemetryStore,
  scope: GroupScope,
  nodes: readonly NodeId[],
  range: { startMs: number; endMs: number },
  readMinutes: (fromMs: number, toMs: number) => Promise<ReadonlyMap<number, RequestCount>>,
): Promise<(windowMs: number, requests: number) => ForecastStatistics> {
  const ranges = historyRanges(range.startMs, range.endMs);
  const history = addUp([...(await readHistories(telemetry, scope, nodes, ranges)).values()]);
  const isKept = [...history.keys()].some((atMs) => atMs >= range.startMs - learntMs);
  if (!isKept) {
    const fromMs = range.startMs - learntMs;
    addMinutes(history, await readMinutes(fromMs, range.endMs));
  }
  return (windowMs, requests) => {
    const { low, high } = faultCountBand(requests, ratesAt(history, Math.floor(windowMs / minuteMs) * minuteMs));
    return { FaultCountLow: Math.floor(low), FaultCountHigh: Math.ceil(high) };
  };
}

function addUp(histories: readonly ReadonlyMap<number, NodeMinute>[]): Map<number, NodeMinute> {
  const total = new Map<number, NodeMinute>();
  for (const history of histories) {
    for (const [atMs, minute] of history) {
      const known = total.get(atMs);
      total.set(atMs, {
        requests: minute.requests + (known?.requests ?? 0),
        faults: minute.faults + (known?.faults ?? 0),
        isOutside: minute.isOutside || known?.isOutside === true,
      });
    }
  }
  return total;
}
