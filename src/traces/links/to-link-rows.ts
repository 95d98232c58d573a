import { isObject, textAt } from '../json-access.ts';
import {
  type AcceptedDocument,
  type JsonObject,
  parseTraceId,
  type SegmentDocument,
  type SegmentRow,
} from '../model.ts';

/** A link as it is stored: columns of `span_links`. */
export interface LinkRow {
  account: string;
  region: string;
  trace_id: string;
  id: string;
  name: string;
  type: string;
  is_root: 0 | 1;
  /** Epoch microseconds. */
  start: number;
  end: number;
  in_progress: 0 | 1;
  fault: 0 | 1;
  error: 0 | 1;
  throttle: 0 | 1;
  linked_trace_id: string;
  linked_id: string;
}

const linksMax = 100;

/**
 * The links of a document and of the subsegments inside it. A streamed subsegment of an X-Ray SDK does not say whose it
 * is; the service's own links are on its segment.
 */
export function toLinkRows(accepted: AcceptedDocument, segment: SegmentRow): LinkRow[] {
  const isSegment = segment.kind === 'segment';
  const name = isSegment ? segment.name : accepted.ownerName;
  if (name === undefined) return [];
  const rows: LinkRow[] = [];
  for (const part of partsWithLinks(accepted.document)) {
    for (const link of part.links.filter(isObject)) {
      const linkedTraceId = parseTraceId(textAt(link, 'trace_id'));
      const linkedId = textAt(link, 'id').toLowerCase();
      if (!linkedTraceId || !/^[0-9a-f]{16}$/.test(linkedId) || rows.length >= linksMax) continue;
      rows.push({
        account: segment.account,
        region: segment.region,
        trace_id: segment.trace_id,
        id: part.id,
        name,
        type: isSegment ? segment.type : (accepted.ownerType ?? ''),
        is_root: isSegment && segment.parent_id === '' ? 1 : 0,
        start: segment.start,
        end: segment.end,
        in_progress: segment.in_progress,
        fault: segment.fault,
        error: segment.error,
        throttle: segment.throttle,
        linked_trace_id: linkedTraceId,
        linked_id: linkedId,
      });
    }
  }
  return rows;
}

/** Most documents have none, which is found without building anything. */
function* partsWithLinks(document: SegmentDocument): Generator<{ id: string; links: JsonObject[] }> {
  const waiting: SegmentDocument[] = [document];
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    if (Array.isArray(part.links)) yield { id: part.id, links: part.links as JsonObject[] };
    if (part.subsegments) for (const child of part.subsegments) waiting.push(child);
  }
}
