import { randomBytes } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import type { HatobaProcess } from './hatoba-process.ts';

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);
export const newTraceId = (): string => `1-${nowSeconds().toString(16)}-${randomBytes(12).toString('hex')}`;
export const newId = (): string => randomBytes(8).toString('hex');

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** A field of wire type 2. */
export function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function time(number: number, nanoseconds: bigint): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = (number << 3) | 1;
  bytes.writeBigUInt64LE(nanoseconds, 1);
  return bytes;
}

export interface SpanBytes {
  readonly traceId: string;
  readonly name?: Buffer | string;
  /** Nanoseconds since 1970. */
  readonly start?: bigint;
  readonly end?: bigint;
  /** Encoded fields to append: attributes, events. */
  readonly more?: Buffer;
}

export function spanBytes(span: SpanBytes): Buffer {
  const second = BigInt(nowSeconds()) * 1_000_000_000n;
  return Buffer.concat([
    field(1, Buffer.from(span.traceId.replaceAll('-', '').slice(1), 'hex')),
    field(2, randomBytes(8)),
    field(5, span.name ?? 'span'),
    time(7, span.start ?? second - 1_000_000_000n),
    time(8, span.end ?? second),
    span.more ?? Buffer.alloc(0),
  ]);
}

/** A KeyValue of a span with a text. */
export const attribute = (key: string, value: Buffer | string): Buffer =>
  field(9, Buffer.concat([field(1, key), field(2, field(1, value))]));

/** An ExportTraceServiceRequest of these spans. */
export const requestOf = (spans: readonly Buffer[]): Buffer =>
  field(1, field(2, Buffer.concat(spans.map((span) => field(2, span)))));

/** gRPC's frame around a message; `length` is what it announces. */
export function framed(message: Buffer, length: number = message.length, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

export interface GrpcAnswer {
  readonly http: number;
  readonly grpc: string | undefined;
}

/** One call of OTLP's Export; `end: false` leaves it unfinished. */
export function callGrpc(
  port: number,
  message: Buffer,
  headers: Record<string, string> = {},
  options: { end?: boolean } = {},
): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let http = 0;
    let grpc: string | undefined;
    stream.on('response', (answer) => {
      http = Number(answer[':status']);
      if (answer['grpc-status'] !== undefined) grpc = String(answer['grpc-status']);
    });
    stream.on('trailers', (trailers) => {
      grpc = String(trailers['grpc-status']);
    });
    stream.on('error', reject);
    stream.on('close', () => {
      session.close();
      resolve({ http, grpc });
    });
    stream.resume();
    if (options.end === false) stream.write(message);
    else stream.end(message);
  });
}

export interface LedgerRow {
  readonly source: string;
  readonly received: number;
  readonly accepted: number;
  readonly stored: number;
  readonly refused: number;
  readonly reasons: Record<string, number>;
}

export async function ledgerOf(hatoba: HatobaProcess, source: string): Promise<LedgerRow> {
  const answer = await fetch(`${hatoba.url}/_hatoba/traces/ledger`);
  const { sources } = (await answer.json()) as { sources: LedgerRow[] };
  const nothing = { source, received: 0, accepted: 0, stored: 0, refused: 0, reasons: {} };
  return sources.find((one) => one.source === source) ?? nothing;
}
