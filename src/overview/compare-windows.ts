import type { Change, Comparison } from './deployment-effect.ts';

export interface Bucket {
  readonly Value: number;
  readonly Count: number;
}

/** What a comparison is made of; `histogram` holds seconds. */
export interface Sample {
  readonly total: number;
  readonly histogram: readonly Bucket[];
}

/** Fewer requests in either window say nothing. */
export const requestsMin = 30;
/** How seldom chance alone makes such a difference, for it to be called one. */
const pValueMax = 0.001;
/** A difference that is certain but smaller is called none: a tenth of what it was and two milliseconds; half a percent. */
const slowerShareMin = 0.1;
const slowerSecondsMin = 0.002;
const shareMin = 0.005;

/** Two distributions of latency: ranks decide whether they differ (Mann-Whitney), median and 95th percentile by how much. */
export function compareLatency(before: Sample, after: Sample): Comparison {
  const [p50, p95] = [0.5, 0.95].map((share) => [
    quantileOf(before.histogram, share) ?? 0,
    quantileOf(after.histogram, share) ?? 0,
  ]) as [[number, number], [number, number]];
  const delta = p95[1] - p95[0];
  if (before.total < requestsMin || after.total < requestsMin) return { change: 'unknown', delta };
  const pValue = rankTest(before.histogram, after.histogram);
  return { change: pValue > pValueMax ? 'same' : changeOf([p50, p95]), delta, pValue };
}

/** The measure that moved most, relative to what it was, says which way. */
function changeOf(pairs: readonly (readonly [number, number])[]): Change {
  const moved = pairs
    .map(([was, is]) => ({ seconds: is - was, share: (is - was) / Math.max(was, slowerSecondsMin) }))
    .filter(({ seconds, share }) => Math.abs(seconds) >= slowerSecondsMin && Math.abs(share) >= slowerShareMin)
    .sort((a, b) => Math.abs(b.share) - Math.abs(a.share));
  if (!moved[0]) return 'same';
  return moved[0].seconds > 0 ? 'worse' : 'better';
}

/** Two shares of requests, such as faults: pooled two-proportion test, exact where counts are small. */
export function compareShares(
  before: { total: number; count: number },
  after: { total: number; count: number },
): Comparison {
  const [was, is] = [before, after].map(({ total, count }) => (total === 0 ? 0 : count / total)) as [number, number];
  const delta = is - was;
  if (before.total < requestsMin || after.total < requestsMin) return { change: 'unknown', delta };
  const pValue = fisherTest(before, after);
  if (pValue > pValueMax || Math.abs(delta) < shareMin) return { change: 'same', delta, pValue };
  return { change: delta > 0 ? 'worse' : 'better', delta, pValue };
}

/** The worst of several; `better` if one is and none is worse. */
export function overallChange(changes: readonly Change[]): Change {
  for (const change of ['worse', 'better', 'same'] as const) if (changes.includes(change)) return change;
  return 'unknown';
}

/** The smallest value that at least `share` of the counts do not exceed. */
export function quantileOf(histogram: readonly Bucket[], share: number): number | undefined {
  const total = histogram.reduce((sum, { Count }) => sum + Count, 0);
  let seen = 0;
  for (const { Value, Count } of histogram.toSorted((a, b) => a.Value - b.Value)) {
    seen += Count;
    if (seen >= total * share) return Value;
  }
  return undefined;
}

/** Mann-Whitney's U on buckets, normal approximation with the correction for ties; two-sided. */
export function rankTest(left: readonly Bucket[], right: readonly Bucket[]): number {
  const counts = new Map<number, [number, number]>();
  for (const [side, histogram] of [left, right].entries()) {
    for (const { Value, Count } of histogram) {
      const pair = counts.get(Value) ?? [0, 0];
      pair[side as 0 | 1] += Count;
      counts.set(Value, pair);
    }
  }
  let ranked = 0;
  let rankSum = 0;
  let ties = 0;
  let n = 0;
  let m = 0;
  for (const [, [a, b]] of [...counts].sort(([x], [y]) => x - y)) {
    const size = a + b;
    rankSum += a * (ranked + (size + 1) / 2);
    ties += size ** 3 - size;
    ranked += size;
    n += a;
    m += b;
  }
  const all = n + m;
  if (n === 0 || m === 0) return 1;
  const variance = ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)));
  if (!(variance > 0)) return 1;
  const u = rankSum - (n * (n + 1)) / 2;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return twoSided(z);
}

/** Fisher's exact test where a count is small; elsewhere the two-proportion test, which then agrees with it. */
export function fisherTest(before: { total: number; count: number }, after: { total: number; count: number }): number {
  const hits = before.count + after.count;
  const all = before.total + after.total;
  const misses = all - hits;
  if (hits === 0 || misses === 0) return 1;
  if (Math.min(hits, misses) > 1000) {
    const pooled = hits / all;
    const spread = Math.sqrt(pooled * (1 - pooled) * (1 / before.total + 1 / after.total));
    return twoSided(Math.abs(before.count / before.total - after.count / after.total) / spread);
  }
  const logOf = (count: number) =>
    logChoose(before.total, count) + logChoose(after.total, hits - count) - logChoose(all, hits);
  const observed = logOf(before.count);
  let total = 0;
  for (let count = Math.max(0, hits - after.total); count <= Math.min(hits, before.total); count += 1) {
    const log = logOf(count);
    if (log <= observed + 1e-9) total += Math.exp(log);
  }
  return Math.min(1, total);
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Exact below 64, Stirling's series above: its error is below 1e-9 there. */
function logFactorial(n: number): number {
  if (n < 64) {
    let sum = 0;
    for (let i = 2; i <= n; i += 1) sum += Math.log(i);
    return sum;
  }
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + 1 / (12 * n) - 1 / (360 * n ** 3);
}

/** The chance of a standard normal value at least this far from 0 (Abramowitz and Stegun 7.1.26). */
function twoSided(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.min(1, Math.max(0, series * Math.exp(-x * x)));
}
