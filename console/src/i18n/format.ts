/** Numbers as people read them: three significant digits with a unit. Exact values belong into a title. */
import type { Language } from './text.ts';

/**
 * Units as each language's AWS console writes them. Symbols of physics stay: a Japanese reader too has ms, µs and MB; words
 * for longer times, and no space before a percent sign, are the language's own.
 */
const units: Record<Language, { seconds: string; minutes: string; hours: string; days: string; percent: string }> = {
  en: { seconds: 's', minutes: 'min', hours: 'h', days: 'd', percent: ' %' },
  ja: { seconds: '秒', minutes: '分', hours: '時間', days: '日', percent: '%' },
};

let language: Language = 'en';

/** What all of the page is written in. Called before the words of a language appear, so that both change at once. */
export function setFormatLanguage(chosen: Language): void {
  language = chosen;
}

const significant = (value: number): string => {
  if (value === 0) return '0';
  // Rounded first: 0.99996 has one digit before the point, not none.
  const rounded = Number(value.toPrecision(3));
  const digits = Math.floor(Math.log10(Math.abs(rounded))) + 1;
  return rounded.toFixed(Math.max(0, Math.min(6, 3 - digits)));
};

/** Seconds as `5.02 s`, `12.3 ms`, `340 µs`, `2 min 5 s`; in Japanese `5.02 秒`, `12.3 ms`, `2 分 5 秒`. */
export function formatDuration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return '-';
  const unit = units[language];
  const size = Math.abs(seconds);
  if (size === 0) return '0 ms';
  if (size < 0.0009995) return `${significant(seconds * 1e6)} µs`;
  if (size < 0.9995) return `${significant(seconds * 1e3)} ms`;
  if (size < 120) return `${significant(seconds)} ${unit.seconds}`;
  // Rounded first, so that no part is ever 60.
  const whole = Math.round(size);
  const sign = seconds < 0 ? '-' : '';
  if (whole < 7200) return sign + inTwo(Math.floor(whole / 60), unit.minutes, whole % 60, unit.seconds);
  const minutes = Math.round(size / 60);
  if (minutes < 2880) return sign + inTwo(Math.floor(minutes / 60), unit.hours, minutes % 60, unit.minutes);
  return `${significant(seconds / 86_400)} ${unit.days}`;
}

/**
 * A time out of a histogram as exactly as the histogram has it: whole milliseconds below 0.1 s, hundredths of a second
 * below 1 s, tenths below 10 s (`< 1 ms`, `12 ms`, `340 ms`, `5.0 s`); a digit more would be made up.
 */
export function formatHistogramTime(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds) || seconds >= 119.5) return formatDuration(seconds);
  if (seconds < 0.0005) return '< 1 ms';
  if (seconds < 0.995) return `${Math.round(seconds * 1000)} ms`;
  return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} ${units[language].seconds}`;
}

const inTwo = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** The value itself, for a title: `1.234567 s`. */
export const formatExactSeconds = (seconds: number | undefined): string =>
  seconds === undefined ? '-' : `${seconds} ${units[language].seconds}`;

/** All digits of a whole number: `100,000`. */
export const formatWhole = (value: number): string => value.toLocaleString('en-US');

/** `1,234` below ten thousand, then `12.3k`, `4.56M`. */
export function formatCount(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '-';
  if (Math.abs(value) < 10_000) return Number.isInteger(value) ? formatWhole(value) : significant(value);
  if (Math.abs(value) < 1e6) return `${significant(value / 1e3)}k`;
  return `${significant(value / 1e6)}M`;
}

/** Share of a whole; of nothing it is `-`. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return '-';
  const percent = (part / whole) * 100;
  return formatPercent(percent, percent === 0 || percent === 100 ? String(percent) : significant(percent));
}

/** A number that is a percentage already: `12.3 %`, in Japanese `12.3%`. */
export function formatPercent(percent: number | undefined, text = formatCount(percent)): string {
  return percent === undefined || !Number.isFinite(percent) ? '-' : `${text}${units[language].percent}`;
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
