import { availableParallelism, loadavg } from 'node:os';

/** A bar of the design: `bench/run.ts` collects these lines by their last words. */
export interface Bar {
  readonly what: string;
  readonly measured: string;
  readonly bar: string;
  readonly isHeld: boolean;
  readonly limitedBy?: string;
}

export function printBar({ what, measured, bar, isHeld, limitedBy }: Bar): void {
  const limit = !isHeld && limitedBy ? `; limited by ${limitedBy}` : '';
  console.log(
    `* ${what}: ${measured} (bar: ${bar}${limit}${isHeld ? '' : busyMachine()}): ${isHeld ? 'held' : 'NOT held'}`,
  );
}

/** Others that run at the same time make wall time useless, and everybody should see that. */
function busyMachine(): string {
  const load = loadavg()[0]!;
  return load > availableParallelism() * 2 ? `; and by a busy machine, load average ${load.toFixed(1)}` : '';
}

/** The value that the given share of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export const round = (value: number, digits = 1): string => value.toFixed(digits);
