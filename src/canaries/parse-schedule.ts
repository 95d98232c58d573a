/** `rate(n minute|minutes|hour|hours)` in milliseconds; 0 means once, when it is started. Undefined for anything else. */
export function parseRateMs(expression: string): number | undefined {
  const match = /^rate\((\d+) (minute|minutes|hour|hours)\)$/.exec(expression.trim());
  if (!match) return undefined;
  const ms = Number(match[1]) * (match[2]!.startsWith('hour') ? 3_600_000 : 60_000);
  return ms <= 3_600_000 ? ms : undefined;
}
