import type { Attributes, AttributeValue, OtlpEvent, OtlpLink, OtlpResourceSpans, OtlpSpan, SpanKind } from './otlp.ts';
import { OtlpError, spanKinds } from './otlp.ts';
import { toNumber } from './to-number.ts';

type Json = Record<string, unknown>;
const depthMax = 64;
/** Of one list: what is empty takes three characters to send and a hundred bytes to keep. */
const itemsMax = 500_000;

/** Decodes OTLP's JSON encoding (hex ids, camelCase; numbers or text for 64-bit values). Throws OtlpError. */
export function decodeOtlpTracesJson(text: string): OtlpResourceSpans[] {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw new OtlpError('the body is not JSON');
  }
  if (!isObject(request)) throw new OtlpError('the body is not an object');
  return objects(request, 'resourceSpans').map((resourceSpans) => ({
    resource: attributesOf(isObject(resourceSpans.resource) ? resourceSpans.resource : {}),
    spans: [...objects(resourceSpans, 'scopeSpans'), ...objects(resourceSpans, 'instrumentationLibrarySpans')].flatMap(
      (scope) => objects(scope, 'spans').map(toSpan),
    ),
  }));
}

function toSpan(span: Json): OtlpSpan {
  const status = isObject(span.status) ? span.status : {};
  return {
    traceId: hexId(span.traceId),
    spanId: hexId(span.spanId),
    parentSpanId: hexId(span.parentSpanId),
    name: text(span.name),
    kind: toKind(span.kind),
    startUnixMicros: toMicros(span.startTimeUnixNano),
    endUnixMicros: toMicros(span.endTimeUnixNano),
    attributes: attributesOf(span),
    events: objects(span, 'events').map(toEvent),
    links: objects(span, 'links').map(toLink),
    statusCode: status.code === 'STATUS_CODE_ERROR' ? 2 : toNumber(status.code) || 0,
    statusMessage: text(status.message),
  };
}

function toEvent(event: Json): OtlpEvent {
  return { name: text(event.name), timeUnixMicros: toMicros(event.timeUnixNano), attributes: attributesOf(event) };
}

function toLink(link: Json): OtlpLink {
  return { traceId: hexId(link.traceId), spanId: hexId(link.spanId), attributes: attributesOf(link) };
}

function toKind(kind: unknown): SpanKind {
  if (typeof kind === 'string' && kind.startsWith('SPAN_KIND_')) {
    const name = kind.slice('SPAN_KIND_'.length).toLowerCase();
    return spanKinds.find((known) => known === name) ?? 'unspecified';
  }
  return spanKinds[toNumber(kind)] ?? 'unspecified';
}

/** Nanoseconds as a number lose 256 ns, as text nothing. */
function toMicros(value: unknown): number {
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) return Number(value.slice(0, -3));
  if (typeof value === 'number' && Number.isFinite(value)) return Math.floor(value / 1000);
  return 0;
}

function attributesOf(owner: Json): Attributes {
  return toMap(objects(owner, 'attributes'), 0);
}

function toMap(keyValues: readonly Json[], depth: number): Attributes {
  const attributes: Attributes = {};
  for (const { key, value } of keyValues) {
    if (typeof key === 'string' && key !== '__proto__') attributes[key] = toValue(value, depth);
  }
  return attributes;
}

function toValue(value: unknown, depth: number): AttributeValue {
  if (depth > depthMax) throw new OtlpError('attribute is nested too deeply');
  if (!isObject(value)) return null;
  if (typeof value.stringValue === 'string') return value.stringValue;
  if (typeof value.boolValue === 'boolean') return value.boolValue;
  if (value.intValue !== undefined) {
    const integer = toNumber(value.intValue);
    return Number.isSafeInteger(integer) ? integer : text(value.intValue);
  }
  if (value.doubleValue !== undefined) return toNumber(value.doubleValue);
  if (isObject(value.arrayValue)) return objects(value.arrayValue, 'values').map((item) => toValue(item, depth + 1));
  if (isObject(value.kvlistValue)) return toMap(objects(value.kvlistValue, 'values'), depth + 1);
  return typeof value.bytesValue === 'string' ? value.bytesValue : null;
}

function hexId(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : '';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function objects(owner: Json, name: string): Json[] {
  const value = owner[name];
  if (!Array.isArray(value)) return [];
  if (value.length > itemsMax) throw new OtlpError(`more than ${itemsMax} items in ${name}`);
  return value.filter(isObject);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
