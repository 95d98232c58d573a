import type { Aggregate } from './model.ts';

/** A statistic's name as CloudWatch spells it, taken apart. */
export type Statistic =
  | { readonly kind: 'SampleCount' | 'Average' | 'Sum' | 'Minimum' | 'Maximum' }
  | { readonly kind: 'percentile'; readonly percent: number }
  | {
      /** Mean, count, sum or winsorized mean of what lies between two percentiles, or two values. */
      readonly kind: 'TM' | 'TC' | 'TS' | 'WM' | 'PR';
      readonly unit: 'percent' | 'value';
      readonly from: number | undefined;
      readonly to: number | undefined;
    };

const plain = new Set(['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum']);

/** Undefined when the name is none of CloudWatch's statistics. */
export function parseStatistic(name: string): Statistic | undefined {
  if (plain.has(name)) return { kind: name } as Statistic;
  if (name === 'IQM') return { kind: 'TM', unit: 'percent', from: 25, to: 75 };
  const short = /^(p|tm|tc|ts|wm)(\d{1,3}(?:\.\d{1,10})?)$/i.exec(name);
  if (short && Number(short[2]) <= 100) {
    const percent = Number(short[2]);
    if (short[1]!.toLowerCase() === 'p') return { kind: 'percentile', percent };
    return { kind: short[1]!.toUpperCase() as 'TM', unit: 'percent', from: undefined, to: percent };
  }
  const range = /^(TM|TC|TS|WM|PR)\((-?[\d.]+)?(%?):(-?[\d.]+)?(%?)\)$/.exec(name);
  if (!range || (range[2] === undefined && range[4] === undefined)) return undefined;
  const unit = range[3] || range[5] ? 'percent' : 'value';
  if (range[1] === 'PR' && unit === 'percent') return undefined;
  const bound = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return { kind: range[1] as 'TM', unit, from: bound(range[2]), to: bound(range[4]) };
}

/** True when the statistic needs single values, which a mere statistic set does not have. */
export const needsValues = (statistic: Statistic): boolean => statistic.kind === 'percentile' || 'unit' in statistic;

/** The statistic's value in a period; undefined when the period cannot tell. */
export function computeStatistic(aggregate: Aggregate, statistic: Statistic): number | undefined {
  if (aggregate.sampleCount === 0) return undefined;
  switch (statistic.kind) {
    case 'SampleCount':
      return aggregate.sampleCount;
    case 'Sum':
      return aggregate.sum;
    case 'Average':
      return aggregate.sum / aggregate.sampleCount;
    case 'Minimum':
      return aggregate.minimum;
    case 'Maximum':
      return aggregate.maximum;
  }
  const known = aggregate.counts.reduce((sum, count) => sum + count, 0);
  if (known === 0 || Math.abs(known - aggregate.sampleCount) > 1e-9 * known) return undefined;
  if (statistic.kind === 'percentile') return percentile(aggregate, statistic.percent, known);
  return trimmed(aggregate, statistic, known);
}

/** The smallest value that at least `percent` of the samples do not exceed. */
function percentile(aggregate: Aggregate, percent: number, total: number): number {
  const rank = (percent / 100) * total;
  let seen = 0;
  for (const [index, value] of aggregate.values.entries()) {
    seen += aggregate.counts[index]!;
    if (seen >= rank - 1e-9 && seen > 0) return value;
  }
  return aggregate.maximum;
}

function trimmed(
  aggregate: Aggregate,
  statistic: Extract<Statistic, { unit: string }>,
  total: number,
): number | undefined {
  const kept =
    statistic.unit === 'percent' ? keepByRank(aggregate, statistic, total) : keepByValue(aggregate, statistic);
  const count = kept.reduce((sum, [, weight]) => sum + weight, 0);
  const sum = kept.reduce((result, [value, weight]) => result + value * weight, 0);
  switch (statistic.kind) {
    case 'TC':
      return count;
    case 'TS':
      return sum;
    case 'PR':
      return (100 * count) / total;
    case 'TM':
      return count === 0 ? undefined : sum / count;
    case 'WM': {
      if (count === 0) return undefined;
      const low = kept[0]![0];
      const high = kept.at(-1)![0];
      const winsorized = aggregate.values.reduce(
        (result, value, index) => result + Math.min(Math.max(value, low), high) * aggregate.counts[index]!,
        0,
      );
      return winsorized / total;
    }
  }
}

function keepByRank(
  aggregate: Aggregate,
  bounds: { from: number | undefined; to: number | undefined },
  total: number,
): [number, number][] {
  const from = ((bounds.from ?? 0) / 100) * total;
  const to = ((bounds.to ?? 100) / 100) * total;
  const kept: [number, number][] = [];
  let seen = 0;
  for (const [index, value] of aggregate.values.entries()) {
    const next = seen + aggregate.counts[index]!;
    const weight = Math.min(next, to) - Math.max(seen, from);
    if (weight > 1e-9) kept.push([value, weight]);
    seen = next;
  }
  return kept;
}

/** Absolute bounds: the lower one is exclusive, the upper one inclusive. */
function keepByValue(
  aggregate: Aggregate,
  bounds: { from: number | undefined; to: number | undefined },
): [number, number][] {
  return aggregate.values
    .map((value, index): [number, number] => [value, aggregate.counts[index]!])
    .filter(([value]) => value > (bounds.from ?? -Infinity) && value <= (bounds.to ?? Infinity));
}
