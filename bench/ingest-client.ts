/** The sending side of `ingest.ts`, in a process of its own: prepares everything, then sends when told to. */
import { createSocket } from 'node:dgram';
import { systemClock } from '../src/platform/clock.ts';
import { logEvents, otlpBatch, segmentDocument, spansPerBatch } from './ingest-data.ts';
import { type ApiAnswer, callLogs, callXray, closeConnections, post } from './support/api.ts';

export interface Work {
  readonly kind: 'otlp' | 'put' | 'logs' | 'udp';
  /** Base URL, or for `udp` the port. */
  readonly target: string;
  readonly requests: number;
  /** As many at a time, each after the answer to the one before. */
  readonly connections: number;
  /** Items a second instead, however long answers take. */
  readonly rate?: number;
}

export interface WorkResult {
  readonly items: number;
  readonly bytes: number;
  readonly refused: number;
  readonly wallMs: number;
  readonly acknowledgedMs: number[];
}

const documentsPerPut = 50;
const eventsPerPut = 5000;
const udpTickMs = 5;

interface Prepared {
  readonly items: number;
  readonly bytes: number;
  send(): Promise<{ ms: number; isRefused: boolean }>;
}

const outcome = ({ ms, status }: ApiAnswer) => {
  if (status !== 200 && status !== 429) throw new Error(`answered ${status}`);
  return { ms, isRefused: status === 429 };
};

function prepare(work: Work, index: number): Prepared {
  const nowMs = systemClock.now().getTime();
  if (work.kind === 'otlp') {
    const body = otlpBatch(index, nowMs);
    const send = async () =>
      outcome(await post(`${work.target}/v1/traces`, body, { 'content-type': 'application/x-protobuf' }));
    return { items: spansPerBatch, bytes: body.length, send };
  }
  if (work.kind === 'put') {
    const TraceSegmentDocuments = Array.from({ length: documentsPerPut }, (_, each) =>
      segmentDocument(index * documentsPerPut + each, nowMs),
    );
    const send = async () => {
      const { ms, output } = await callXray(work.target, '/TraceSegments', { TraceSegmentDocuments });
      if (output.UnprocessedTraceSegments?.length > 0)
        throw new Error(JSON.stringify(output.UnprocessedTraceSegments[0]));
      return { ms, isRefused: false };
    };
    return { items: documentsPerPut, bytes: TraceSegmentDocuments.join('').length, send };
  }
  const logEventsOfCall = logEvents(eventsPerPut, index, nowMs);
  const bytes = logEventsOfCall.reduce((sum, event) => sum + event.message.length, 0);
  const input = Buffer.from(
    JSON.stringify({ logGroupName: 'bench', logStreamName: `stream-${index % 4}`, logEvents: logEventsOfCall }),
  );
  return { items: eventsPerPut, bytes, send: async () => outcome(await callLogs(work.target, 'PutLogEvents', input)) };
}

async function run(work: Work, prepared: readonly Prepared[]): Promise<WorkResult> {
  const acknowledgedMs: number[] = [];
  let items = 0;
  let bytes = 0;
  let refused = 0;
  const send = async (request: Prepared) => {
    const { ms, isRefused } = await request.send();
    acknowledgedMs.push(ms);
    if (isRefused) refused += request.items;
    else {
      items += request.items;
      bytes += request.bytes;
    }
  };
  const startedMs = performance.now();
  if (work.rate) {
    const pending: Promise<void>[] = [];
    for (const [index, request] of prepared.entries()) {
      const dueMs = startedMs + (index * request.items * 1000) / work.rate;
      if (dueMs > performance.now()) await systemClock.sleep(dueMs - performance.now());
      pending.push(send(request));
    }
    await Promise.all(pending);
  } else {
    const waiting = [...prepared];
    const connection = async () => {
      for (let request = waiting.shift(); request; request = waiting.shift()) await send(request);
    };
    await Promise.all(Array.from({ length: work.connections }, connection));
  }
  return { items, bytes, refused, wallMs: performance.now() - startedMs, acknowledgedMs };
}

/** Datagrams at a steady rate; nothing is answered. */
async function runUdp(work: Work, datagrams: readonly Buffer[]): Promise<WorkResult> {
  const socket = createSocket('udp4');
  const startedMs = performance.now();
  let sent = 0;
  let bytes = 0;
  while (sent < datagrams.length) {
    const due = Math.min(datagrams.length, Math.ceil(((performance.now() - startedMs) * work.rate!) / 1000));
    for (; sent < due; sent += 1) {
      bytes += datagrams[sent]!.length;
      socket.send(datagrams[sent]!, Number(work.target), '127.0.0.1');
    }
    await systemClock.sleep(udpTickMs);
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return { items: sent, bytes, refused: 0, wallMs: performance.now() - startedMs, acknowledgedMs: [] };
}

process.once('message', async (work: Work) => {
  const nowMs = systemClock.now().getTime();
  const header = '{"format": "json", "version": 1}\n';
  const datagrams =
    work.kind === 'udp'
      ? Array.from({ length: work.requests }, (_, index) => Buffer.from(header + segmentDocument(index, nowMs)))
      : [];
  const prepared = work.kind === 'udp' ? [] : Array.from({ length: work.requests }, (_, index) => prepare(work, index));
  process.once('message', async () => {
    process.send!({
      kind: 'result',
      result: work.kind === 'udp' ? await runUdp(work, datagrams) : await run(work, prepared),
    });
    closeConnections();
    process.disconnect();
  });
  process.send!({ kind: 'ready' });
});
