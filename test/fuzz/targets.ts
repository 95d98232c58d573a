import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { decodeAndValidate } from '../../src/gateway/decode-and-validate.ts';
import { ByteBudget } from '../../src/platform/byte-budget.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openSqliteStateStore } from '../../src/stores/state/sqlite.ts';
import { samplingHandlers } from '../../src/traces/api/sampling.ts';
import { ResourceTags } from '../../src/traces/api/tags.ts';
import { compileFilter } from '../../src/traces/filter/compile-filter.ts';
import { corpus as filterCorpus } from '../../src/traces/filter/corpus.fixture.ts';
import { type Expression, FilterExpressionError } from '../../src/traces/filter/expression.ts';
import { parseFilter } from '../../src/traces/filter/parse-filter.ts';
import { SqlParameters } from '../../src/traces/filter/sql-parameters.ts';
import { type AcceptedDocument, parseTraceId, type Source } from '../../src/traces/model.ts';
import { Paging } from '../../src/traces/paging/paged-call.ts';
import { readDatagram } from '../../src/traces/receive/daemon-udp.ts';
import { acceptDocument, parseDocument } from '../../src/traces/receive/parse-document.ts';
import { BodyHold, RequestBodyError, readRequestBody } from '../../src/traces/receive/read-request.ts';
import { spanToDocuments } from '../../src/traces/receive/span-to-documents.ts';
import { toRows } from '../../src/traces/receive/to-rows.ts';
import { decodeZipkinSpans } from '../../src/traces/receive/zipkin.ts';
import {
  mergeTrace,
  readStoredDocument,
  type StoredDocument,
  toDocumentText,
} from '../../src/traces/trace/merge-trace.ts';
import { summarizeTrace } from '../../src/traces/trace/summarize-trace.ts';
import { traceHeader } from '../../src/traffic/proxy/trace-header.ts';
import { AwsError } from '../../src/wire/aws/aws-error.ts';
import type { CallContext } from '../../src/wire/aws/call-context.ts';
import { openModelPack } from '../../src/wire/aws/model-pack.ts';
import { SerializationError } from '../../src/wire/aws/serialization-error.ts';
import { createGrpcServer } from '../../src/wire/grpc.ts';
import { OtlpError, type OtlpResourceSpans } from '../../src/wire/otlp.ts';
import { decodeOtlpTracesJson } from '../../src/wire/otlp-json.ts';
import { decodeOtlpTraces } from '../../src/wire/otlp-protobuf.ts';
import { ProtobufError } from '../../src/wire/protobuf.ts';
import * as corpus from './corpus.ts';

export interface Target {
  readonly name: string;
  readonly corpus: readonly Buffer[];
  /** Of a hundred cases, how many are its own. */
  readonly percent: number;
  /** Decodes and goes on with what came out. Whatever it throws is a fault of ours. */
  run(bytes: Buffer): void | Promise<void>;
}

const source: Source = { name: 'fuzz', account: '000000000000', region: 'us-east-1' };
const limits = { documentBytesMax: 1 << 20, pastMs: 30 * 86_400_000, futureMs: 86_400_000 };
const now = systemClock.now();
const context: CallContext = {
  account: source.account,
  region: source.region,
  requestId: 'fuzz',
  principal: { kind: 'root', account: source.account, arn: 'arn:aws:iam::000000000000:root', userId: source.account },
  signal: new AbortController().signal,
};

/** Runs it; an error of one of these kinds is a refusal, as its callers expect it. */
function refusedOr<Value>(read: () => Value, ...kinds: (abstract new (...args: any[]) => Error)[]): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (kinds.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}

/** What becomes of documents that are accepted: rows, and once they are read again a trace, its summary and texts. */
function follow(accepted: readonly AcceptedDocument[]): void {
  const traces = new Map<string, StoredDocument[]>();
  for (const document of accepted) {
    const { segment, calls } = toRows(document, source);
    for (const row of [segment, ...calls]) checkRow(row as unknown as Record<string, unknown>);
    const stored = readStoredDocument(segment.document);
    expect(stored).toBeDefined();
    traces.set(segment.trace_id, [...(traces.get(segment.trace_id) ?? []), stored!]);
  }
  for (const [traceId, documents] of traces) {
    const trace = mergeTrace(traceId, documents);
    JSON.stringify(summarizeTrace(trace, source.account, 1));
    for (const part of trace.segments) JSON.parse(toDocumentText(part));
  }
}

