import type { Socket as UdpSocket } from 'node:dgram';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import type { Logs } from '../logs/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion, WorkloadIdentity } from '../wire/aws/call-context.ts';
import type { Plane } from '../wire/aws/service-table.ts';
import { createTracesPlane } from './create-traces.ts';
import type { InsightUpdate } from './insights/model.ts';
import type { OpenInsight } from './insights/open-insights.ts';
import type { ServiceHealth } from './read-service-health.ts';
import type { ServiceTrace, ServiceWindow, ServiceWindowQuery } from './read-service-window.ts';
import type { TraceWorkloads } from './timeline/read-workloads.ts';

export type { InsightUpdate } from './insights/model.ts';
export type { OpenInsight } from './insights/open-insights.ts';
export type { LinkedTrace, TraceLinks } from './links/model.ts';
export { longestGroupDays } from './settle/thinning-policy.ts';
export type { TraceWorkload, TraceWorkloads } from './timeline/read-workloads.ts';

export interface TraceReceivers {
  /** Reads X-Ray daemon datagrams from a socket that is already bound (a task's own 127.0.0.1:2000). */
  serveDaemonUdp(socket: UdpSocket, workload: WorkloadIdentity): void;
  /** OTLP/HTTP: /v1/traces, and an answer for /v1/metrics and /v1/logs. `workload` is what the listener knows. */
  serveOtlpHttp(request: IncomingMessage, response: ServerResponse, workload?: WorkloadIdentity): Promise<void>;
  /** OTLP over gRPC on a connection to a task's own port 4317. */
  serveOtlpGrpc(connection: TcpSocket, workload: WorkloadIdentity): void;
}

/** The door of the traces plane (X-Ray). */
export interface Traces extends Plane {
  readonly receivers: TraceReceivers;
  /** The actual ports, after `start`, when 0 was asked for. */
  readonly ports: { readonly xray: number; readonly otlpHttp: number; readonly otlpGrpc?: number };
  /** Per source: what came in and what became of it. */
  ledger(): readonly {
    source: string;
    received: number;
    accepted: number;
    stored: number;
    /** Documents of old traces that were thinned out. */
    thinned: number;
    /** Documents of traces that their groups no longer keep. */
    removed: number;
    refused: number;
    reasons: Record<string, number>;
  }[];
  /** Faults, errors, throttles and latency per service in the range: what the overview's verdict is made of. */
  serviceHealth(scope: AccountRegion, start: Date, end: Date): Promise<ServiceHealth[]>;
  /** Requests of an ECS service in a window, by its own segments: counts by outcome, and latency. */
  serviceWindow(scope: AccountRegion, query: ServiceWindowQuery): Promise<ServiceWindow>;
  /** Traces of such a window: in which the service failed (faults first), or the slowest. */
  serviceTraces(
    scope: AccountRegion,
    query: ServiceWindowQuery,
    order: 'failed' | 'slowest',
    limit: number,
  ): Promise<ServiceTrace[]>;
  /** When a trace was and which tasks and services took part; undefined when nothing of it is stored. */
  traceWorkloads(scope: AccountRegion, traceId: string): Promise<TraceWorkloads | undefined>;
  /** Number of traces in the range that the filter expression selects, by minute; for alarms on traces. */
  countTraces(
    scope: AccountRegion,
    filterExpression: string,
    start: Date,
    end: Date,
  ): Promise<{ timestampMs: number; count: number }[]>;
  /** Why `countTraces` cannot count by a filter expression, with the position; undefined when it can. */
  whyNotCountable(scope: AccountRegion, filterExpression: string): Promise<string | undefined>;
  /** Incidents that go on at a moment, as insights found them. */
  openInsights(scope: AccountRegion, at: Date): Promise<OpenInsight[]>;
  /**
   * Tells when an insight of a group with notifications opens, changes or closes; again, later or after a start, until
   * the promise resolves. One watcher. Returns the way to stop it.
   */
  watchInsights(onUpdate: (update: InsightUpdate) => Promise<void>): () => void;
}

export interface TracesDeps {
  readonly state: StateStore;
  readonly telemetry: TelemetryStore;
  readonly metrics: Metrics;
  readonly logs: Logs;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Answers an X-Ray call that arrived, unsigned, on the daemon's TCP port. */
  forwardToGateway(
    request: IncomingMessage,
    response: ServerResponse,
    workload?: WorkloadIdentity,
  ): void | Promise<void>;
  readonly config: {
    readonly host: string;
    /** UDP and TCP; 0 picks a free one. */
    readonly xrayPort: number;
    readonly otlpHttpPort: number;
    readonly otlpGrpcPort: number;
    /** Of what arrives on the shared ports. */
    readonly account: string;
    readonly region: string;
    /** Host names, beside loopback and bound addresses, that an OTLP request may be addressed to. */
    readonly allowedHosts?: readonly string[];
    /** Origins of web pages that may send spans. */
    readonly corsOrigins?: readonly string[];
    /** Of one X-Ray document; default 1 MiB. `65536` does as the service does. */
    readonly documentBytesMax?: number;
    /** Items on a page of any operation with a NextToken, where it is less than usual: clients then page more often. */
    readonly pageSizeMax?: number;
    /**
     * Of all documents of one trace; a larger trace is marked LimitExceeded and takes no more, as in the service (500 kB).
     * Without it traces are as large as they are.
     */
    readonly traceBytesMax?: number;
    /** Whether insights are looked for, once a minute; default true. */
    readonly insights?: boolean;
    /** Documents older than this are refused, traces that no group keeps longer are gone by then; default 30. */
    readonly retentionDays?: number;
    /** Whether days older than `hotHours` are thinned, or days that fill `maxDiskGB`; default off. */
    readonly thinning?: 'on' | 'off';
    /** Default 48. */
    readonly hotHours?: number;
    /** Of all telemetry; without it nothing is thinned for want of room. */
    readonly maxDiskGB?: number;
  };
}

export function createTraces(deps: TracesDeps): Traces {
  return createTracesPlane(deps);
}
