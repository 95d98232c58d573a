import type { Service, Trace } from '@aws-sdk/client-xray';
import { awsClients } from '../aws-clients.ts';
import { CommandError } from '../command-error.ts';
import type { Connection } from '../instance.ts';
import { signedFetch } from '../signed-fetch.ts';
import type { DurationPercentiles } from './find-percent.ts';
import type { SegmentDocument } from './segment-document.ts';

/** What went on around the trace, as `GET /_hatoba/overview/trace` answers it. Times are ISO 8601. */
export interface TraceContext {
  readonly deployments: readonly {
    readonly cluster: string;
    readonly service: string;
    readonly revision: string;
    readonly previousRevision?: string;
    readonly status: string;
    readonly at: string;
    readonly finishedAt?: string;
    readonly when: 'during' | 'before';
    readonly secondsBefore: number;
    readonly servedBy: readonly string[];
  }[];
  readonly usage: readonly {
    readonly service: string;
    readonly task?: string;
    readonly cpuPercent?: number;
    readonly memoryPercent?: number;
  }[];
  readonly stops: readonly {
    readonly service: string;
    readonly task: string;
    readonly at: string;
    readonly reason: string;
    readonly outOfMemory: boolean;
  }[];
}

export interface LinkedTrace {
  readonly traceId: string;
  readonly name: string;
  /** Epoch seconds. */
  readonly startTime?: number;
}

export interface LogLine {
  readonly timestampMs: number;
  readonly logStreamName: string;
  readonly message: string;
}

/** A trace and all that is known of it. */
export interface WholeTrace {
  readonly id: string;
  /** The answer of BatchGetTraces. */
  readonly trace: Trace;
  readonly documents: readonly SegmentDocument[];
  /** Epoch seconds. */
  readonly start: number;
  readonly end: number;
  readonly context: TraceContext;
  readonly links: { readonly before: readonly LinkedTrace[]; readonly after: readonly LinkedTrace[] };
  readonly percentiles: readonly DurationPercentiles[];
  readonly logLines: readonly LogLine[];
  readonly services: readonly Service[];
}

const tasksMax = 50;

/** The documents of a trace; an id of 32 hex digits will do. */
export async function readDocuments(
  connection: Connection,
  id: string,
): Promise<{ id: string; trace: Trace; documents: SegmentDocument[] }> {
  const traceId = /^[0-9a-f]{32}$/.test(id) ? `1-${id.slice(0, 8)}-${id.slice(8)}` : id;
  const xray = await awsClients(connection).xray();
  const { Traces = [] } = await xray.batchGetTraces({ TraceIds: [traceId] });
  const trace = Traces[0];
  if (!trace) throw new CommandError(`there is no trace ${traceId} here (any more)`);
  const documents = (trace.Segments ?? []).map(({ Document }) => JSON.parse(Document ?? '{}') as SegmentDocument);
  return { id: traceId, trace, documents };
}

export async function readTrace(connection: Connection, asked: string): Promise<WholeTrace> {
  const { id, trace, documents } = await readDocuments(connection, asked);
  const { start, end } = spanOf(documents);
  const { account, region } = connection;
  const ofTrace: [string, string][] = [
    ['account', account],
    ['region', region],
    ['traceId', id],
  ];
  const times: [string, string][] = [
    ['start', String(Math.floor(start * 1000))],
    ['end', String(Math.ceil(end * 1000))],
  ];
  const tasks = [...new Set(documents.flatMap(({ aws }) => aws?.ecs?.task_arn ?? []))].slice(0, tasksMax);
  const [context, links, { percentiles }, { events }, { Services = [] }] = await Promise.all([
    ask<TraceContext>(connection, '/_hatoba/overview/trace', ofTrace),
    ask<WholeTrace['links']>(connection, '/_hatoba/traces/links', ofTrace),
    ask<{ percentiles: DurationPercentiles[] }>(connection, '/_hatoba/traces/percentiles', [...ofTrace, ...times]),
    ask<{ events: LogLine[] }>(connection, '/_hatoba/logs/trace', [
      ...ofTrace,
      ...times,
      ...tasks.map((task): [string, string] => ['task', task]),
    ]),
    awsClients(connection)
      .xray()
      .then((xray) => xray.getTraceGraph({ TraceIds: [id] })),
  ]);
  return { id, trace, documents, start, end, context, links, percentiles, logLines: events, services: Services };
}

async function ask<Answer>(connection: Connection, path: string, query: readonly [string, string][]): Promise<Answer> {
  const answer = await signedFetch(connection, `${path}?${new URLSearchParams([...query])}`);
  if (!answer.ok) throw new CommandError(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

/** From the first start to the last end of anything in it. Not recursive. */
function spanOf(documents: readonly SegmentDocument[]): { start: number; end: number } {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  const waiting = [...documents];
  for (const document of waiting) {
    start = Math.min(start, document.start_time);
    end = Math.max(end, document.end_time ?? document.start_time);
    for (const child of document.subsegments ?? []) waiting.push(child);
  }
  return { start, end };
}
