import type { TraceSummary } from '../../api/xray.ts';

/** A rectangle of the scatter: when (ms) and how long (seconds). */
export interface Selection {
  fromMs: number;
  toMs: number;
  fromSeconds: number;
  toSeconds: number;
}

/** As the URL has it: `<ms>~<ms>~<seconds>~<seconds>`. A text that is not one gives undefined. */
export function readSelection(text: string | undefined): Selection | undefined {
  const [fromMs, toMs, fromSeconds, toSeconds, ...more] = (text ?? '').split('~').map(Number);
  if (fromMs === undefined || toMs === undefined || fromSeconds === undefined || toSeconds === undefined) return;
  const all = [fromMs, toMs, fromSeconds, toSeconds];
  if (more.length > 0 || !all.every(Number.isFinite) || fromMs > toMs || fromSeconds > toSeconds) return;
  return { fromMs, toMs, fromSeconds, toSeconds };
}

export function writeSelection({ fromMs, toMs, fromSeconds, toSeconds }: Selection): string {
  return [Math.floor(fromMs), Math.ceil(toMs), fromSeconds.toPrecision(6), toSeconds.toPrecision(6)].join('~');
}

export function isSelected(trace: TraceSummary, selection: Selection): boolean {
  const at = (trace.StartTime ?? 0) * 1000;
  const seconds = trace.ResponseTime ?? 0;
  return (
    at >= selection.fromMs && at <= selection.toMs && seconds >= selection.fromSeconds && seconds <= selection.toSeconds
  );
}
