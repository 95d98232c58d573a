import { formatCount } from '../../i18n/format.ts';

/** Calls per minute over the range, as text. */
export function perMinute(count: number, minutes: number): string {
  return minutes > 0 ? formatCount(count / minutes) : '-';
}
