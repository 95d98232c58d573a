import { type Attributes, OtlpError, type OtlpResourceSpans, type OtlpSpan, type SpanKind } from '../../wire/otlp.ts';
import { toNumber } from '../../wire/to-number.ts';
import { isObject, objectAt, textAt } from '../json-access.ts';
import type { JsonObject } from '../model.ts';

const kinds = new Map<string, SpanKind>([
  ['CLIENT', 'client'],
  ['SERVER', 'server'],
  ['PRODUCER', 'producer'],
  ['CONSUMER', 'consumer'],
]);
const spansMax = 500_000;

/** Zipkin's v2 JSON as spans. Throws OtlpError. A server that shares its client's span id gets one of its own. */
export function decodeZipkinSpans(text: string): OtlpResourceSpans[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new OtlpError('the body is not JSON');
  }
  if (!Array.isArray(list)) throw new OtlpError('the body is not an array of spans');
  if (list.length > spansMax) throw new OtlpError(`more than ${spansMax} spans`);
  return list.map((item: unknown) => {
    // What is no span has no trace id, and is counted among the refused.
    const span = isObject(item) ? item : {};
    const serviceName = textAt(objectAt(span, 'localEndpoint'), 'serviceName');
    const resource: Attributes = serviceName ? { 'service.name': serviceName } : {};
    return { resource, spans: [toSpan(span)] };
  });
}

function toSpan(span: JsonObject): OtlpSpan {
  const kind = kinds.get(textAt(span, 'kind')) ?? 'internal';
  const id = textAt(span, 'id').toLowerCase();
  const parentId = textAt(span, 'parentId').toLowerCase();
  const isShared = span.shared === true && kind === 'server';
  const startUnixMicros = toNumber(span.timestamp) || 0;
  const tags = objectAt(span, 'tags');
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(tags)) attributes[key] = typeof value === 'string' ? value : jsonOf(value);
  const remote = textAt(objectAt(span, 'remoteEndpoint'), 'serviceName');
  if (remote && (kind === 'client' || kind === 'producer')) attributes['peer.service'] = remote;
  return {
    traceId: toTraceId(textAt(span, 'traceId')),
    spanId: isShared ? flipFirstBit(id) : id,
    parentSpanId: isShared ? id : parentId,
    name: textAt(span, 'name'),
    kind,
    startUnixMicros,
    endUnixMicros: startUnixMicros + (toNumber(span.duration) || 0),
    attributes,
    events: [],
    links: [],
    statusCode: 'error' in tags && tags.error !== 'false' ? 2 : 0,
    statusMessage: textAt(tags, 'error'),
  };
}

/** 16 or 32 digits. */
function toTraceId(text: string): string {
  return text === '' ? '' : text.toLowerCase().padStart(32, '0');
}

/** Tags are text; whatever else is there is shown as its JSON. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw new OtlpError('a tag is nested too deeply');
  }
}

function flipFirstBit(id: string): string {
  return (Number.parseInt(id[0] ?? '0', 16) ^ 8 || 0).toString(16) + id.slice(1);
}
