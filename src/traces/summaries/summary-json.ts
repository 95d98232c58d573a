import type { TraceSummary } from '@aws-sdk/client-xray';
import { RawJson } from '../../wire/aws/codec/raw-json.ts';

/** A summary as `trace_summaries` keeps it: as it goes over the wire, so that it can be passed on without being read. */
export function writeSummary(summary: TraceSummary): string {
  return JSON.stringify({ ...summary, StartTime: summary.StartTime!.getTime() / 1000 });
}

/** Epoch seconds, or, in rows of older versions, a time as text. */
export function readSummary(json: Buffer): TraceSummary {
  const summary = JSON.parse(json.toString('utf8')) as TraceSummary & { StartTime: string | number };
  const { StartTime } = summary;
  return { ...summary, StartTime: new Date(typeof StartTime === 'number' ? Math.round(StartTime * 1000) : StartTime) };
}

const before = /^\{"Id":"[^"\\]{35}","StartTime":$/;
const beforeLength = 56;
const isoLength = '2026-01-01T00:00:00.000Z'.length;
const quote = 0x22;

/** The same, unread, for an answer that is written as JSON; undefined when it does not begin as expected. */
export function rawSummary(json: Buffer): TraceSummary | undefined {
  if (!before.test(json.toString('latin1', 0, beforeLength))) return undefined;
  if (json[beforeLength] !== quote) return standIn([json]);
  const end = beforeLength + 1 + isoLength;
  const startMs = Date.parse(json.toString('latin1', beforeLength + 1, end));
  if (json[end] !== quote || Number.isNaN(startMs)) return undefined;
  return standIn([json.subarray(0, beforeLength), Buffer.from(String(startMs / 1000)), json.subarray(end + 1)]);
}

const standIn = (parts: readonly Uint8Array[]) => new RawJson(parts) as unknown as TraceSummary;
