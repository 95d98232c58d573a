/** The trace id in a text that people paste: X-Ray's form, 32 hex digits, or a whole X-Amzn-Trace-Id header. */
export function traceIdOf(text: string): string | undefined {
  const xray = /\b1-[0-9a-f]{8}-[0-9a-f]{24}\b/i.exec(text)?.[0];
  if (xray) return xray.toLowerCase();
  const hex = /\b[0-9a-f]{32}\b/i.exec(text)?.[0]?.toLowerCase();
  return hex ? `1-${hex.slice(0, 8)}-${hex.slice(8)}` : undefined;
}
