import { createHash } from 'node:crypto';
import type { Attributes, OtlpSpan } from '../../wire/otlp.ts';
import type { AcceptedDocument, JsonObject, SegmentDocument } from '../model.ts';
import { toXrayTraceId } from '../model.ts';
import { factsOf, type ResourceFacts } from './resource-facts.ts';
import { awsOf } from './span-aws.ts';
import { causeOf } from './span-cause.ts';
import { first, httpAttributeNames, httpOf } from './span-http.ts';
import { isAwsCall, nameOf, ownerNameOf, sanitizeName, sqlOf } from './span-name.ts';

/**
 * The X-Ray documents of a span: SERVER, CONSUMER and spans without a parent are segments, all others subsegments of
 * their own. A CLIENT or PRODUCER span without a parent becomes two: the service's segment and the call inside it.
 */
export function spanToDocuments(span: OtlpSpan, attributes: Attributes): AcceptedDocument[] {
  const resource = factsOf(attributes);
  const ownerName = ownerNameOf(span, resource);
  const ownerType = resource.origin;
  const isOutgoing = span.kind === 'client' || span.kind === 'producer';
  const isRoot = span.parentSpanId === '';
  const traceId = span.traceId;
  if (isOutgoing && isRoot) {
    const segment = splitSegment(span, resource);
    const call = { ...toDocument(span, resource, false), parent_id: segment.id };
    return [
      { traceId, document: segment, ownerName, ownerType, isCompanion: true },
      { traceId, document: call, ownerName, ownerType },
    ];
  }
  const isSegment = isRoot || span.kind === 'server' || span.kind === 'consumer';
  return [{ traceId, document: toDocument(span, resource, isSegment), ownerName, ownerType }];
}

function toDocument(span: OtlpSpan, resource: ResourceFacts, isSegment: boolean): SegmentDocument {
  const document: SegmentDocument = {
    id: span.spanId,
    name: nameOf(span, resource, isSegment),
    trace_id: toXrayTraceId(span.traceId),
    start_time: span.startUnixMicros / 1e6,
    end_time: Math.max(span.startUnixMicros, span.endUnixMicros) / 1e6,
  };
  if (span.parentSpanId) document.parent_id = span.parentSpanId;
  const aws = awsOf(span, resource, isSegment);
  if (isSegment) {
    if (resource.origin) document.origin = resource.origin;
    if (resource.version) document.service = { version: resource.version };
    const user = first(span.attributes, 'enduser.id', 'user.id');
    if (user) document.user = user;
  } else {
    document.type = 'subsegment';
    const namespace = namespaceOf(span);
    if (namespace) document.namespace = namespace;
  }
  if (aws) document.aws = aws;
  const http = httpOf(span);
  if (http) document.http = http;
  const sql = sqlOf(span);
  if (sql) document.sql = sql;
  setFlags(document, span, http);
  const cause = causeOf(span, resource);
  if (cause) document.cause = cause;
  setAttributes(document, span, resource);
  if (span.links.length > 0) {
    document.links = span.links.slice(0, 100).map((link) => ({
      trace_id: toXrayTraceId(link.traceId),
      id: link.spanId,
      attributes: link.attributes,
    }));
  }
  return document;
}

/** The segment of a service whose first span is already a call to another. */
function splitSegment(span: OtlpSpan, resource: ResourceFacts): SegmentDocument {
  const { origin } = resource;
  const id = createHash('sha256').update(`segment of ${span.traceId} ${span.spanId}`).digest('hex').slice(0, 16);
  return {
    id,
    name: sanitizeName(ownerNameOf(span, resource)),
    trace_id: toXrayTraceId(span.traceId),
    start_time: span.startUnixMicros / 1e6,
    end_time: Math.max(span.startUnixMicros, span.endUnixMicros) / 1e6,
    ...(origin ? { origin } : {}),
    aws: { xray: resource.sdk },
    metadata: { default: Object.fromEntries(resource.metadata) },
  };
}

function namespaceOf(span: OtlpSpan): string | undefined {
  if (isAwsCall(span)) return 'aws';
  return span.kind === 'client' || span.kind === 'producer' ? 'remote' : undefined;
}

/** The HTTP status decides; without one, an error status is a fault. */
function setFlags(document: SegmentDocument, span: OtlpSpan, http: JsonObject | undefined): void {
  const status = Number((http?.response as JsonObject | undefined)?.status ?? 0);
  if (status >= 500) document.fault = true;
  else if (status >= 400) {
    document.error = true;
    if (status === 429) document.throttle = true;
  } else if (span.statusCode === 2) document.fault = true;
}

const noNames: ReadonlySet<string> = new Set();

function setAttributes(document: SegmentDocument, span: OtlpSpan, resource: ResourceFacts): void {
  const isSegment = document.type !== 'subsegment';
  const indexed = span.attributes['aws.xray.annotations'];
  const annotationNames = Array.isArray(indexed)
    ? new Set(indexed.filter((name): name is string => typeof name === 'string'))
    : noNames;
  let annotations: JsonObject | undefined;
  // The namespace is the sender's word: in an object, `__proto__` would lead to what all objects share.
  const metadata = new Map<string, JsonObject>();
  const add = (namespace: string, key: string, value: unknown) => {
    const known = metadata.get(namespace);
    if (known) known[key] = value;
    else metadata.set(namespace, { [key]: value });
  };
  for (const [key, value] of Object.entries(span.attributes)) {
    if (key === 'aws.xray.annotations') continue;
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (isPlain && (resource.indexAll || annotationNames.has(key))) {
      annotations ??= {};
      annotations[key.replace(/[^A-Za-z0-9._]/g, '_')] = value;
    } else if (key.startsWith('aws.xray.metadata.') && typeof value === 'string') {
      add(key.slice('aws.xray.metadata.'.length), 'value', value);
    } else if (!httpAttributeNames.has(key)) add('default', key, value);
  }
  if (isSegment) for (const [key, value] of resource.metadata) add('default', key, value);
  if (span.name && span.name !== document.name) add('default', 'span.name', span.name);
  if (annotations) document.annotations = annotations;
  if (metadata.size > 0) document.metadata = Object.fromEntries(metadata);
}
