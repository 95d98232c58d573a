import type { Attributes, AttributeValue, OtlpEvent, OtlpLink, OtlpResourceSpans, OtlpSpan } from './otlp.ts';
import { spanKinds } from './otlp.ts';
import { bytesField, ProtobufReader, varintField } from './protobuf.ts';

/** Decodes an ExportTraceServiceRequest. Throws ProtobufError. */
export function decodeOtlpTraces(bytes: Buffer): OtlpResourceSpans[] {
  const reader = new ProtobufReader(bytes);
  const resourceSpans: OtlpResourceSpans[] = [];
  while (reader.nextField()) {
    if (reader.field === 1) resourceSpans.push(readResourceSpans(reader));
    else reader.skip();
  }
  return resourceSpans;
}

/** Encodes an ExportTraceServiceResponse; without rejected spans and message it is empty. */
export function encodeOtlpTraceResponse(rejectedSpans: number, errorMessage: string): Buffer {
  if (rejectedSpans === 0 && errorMessage === '') return Buffer.alloc(0);
  return bytesField(1, Buffer.concat([varintField(1, rejectedSpans), bytesField(2, errorMessage)]));
}

// Each of these reads one message: it goes in, takes its fields, and goes on behind it.

function readResourceSpans(reader: ProtobufReader): OtlpResourceSpans {
  let resource: Attributes = {};
  const spans: OtlpSpan[] = [];
  const outer = reader.enter();
  while (reader.nextField()) {
    if (reader.field === 1) resource = readResource(reader);
    else if (reader.field === 2) readScopeSpans(reader, spans);
    else reader.skip();
  }
  reader.leave(outer);
  return { resource, spans };
}

function readResource(reader: ProtobufReader): Attributes {
  const attributes: Attributes = {};
  const outer = reader.enter();
  while (reader.nextField()) {
    if (reader.field === 1) readKeyValue(reader, attributes);
    else reader.skip();
  }
  reader.leave(outer);
  return attributes;
}

function readScopeSpans(reader: ProtobufReader, spans: OtlpSpan[]): void {
  const outer = reader.enter();
  while (reader.nextField()) {
    if (reader.field === 2) spans.push(readSpan(reader));
    else reader.skip();
  }
  reader.leave(outer);
}

function readSpan(reader: ProtobufReader): OtlpSpan {
  const attributes: Attributes = {};
  const events: OtlpEvent[] = [];
  const links: OtlpLink[] = [];
  const status = { statusCode: 0, statusMessage: '' };
  let traceId = '';
  let spanId = '';
  let parentSpanId = '';
  let name = '';
  let kind = 0;
  let startUnixMicros = 0;
  let endUnixMicros = 0;
  const outer = reader.enter();
  while (reader.nextField()) {
    switch (reader.field) {
      case 1:
        traceId = reader.hex();
        break;
      case 2:
        spanId = reader.hex();
        break;
      case 4:
        parentSpanId = reader.hex();
        break;
      case 5:
        name = reader.string();
        break;
      case 6:
        kind = reader.varint();
        break;
      case 7:
        startUnixMicros = Math.floor(reader.fixed64() / 1000);
        break;
      case 8:
        endUnixMicros = Math.floor(reader.fixed64() / 1000);
        break;
      case 9:
        readKeyValue(reader, attributes);
        break;
      case 11:
        events.push(readEvent(reader));
        break;
      case 13:
        links.push(readLink(reader));
        break;
      case 15:
        readStatus(reader, status);
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind: spanKinds[kind] ?? 'unspecified',
    startUnixMicros,
    endUnixMicros,
    attributes,
    events,
    links,
    statusCode: status.statusCode,
    statusMessage: status.statusMessage,
  };
}

function readStatus(reader: ProtobufReader, status: { statusCode: number; statusMessage: string }): void {
  const outer = reader.enter();
  while (reader.nextField()) {
    if (reader.field === 2) status.statusMessage = reader.string();
    else if (reader.field === 3) status.statusCode = reader.varint();
    else reader.skip();
  }
  reader.leave(outer);
}

function readEvent(reader: ProtobufReader): OtlpEvent {
  const attributes: Attributes = {};
  let name = '';
  let timeUnixMicros = 0;
  const outer = reader.enter();
  while (reader.nextField()) {
    if (reader.field === 1) timeUnixMicros = Math.floor(reader.fixed64() / 1000);
    else if (reader.field === 2) name = reader.string();
    else if (reader.field === 3) readKeyValue(reader, attributes);
    else reader.skip();
  }
  reader.leave(outer);
  return { name, timeUnixMicros, attributes };
}

function readLink(reader: ProtobufReader): OtlpLink {
  const attributes: Attributes = {};
  let traceId = '';
  let spanId = '';
  const outer = reader.enter();
  while (reader.nextField()) {
    if (reader.field === 1) traceId = reader.hex();
    else if (reader.field === 2) spanId = reader.hex();
    else if (reader.field === 4) readKeyValue(reader, attributes);
    else reader.skip();
  }
  reader.leave(outer);
  return { traceId, spanId, attributes };
}

function readKeyValue(reader: ProtobufReader, attributes: Attributes): void {
  let key = '';
  let value: AttributeValue = null;
  const outer = reader.enter();
  while (reader.nextField()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = readAnyValue(reader);
    else reader.skip();
  }
  reader.leave(outer);
  if (key !== '__proto__') attributes[key] = value;
}

function readAnyValue(reader: ProtobufReader): AttributeValue {
  let value: AttributeValue = null;
  const outer = reader.enter();
  while (reader.nextField()) {
    switch (reader.field) {
      case 1:
        value = reader.string();
        break;
      case 2:
        value = reader.bool();
        break;
      case 3:
        value = reader.int64();
        break;
      case 4:
        value = reader.double();
        break;
      case 5:
        value = readArray(reader);
        break;
      case 6:
        value = readMap(reader);
        break;
      case 7:
        value = reader.base64();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return value;
}

function readArray(reader: ProtobufReader): AttributeValue[] {
  const array: AttributeValue[] = [];
  const outer = reader.enter();
  while (reader.nextField()) {
    if (reader.field === 1) array.push(readAnyValue(reader));
    else reader.skip();
  }
  reader.leave(outer);
  return array;
}

function readMap(reader: ProtobufReader): Attributes {
  const map: Attributes = {};
  const outer = reader.enter();
  while (reader.nextField()) {
    if (reader.field === 1) readKeyValue(reader, map);
    else reader.skip();
  }
  reader.leave(outer);
  return map;
}
