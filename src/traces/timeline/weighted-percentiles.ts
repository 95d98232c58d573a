/** A value that stands for `weight` of its kind. */
export interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** The values that 0, 1, 2 ... 100 percent of the weight do not exceed; empty for nothing. */
export function weightedPercentiles(values: readonly Weighted[]): number[] {
  const sorted = values.filter(({ weight }) => weight > 0).sort((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  const steps: number[] = [];
  let passed = 0;
  for (const { value, weight } of sorted) {
    passed += weight;
    // Sums of fractions fall short of the whole by a little.
    while (steps.length <= 100 && (steps.length / 100) * total <= passed + total * 1e-9) steps.push(value);
  }
  return steps;
}
