/** A time range as the URL has it: `15m` (ends now) or `<ISO>~<ISO>`. */
export interface TimeRange {
  start: number;
  end: number;
}

export const relativeRanges = ['5m', '15m', '30m', '1h', '3h', '6h', '12h', '1d', '3d', '7d', '14d', '30d'] as const;
export const defaultRange = '15m';

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function relativeMs(text: string): number | undefined {
  const match = /^(\d{1,4})([smhd])$/.exec(text);
  const amount = Number(match?.[1]);
  return match && amount > 0 ? amount * (unitMs[match[2] ?? ''] ?? 0) : undefined;
}

export const isRelative = (text: string): boolean => relativeMs(text) !== undefined;

/** The range at this moment. A text that says nothing is the default range. */
export function resolveRange(text: string, nowMs: number): TimeRange {
  const length = relativeMs(text);
  if (length !== undefined) return { start: nowMs - length, end: nowMs };
  const [start, end] = text.split('~').map((part) => Date.parse(part));
  if (start !== undefined && end !== undefined && start < end) return { start, end };
  return resolveRange(defaultRange, nowMs);
}

/** The same range as it must be in a link that somebody else opens later. */
export function absoluteRange(range: TimeRange): string {
  return `${new Date(range.start).toISOString()}~${new Date(range.end).toISOString()}`;
}

/** A range around one moment or span, with room on both sides. */
export function rangeAround(startMs: number, endMs: number, marginMs = 60_000): string {
  return absoluteRange({ start: startMs - marginMs, end: endMs + marginMs });
}

/** The step, in whole seconds as CloudWatch takes it, that gives at most about `points` values over the range. */
export function periodSeconds(range: TimeRange, points = 180): number {
  const wanted = (range.end - range.start) / 1000 / points;
  const steps = [10, 30, 60, 300, 900, 3600, 21_600, 86_400];
  return steps.find((step) => step >= wanted) ?? 86_400;
}
