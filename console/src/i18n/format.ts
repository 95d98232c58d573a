/** Numbers as people read them: three significant digits with a unit. Exact values belong into a title. */

const significant = (value: number): string => {
  if (value === 0) return '0';
  // Rounded first: 0.99996 has one digit before the point, not none.
  const rounded = Number(value.toPrecision(3));
  const digits = Math.floor(Math.log10(Math.abs(rounded))) + 1;
  return rounded.toFixed(Math.max(0, Math.min(6, 3 - digits)));
};

/** Seconds as `5.02 s`, `12.3 ms`, `340 µs`, `2 min 5 s`. */
export function formatDuration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return '-';
  const size = Math.abs(seconds);
  if (size === 0) return '0 ms';
  if (size < 0.0009995) return `${significant(seconds * 1e6)} µs`;
  if (size < 0.9995) return `${significant(seconds * 1e3)} ms`;
  if (size < 120) return `${significant(seconds)} s`;
  if (size < 7200) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (size < 172_800) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${significant(seconds / 86_400)} d`;
}

/** `1,234` below ten thousand, then `12.3k`, `4.56M`. */
export function formatCount(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '-';
  if (Math.abs(value) < 10_000) return Number.isInteger(value) ? value.toLocaleString('en-US') : significant(value);
  if (Math.abs(value) < 1e6) return `${significant(value / 1e3)}k`;
  return `${significant(value / 1e6)}M`;
}

/** Share of a whole; of nothing it is `-`. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return '-';
  const percent = (part / whole) * 100;
  return percent === 0 ? '0 %' : percent === 100 ? '100 %' : `${significant(percent)} %`;
}

export function formatBytes(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '-';
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let rest = value;
  let unit = 0;
  while (Math.abs(rest) >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${significant(rest)} ${units[unit]}`;
}

const two = (value: number) => String(value).padStart(2, '0');

interface TimeStyle {
  utc: boolean;
  /** Leave the date away when it is today's. */
  now?: number;
  milliseconds?: boolean;
}

/** `2026-11-22 12:03:07`, local or UTC (then with a Z). The date is left out for times of today if `now` is given. */
export function formatTime(ms: number | undefined, { utc, now, milliseconds }: TimeStyle): string {
  if (ms === undefined || !Number.isFinite(ms)) return '-';
  const shifted = (at: number) => new Date(utc ? at : at - new Date(at).getTimezoneOffset() * 60_000).toISOString();
  const text = shifted(ms);
  const day = text.slice(0, 10);
  const clock = text.slice(11, milliseconds ? 23 : 19) + (utc ? 'Z' : '');
  return now !== undefined && shifted(now).slice(0, 10) === day ? clock : `${day} ${clock}`;
}

/** `+09:00` for the reader's own clock, `UTC` otherwise. */
export function zoneName(utc: boolean, at: number): string {
  if (utc) return 'UTC';
  const minutes = -new Date(at).getTimezoneOffset();
  const sign = minutes < 0 ? '-' : '+';
  return `UTC${sign}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

/** AWS answers times as seconds (JSON) or text (XML, overview): both become milliseconds. */
export function toMs(value: number | string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') {
    const ms = Date.parse(value);
    return Number.isNaN(ms) ? undefined : ms;
  }
  return value < 1e11 ? value * 1000 : value;
}
