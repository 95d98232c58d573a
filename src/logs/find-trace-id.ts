const xrayId = /\b1-([0-9a-f]{8})-([0-9a-f]{24})\b/i;
const namedId = /trace[_-]?(?:id|parent)["']?\s*[:=]\s*["']?(?:00-)?([0-9a-f]{32})(?![0-9a-f])/i;

/** The trace that a line names, as 32 hex digits: `1-5f84c7a5-...`, `"trace_id":"..."`, `traceparent=00-...`. */
export function findTraceId(message: string): string | undefined {
  const xray = xrayId.exec(message);
  if (xray) return `${xray[1]}${xray[2]}`.toLowerCase();
  if (!/trace/i.test(message)) return undefined;
  return namedId.exec(message)?.[1]?.toLowerCase();
}

/** Both forms of a trace id as 32 hex digits. */
export const toTraceHex = (traceId: string): string => traceId.replace(/^1-/, '').replaceAll('-', '').toLowerCase();
