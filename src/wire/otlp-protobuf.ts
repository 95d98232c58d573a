import type { Attributes, AttributeValue, OtlpEvent, OtlpLink, OtlpResourceSpans, OtlpSpan } from './otlp.ts';
import { spanKinds } from './otlp.ts';
import { bytesField, ProtobufReader, varintField } from './protobuf.ts';

/** Decodes an ExportTraceServiceRequest. Throws ProtobufError. */
export function decodeOtlpTraces(bytes: Buffer): OtlpResourceSpans[] {
  const reader = new ProtobufReader(bytes);
  const resourceSpans: OtlpResourceSpans[] = [];
  while (reader.nextField()) {
    if (reader.field === 1) resourceSpans.push(readResourceSpans(reader.message()));
    else reader.skip();
  }
  return resourceSpans;
}

/** Encodes an ExportTraceServiceResponse; without rejected spans and message it is empty. */
export function encodeOtlpTraceResponse(rejectedSpans: number, errorMessage: string): Buffer {
  if (rejectedSpans === 0 && errorMessage === '') return Buffer.alloc(0);
  return bytesField(1, Buffer.concat([varintField(1, rejectedSpans), bytesField(2, errorMessage)]));
}

function readResourceSpans(reader: ProtobufReader): OtlpResourceSpans {
  let resource: Attributes = {};
  const spans: OtlpSpan[] = [];
  while (reader.nextField()) {
    if (reader.field === 1) resource = readResource(reader.message());
    else if (reader.field === 2) readScopeSpans(reader.message(), spans);
    else reader.skip();
  }
  return { resource, spans };
}

function readResource(reader: ProtobufReader): Attributes {
  const attributes: Attributes = {};
  while (reader.nextField()) {
    if (reader.field === 1) readKeyValue(reader.message(), attributes);
    else reader.skip();
  }
  return attributes;
}

function readScopeSpans(reader: ProtobufReader, spans: OtlpSpan[]): void {
  while (reader.nextField()) {
    if (reader.field === 2) spans.push(readSpan(reader.message()));
    else reader.skip();
  }
}

function readSpan(reader: ProtobufReader): OtlpSpan {
  const attributes: Attributes = {};
  const events: OtlpEvent[] = [];
  const links: OtlpLink[] = [];
  let traceId = '';
  let spanId = '';
  let parentSpanId = '';
  let name = '';
  let kind = 0;
  let startUnixMicros = 0;
  let endUnixMicros = 0;
  let statusCode = 0;
  let statusMessage = '';
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
        readKeyValue(reader.message(), attributes);
        break;
      case 11:
        events.push(readEvent(reader.message()));
        break;
      case 13:
        links.push(readLink(reader.message()));
        break;
      case 15: {
        const status = reader.message();
        while (status.nextField()) {
          if (status.field === 2) statusMessage = status.string();
          else if (status.field === 3) statusCode = status.varint();
          else status.skip();
        }
        break;
      }
      default:
        reader.skip();
    }
  }
  const spanKind = spanKinds[kind] ?? 'unspecified';
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind: spanKind,
    startUnixMicros,
    endUnixMicros,
    attributes,
    events,
    links,
    statusCode,
    statusMessage,
  };
}

function readEvent(reader: ProtobufReader): OtlpEvent {
  const attributes: Attributes = {};
  let name = '';
  let timeUnixMicros = 0;
  while (reader.nextField()) {
    if (reader.field === 1) timeUnixMicros = Math.floor(reader.fixed64() / 1000);
    else if (reader.field === 2) name = reader.string();
    else if (reader.field === 3) readKeyValue(reader.message(), attributes);
    else reader.skip();
  }
  return { name, timeUnixMicros, attributes };
}

function readLink(reader: ProtobufReader): OtlpLink {
  const attributes: Attributes = {};
  let traceId = '';
  let spanId = '';
  while (reader.nextField()) {
    if (reader.field === 1) traceId = reader.hex();
    else if (reader.field === 2) spanId = reader.hex();
    else if (reader.field === 4) readKeyValue(reader.message(), attributes);
    else reader.skip();
  }
  return { traceId, spanId, attributes };
}

function readKeyValue(reader: ProtobufReader, attributes: Attributes): void {
  let key = '';
  let value: AttributeValue = null;
  while (reader.nextField()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = readAnyValue(reader.message());
    else reader.skip();
  }
  if (key !== '__proto__') attributes[key] = value;
}

function readAnyValue(reader: ProtobufReader): AttributeValue {
  let value: AttributeValue = null;
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
      case 5: {
        const array: AttributeValue[] = [];
        const list = reader.message();
        while (list.nextField()) {
          if (list.field === 1) array.push(readAnyValue(list.message()));
          else list.skip();
        }
        value = array;
        break;
      }
      case 6: {
        const map: Attributes = {};
        const list = reader.message();
        while (list.nextField()) {
          if (list.field === 1) readKeyValue(list.message(), map);
          else list.skip();
        }
        value = map;
        break;
      }
      case 7:
        value = reader.base64();
        break;
      default:
        reader.skip();
    }
  }
  return value;
}
