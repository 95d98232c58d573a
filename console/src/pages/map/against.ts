import { resolveRange, type TimeRange } from '../../app/time-range.ts';

/** With what a map is compared, as the URL has it, and the two ranges that this means for the range on screen. */
export interface Against {
  before: TimeRange;
  after: TimeRange;
}

const shifts: Record<string, number> = { '1d': 86_400_000, '7d': 7 * 86_400_000 };

/**
 * `previous`: the range of the same length before; `1d`, `7d`: the same time then; `deployment:<cluster>/<service>@<ISO>`:
 * before and after that moment; `<ISO>~<ISO>`: any other range. A text that is none of these is undefined.
 */
export function resolveAgainst(text: string | undefined, range: TimeRange): Against | undefined {
  if (text === undefined) return undefined;
  const length = range.end - range.start;
  if (text === 'previous') return { before: { start: range.start - length, end: range.start }, after: range };
  const shift = Object.hasOwn(shifts, text) ? shifts[text] : undefined;
  if (shift !== undefined) return { before: { start: range.start - shift, end: range.end - shift }, after: range };
  const deployedMs = Date.parse(/^deployment:.*@([^@]+)$/s.exec(text)?.[1] ?? '');
  if (!Number.isNaN(deployedMs)) {
    const end = range.end > deployedMs ? range.end : deployedMs + length;
    return {
      before: { start: deployedMs - length, end: deployedMs },
      after: { start: Math.max(deployedMs, end - length), end },
    };
  }
  const [start, end] = text.split('~').map((part) => Date.parse(part));
  if (start === undefined || end === undefined || !(start < end)) return undefined;
  return { before: resolveRange(text, range.end), after: range };
}
