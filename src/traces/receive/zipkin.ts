import { type Attributes, OtlpError, type OtlpResourceSpans, type OtlpSpan, type SpanKind } from '../../wire/otlp.ts';
import { toNumber } from '../../wire/to-number.ts';
import { isObject, objectAt, textAt } from '../json-access.ts';
import type { JsonObject } from '../model.ts';

const kinds: Readonly<Record<string, SpanKind>> = {
  CLIENT: 'client',
  SERVER: 'server',
  PRODUCER: 'producer',
  CONSUMER: 'consumer',
};

/** Zipkin's v2 JSON as spans. Throws OtlpError. A server that shares its client's span id gets one of its own. */
export function decodeZipkinSpans(text: string): OtlpResourceSpans[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new OtlpError('the body is not JSON');
  }
  if (!Array.isArray(list)) throw new OtlpError('the body is not an array of spans');
  return list.filter(isObject).map((span) => {
    const serviceName = textAt(objectAt(span, 'localEndpoint'), 'serviceName');
    const resource: Attributes = serviceName ? { 'service.name': serviceName } : {};
    return { resource, spans: [toSpan(span)] };
  });
}

function toSpan(span: JsonObject): OtlpSpan {
  const kind = kinds[textAt(span, 'kind')] ?? 'internal';
  const id = textAt(span, 'id').toLowerCase();
  const parentId = textAt(span, 'parentId').toLowerCase();
  const isShared = span.shared === true && kind === 'server';
  const startUnixMicros = toNumber(span.timestamp) || 0;
  const tags = objectAt(span, 'tags');
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(tags))
    attributes[key] = typeof value === 'string' ? value : JSON.stringify(value);
  const remote = textAt(objectAt(span, 'remoteEndpoint'), 'serviceName');
  if (remote && (kind === 'client' || kind === 'producer')) attributes['peer.service'] = remote;
  return {
    traceId: textAt(span, 'traceId').toLowerCase().padStart(32, '0'),
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

function flipFirstBit(id: string): string {
  return (Number.parseInt(id[0] ?? '0', 16) ^ 8 || 0).toString(16) + id.slice(1);
}
