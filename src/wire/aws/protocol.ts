import { parseCbor } from './codec/cbor-reader.ts';
import { writeCbor } from './codec/cbor-writer.ts';
import { JsonReader } from './codec/json-reader.ts';
import { JsonWriter } from './codec/json-writer.ts';
import { readForm } from './codec/query-reader.ts';
import { jsonBytes } from './codec/raw-json.ts';
import { writeXmlMembers } from './codec/xml-writer.ts';
import { type Headers, readBindings, writeBindings } from './http-bindings.ts';
import type { Operation, Shape } from './model.ts';
import { SerializationError } from './serialization-error.ts';

/** The forms in which a call may arrive; a service may speak several (CloudWatch: json-1.0, query and CBOR). */
export type Protocol = 'json-1.0' | 'json-1.1' | 'rest-json' | 'query' | 'ec2' | 'rpc-v2-cbor';

/** A call whose operation is known and whose input has not been read yet. */
export interface IdentifiedCall {
  readonly operation: Operation;
  readonly protocol: Protocol;
  /** Path labels of a rest-json call. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Fields of a query or ec2 call. */
  readonly form?: URLSearchParams;
}

export interface EncodedResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

export const jsonReader = new JsonReader(false);
export const jsonWriter = new JsonWriter(false);
const restReader = new JsonReader(true);
export const restWriter = new JsonWriter(true);

/** The input as its handler takes it, not yet validated. Throws SerializationError for bytes that do not fit the model. */
export function decodeInput(call: IdentifiedCall, query: URLSearchParams, headers: Headers, body: Buffer): any {
  const shape = call.operation.input;
  if (!shape) return {};
  try {
    switch (call.protocol) {
      case 'query':
      case 'ec2':
        return readForm(shape, call.form ?? new URLSearchParams(), call.protocol);
      case 'rest-json':
        return decodeRest(call, shape, query, headers, body);
      case 'rpc-v2-cbor':
        return jsonReader.read(shape, body.length === 0 ? {} : parseCbor(body));
      default:
        return jsonReader.read(shape, parseJson(body));
    }
  } catch (error) {
    // A document nested a hundred thousand deep ends a recursive reader's stack.
    if (error instanceof RangeError) throw new SerializationError('the request nests too deep');
    throw error;
  }
}

function decodeRest(call: IdentifiedCall, shape: Shape, query: URLSearchParams, headers: Headers, body: Buffer): any {
  const input = readBindings(call.operation, call.labels ?? {}, query, headers);
  const payload = shape.payload && shape.members.find((member) => member.name === shape.payload);
  if (payload) {
    if (payload.shape.type === 'blob') input[payload.name] = body;
    else if (payload.shape.type === 'string') input[payload.name] = body.toString('utf8');
    else if (body.length > 0) input[payload.name] = restReader.read(payload.shape, parseJson(body));
    return input;
  }
  const hasBody = shape.members.some((member) => !member.location);
  return hasBody && body.length > 0 ? { ...restReader.read(shape, parseJson(body)), ...input } : input;
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new SerializationError('the body is not JSON');
  }
}

export function encodeOutput(
  operation: Operation,
  protocol: Protocol,
  output: unknown,
  requestId: string,
): EncodedResponse {
  const headers: Record<string, string> = { 'x-amzn-requestid': requestId };
  const value = output ?? {};
  const shape = operation.output;
  switch (protocol) {
    case 'query':
    case 'ec2': {
      headers['content-type'] = 'text/xml;charset=UTF-8';
      const xml = protocol === 'query' ? queryXml(operation, value, requestId) : ec2Xml(operation, value, requestId);
      return { status: 200, headers, body: Buffer.from(xml) };
    }
    case 'rest-json':
      return encodeRest(operation, value, headers);
    case 'rpc-v2-cbor':
      headers['smithy-protocol'] = protocol;
      if (shape) headers['content-type'] = 'application/cbor';
      return { status: 200, headers, body: shape ? writeCbor(shape, value) : Buffer.alloc(0) };
    default: {
      headers['content-type'] = jsonContentType(protocol);
      const body = shape ? jsonBytes(jsonWriter.write(shape, value)) : Buffer.alloc(0);
      return { status: 200, headers, body };
    }
  }
}

/** Whether outputs go out as JSON, so that parts of them may be `RawJson`. */
export const takesRawJson = (protocol: Protocol): boolean => protocol === 'rest-json' || protocol.startsWith('json-');

export const jsonContentType = (protocol: Protocol): string =>
  protocol === 'rest-json' ? 'application/json' : `application/x-amz-${protocol}`;

function encodeRest(operation: Operation, output: any, headers: Record<string, string>): EncodedResponse {
  const shape = operation.output;
  let status = operation.http.responseCode ?? 200;
  headers['content-type'] = 'application/json';
  if (!shape) return { status, headers, body: Buffer.alloc(0) };
  status = writeBindings(shape, output, headers) ?? status;
  const payload = shape.payload && shape.members.find((member) => member.name === shape.payload);
  if (!payload) return { status, headers, body: jsonBytes(restWriter.write(shape, output)) };
  const value = output[payload.name];
  if (value === undefined || value === null) return { status, headers, body: Buffer.alloc(0) };
  if (payload.shape.type === 'blob' || payload.shape.type === 'string') {
    headers['content-type'] = 'application/octet-stream';
    return { status, headers, body: Buffer.from(value) };
  }
  return { status, headers, body: jsonBytes(restWriter.write(payload.shape, value)) };
}

function queryXml(operation: Operation, output: unknown, requestId: string): string {
  const shape = operation.output;
  const wrapper = operation.resultWrapper ?? `${operation.name}Result`;
  const result = shape ? `<${wrapper}>${writeXmlMembers(shape, output)}</${wrapper}>` : '';
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  const namespace = operation.service.metadata.xmlNamespace;
  return `<${operation.name}Response xmlns="${namespace}">${result}${metadata}</${operation.name}Response>`;
}

function ec2Xml(operation: Operation, output: unknown, requestId: string): string {
  const shape = operation.output;
  const namespace = operation.service.metadata.xmlNamespace;
  const content = shape ? writeXmlMembers(shape, output) : '<return>true</return>';
  const response = `${operation.name}Response`;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<${response} xmlns="${namespace}"><requestId>${requestId}</requestId>${content}</${response}>`
  );
}
