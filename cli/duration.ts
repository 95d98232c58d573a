import { CommandError } from './command-error.ts';

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `10m`, `2h`, `1d` as milliseconds. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  if (!match) throw new CommandError(`${text} is no duration; write 30s, 10m, 2h or 1d`);
  return Number(match[1]) * unitsMs[match[2]!]!;
}
