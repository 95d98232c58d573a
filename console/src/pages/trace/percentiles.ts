import type { DurationPercentiles } from '../../api/timeline.ts';
import type { TraceRow } from './build-trace.ts';

/** Where a row stands among its like. */
export interface Standing {
  /** Percent that took less, 0 to 100. */
  percent: number;
  count: number;
  /** Estimated from some of them. */
  isSample: boolean;
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
    const found = ofRow(row, (kind, service, name) => known.get(keyOf(kind, service, name)));
    if (!found || (found.sampled ?? found.count) < countMin) return undefined;
    const micros = Math.round((row.end - row.start) * 1e6);
    return {
      percent: percentOf(found.micros, micros),
      count: found.count,
      isSample: found.sampled !== undefined,
      medianSeconds: (found.micros[50] ?? 0) / 1e6,
    };
  };
}

type Find = (kind: string, service: string, name: string) => DurationPercentiles | undefined;

/** So far up is looked for the document that a subsegment was sent in. */
const ancestorsMax = 50;

function ofRow(row: TraceRow, find: Find): DurationPercentiles | undefined {
  if (row.kind === 'segment') return find('segment', row.name, row.name);
  const ofCall = row.kind === 'call' ? find('call', row.service, row.name) : undefined;
  if (ofCall) return ofCall;
  let above = row.parent;
  for (let step = 0; above && step < ancestorsMax; step += 1) {
    const nested = find('part', above.name, row.name);
    if (nested) return nested;
    above = above.parent;
  }
  return find('part', '', row.name);
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