const texts = ['trace_id', 'id', 'parent_id', 'name', 'http_method', 'http_url'];

function checkRow(row: Record<string, unknown>): void {
  // Whole microseconds, or seconds with six decimals.
  for (const time of [row.start, row.end]) {
    if (!/^-?\d{1,17}(\.\d{6})?$/.test(String(time))) throw new Error(`times of a row: ${row.start} ${row.end}`);
  }
  for (const [column, value] of Object.entries(row)) {
    if (value === undefined || value === null || Number.isNaN(value)) throw new Error(`${column} of a row: ${value}`);
  }
  for (const column of texts) if (typeof row[column] !== 'string') throw new Error(`${column} is no text`);
}

function followSpans(resourceSpans: readonly OtlpResourceSpans[] | undefined): void {
  const documents = (resourceSpans ?? []).flatMap(({ resource, spans }) =>
    spans.filter(({ traceId }) => /^[0-9a-f]{32}$/.test(traceId)).flatMap((span) => spanToDocuments(span, resource)),
  );
  follow(
    documents.flatMap((candidate) => {
      const outcome = acceptDocument(candidate.document, now, limits);
      return 'code' in outcome ? [] : [{ ...candidate, document: outcome.document }];
    }),
  );
}

function followText(text: string): void {
  const parsed = parseDocument(text, now, limits);
  if (parsed.kind === 'otlp') followSpans(refusedOr(() => decodeOtlpTraces(parsed.payload), ProtobufError));
  else {
    expect(parsed.accepted.length + parsed.refused.length).toBeGreaterThan(0);
    follow(parsed.accepted);
  }
}

/** Text of a filter that could be anything: none of it may be in the statement. */
function literalsOf(expression: Expression): string[] {
  const found: string[] = [];
  const walk = (value: unknown) => {
    if (typeof value === 'string') found.push(value);
    else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) walk(item);
  };
  walk(expression);
  return found.filter((text) => text.length > 3 && /[^a-z0-9_.-]/i.test(text));
}

function runFilter(text: string): void {
  const parsed = refusedOr(() => parseFilter(text), FilterExpressionError);
  const scope = { rows: 'true', callRows: 'true', groups: new Map([['high_response_time', 'fault']]), accountId: '1' };
  try {
    const { condition, prefilter } = compileFilter(text, scope, new SqlParameters());
    for (const literal of literalsOf(parsed!)) expect(`${condition} ${prefilter}`).not.toContain(literal);
  } catch (error) {
    if (!(error instanceof FilterExpressionError)) throw error;
    expect(error.position).toBeGreaterThanOrEqual(0);
    expect(error.position).toBeLessThanOrEqual(Math.max(text.length, 10_000));
  }
}

function runHeader(text: string): void {
  const sent = traceHeader(text, 1_700_000_000);
  expect(sent).toMatch(/^(Self|Root)=1-[0-9a-f]{8}-[0-9a-f]{24}/);
  const traceId = parseTraceId(text);
  if (traceId !== undefined) expect(traceId).toMatch(/^[0-9a-f]{32}$/);
}

async function runGzip(bytes: Buffer): Promise<void> {
  const budget = new ByteBudget(1 << 17);
  const hold = new BodyHold(budget);
  const request = Object.assign(Readable.from([bytes]), { headers: { 'content-encoding': 'gzip' } });
  const body = await readRequestBody(request as unknown as IncomingMessage, 1 << 16, hold).catch((error: unknown) => {
    if (error instanceof RequestBodyError) return Buffer.alloc(0);
    throw error;
  });
  expect(body.length).toBeLessThanOrEqual(1 << 16);
  hold.release();
  expect(budget.take(1 << 17)).toBe(true);
}

/** Decodes and answers a sampling call as the gateway does. */
function samplingTarget(): Target {
  const model = openModelPack().load('xray');
  const operation = model.operations.get('GetSamplingTargets')!;
  const state = openSqliteStateStore(':memory:', () => now);
  const handlers = samplingHandlers({ state, clock: systemClock, tags: new ResourceTags(state), paging: new Paging() });
  const head = { method: 'POST', path: '/SamplingTargets', query: new URLSearchParams(), headers: {} };
  return {
    name: 'sampling bodies',
    corpus: corpus.samplingBodies,
    percent: 4,
    async run(bytes) {
      const identified = { operation, protocol: 'rest-json' as const, labels: {} };
      const input = refusedOr(() => decodeAndValidate(identified, head, bytes), SerializationError, AwsError);
      if (!input) return;
      const output = await handlers.GetSamplingTargets!(input, context);
      for (const target of output.SamplingTargetDocuments ?? [])
        expect(target.ReservoirQuota ?? 0).toBeLessThanOrEqual(1);
    },
  };
}

