import type { DurationPercentiles } from '../../api/timeline.ts';
import type { TraceRow } from './build-trace.ts';

/** Where a row stands among its like. */
export interface Standing {
  /** Percent that took less, 0 to 100. */
  percent: number;
  count: number;
  medianSeconds: number;
}

export type Standings = (row: TraceRow) => Standing | undefined;

/** With fewer than this, a place among them says nothing. */
const countMin = 20;

const keyOf = (kind: string, service: string, name: string) => JSON.stringify([kind, service, name]);

/** Finds each row's place among the rows of its kind, service and name. */
export function standingsOf(percentiles: readonly DurationPercentiles[]): Standings {
  const known = new Map(percentiles.map((one) => [keyOf(one.kind, one.service, one.name), one]));
  return (row) => {
    if (row.inProgress) return undefined;
    const found =
      row.kind === 'segment'
        ? known.get(keyOf('segment', row.name, row.name))
        : row.kind === 'call'
          ? (known.get(keyOf('call', row.service, row.name)) ?? known.get(keyOf('part', '', row.name)))
          : known.get(keyOf('part', '', row.name));
    if (!found || found.count < countMin) return undefined;
    const micros = Math.round((row.end - row.start) * 1e6);
    return {
      percent: percentOf(found.micros, micros),
      count: found.count,
      medianSeconds: (found.micros[50] ?? 0) / 1e6,
    };
  };
}

/** Percent of the values below one: the number of steps that it exceeds. */
function percentOf(steps: readonly number[], value: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return Math.min(100, low);
}