/** Frames over a real HTTP/2 connection. */
async function grpcTarget(stopping: (() => void)[]): Promise<Target> {
  const server = createGrpcServer(
    async (_path, message) => {
      followSpans(refusedOr(() => decodeOtlpTraces(message), ProtobufError));
      return Buffer.alloc(0);
    },
    { bytesMax: 1 << 16 },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  let session: ClientHttp2Session | undefined;
  stopping.push(() => {
    session?.destroy();
    server.close();
  });
  const messages = corpus.otlpProtobuf();
  return {
    name: 'gRPC frames',
    corpus: [
      ...messages.map((message) => corpus.framed(message, false)),
      ...messages.map((message) => corpus.framed(message, true)),
    ],
    percent: 1,
    async run(bytes) {
      if (!session || session.destroyed)
        session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const stream = session.request({
        ':method': 'POST',
        ':path': '/x.Y/Export',
        'content-type': 'application/grpc',
        'grpc-encoding': 'gzip',
      });
      let status: unknown;
      stream.on('response', (headers) => {
        status = headers['grpc-status'] ?? status;
      });
      stream.on('trailers', (headers) => {
        status = headers['grpc-status'] ?? status;
      });
      stream.resume();
      stream.end(bytes);
      await once(stream, 'close');
      // ok, not a message, too large, not an encoding
      expect(['0', '3', '8', '12']).toContain(String(status));
    },
  };
}

/** Every decoder of what strangers send. `stop` ends what they opened. */
export async function openTargets(): Promise<{ targets: Target[]; stop(): void }> {
  const documents = corpus.xrayDocuments();
  const protobuf = corpus.otlpProtobuf();
  const json = corpus.otlpJson();
  const behindPrefix = protobuf.flatMap((bytes) =>
    ['T1S', 'T1U'].map((prefix) => Buffer.from(prefix + bytes.toString('base64'))),
  );
  const datagrams = [...documents, ...behindPrefix].map((document) =>
    Buffer.concat([Buffer.from(corpus.header), document]),
  );
  const stopping: (() => void)[] = [];
  const targets: Target[] = [
    {
      name: 'UDP datagrams',
      corpus: datagrams,
      percent: 14,
      run(bytes) {
        const text = readDatagram(bytes);
        if (text !== undefined) followText(text);
      },
    },
    { name: 'X-Ray documents', corpus: documents, percent: 26, run: (bytes) => followText(bytes.toString('utf8')) },
    { name: 'T1S and T1U', corpus: behindPrefix, percent: 6, run: (bytes) => followText(bytes.toString('utf8')) },
    {
      name: 'OTLP protobuf',
      corpus: protobuf,
      percent: 20,
      run: (bytes) => followSpans(refusedOr(() => decodeOtlpTraces(bytes), ProtobufError)),
    },
    {
      name: 'OTLP JSON',
      corpus: json,
      percent: 9,
      run: (bytes) => followSpans(refusedOr(() => decodeOtlpTracesJson(bytes.toString('utf8')), OtlpError)),
    },
    {
      name: 'Zipkin JSON',
      corpus: corpus.zipkinJson(),
      percent: 8,
      run: (bytes) => followSpans(refusedOr(() => decodeZipkinSpans(bytes.toString('utf8')), OtlpError)),
    },
    {
      name: 'trace headers',
      corpus: corpus.traceHeaders,
      percent: 3,
      run: (bytes) => runHeader(bytes.toString('latin1')),
    },
    {
      name: 'filter expressions',
      corpus: filterCorpus.map((text) => Buffer.from(text)),
      percent: 7,
      run: (bytes) => runFilter(bytes.toString('utf8')),
    },
    {
      name: 'gzip',
      corpus: [...protobuf, Buffer.alloc(200_000), Buffer.alloc(0)].map((body) => gzipSync(body)),
      percent: 2,
      run: runGzip,
    },
    samplingTarget(),
    await grpcTarget(stopping),
  ];
  return {
    targets,
    stop() {
      for (const stop of stopping) stop();
    },
  };
}
