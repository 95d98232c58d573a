import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Http2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { ByteBudget } from '../platform/byte-budget.ts';
import { retriedWhenStale } from '../stores/state/retried-when-stale.ts';
import type { WorkloadIdentity } from '../wire/aws/call-context.ts';
import type { Handlers } from '../wire/aws/service-table.ts';
import { corsHeaders, isPreflight, refuseRequest } from '../wire/browser-rules.ts';
import { createGrpcServer } from '../wire/grpc.ts';
import { graphHandlers } from './api/get-graph.ts';
import { timeSeriesHandlers } from './api/get-time-series.ts';
import { traceSummariesHandlers } from './api/get-trace-summaries.ts';
import { getTracesHandlers } from './api/get-traces.ts';
import { groupHandlers, listGroups, readGroupExpressions } from './api/groups.ts';
import { insightHandlers } from './api/insights.ts';
import { putHandlers } from './api/put-trace-segments.ts';
import { retrievalHandlers } from './api/retrieve-traces.ts';
import { samplingHandlers, samplingRuleExists } from './api/sampling.ts';
import { samplingPreviewRoute } from './api/sampling-preview-route.ts';
import { settingsHandlers } from './api/settings.ts';
import { ResourceTags, tagHandlers } from './api/tags.ts';
import { timelineRoutes } from './api/timeline-routes.ts';
import { FilterExpressionError } from './filter/expression.ts';
import { countTracesByMinute, traceCondition } from './find-traces.ts';
import type { Traces, TracesDeps } from './index.ts';
import { createInsights } from './insights/index.ts';
import { openAt } from './insights/open-insights.ts';
import { traceLinksRoute } from './links/trace-links-route.ts';
import { LiveEvents } from './live-events.ts';
import { parseTraceId, type Source } from './model.ts';
import { Paging } from './paging/paged-call.ts';
import { publishGroupMetrics } from './publish-group-metrics.ts';
import { readServiceHealth } from './read-service-health.ts';
import { readServiceTraces, readServiceWindow } from './read-service-window.ts';
import { DaemonUdp } from './receive/daemon-udp.ts';
import { Ingest } from './receive/ingest.ts';
import { Ledger } from './receive/ledger.ts';
import { countUnreadable, otlpGrpcHandler } from './receive/otlp-grpc.ts';
import { OtlpHttp, otlpBytesMax, otlpHeldBytesMax } from './receive/otlp-http.ts';
import { TraceBudget } from './receive/trace-budget.ts';
import { Settling } from './settle/index.ts';
import { summariesWriter } from './summaries/write-summaries.ts';
import { readTraceWorkloads } from './timeline/read-workloads.ts';

type XRay = typeof import('@aws-sdk/client-xray');

const dayMs = 86_400_000;
const requestTimeoutMs = 30_000;
/** Longer than exporters wait between two batches: a connection closed in that moment would cost them one. */
const keepAliveMs = 65_000;
const portAttemptsMax = 20;

/** Puts the plane together; `createTraces` is its door. */
export function createTracesPlane(deps: TracesDeps): Traces {
  const { config, telemetry, state, clock, logger } = deps;
  const ledger = new Ledger();
  const events = new LiveEvents();
  const ingest = new Ingest({
    telemetry,
    clock,
    ledger,
    limits: {
      documentBytesMax: config.documentBytesMax ?? 1 << 20,
      pastMs: (config.retentionDays ?? 30) * dayMs,
      futureMs: dayMs,
    },
    ...(config.traceBytesMax === undefined ? {} : { budget: new TraceBudget(telemetry, config.traceBytesMax) }),
    onStored: (_source, traceIds) => events.stored(traceIds.length),
  });
  const sourceOf = (name: string, workload?: WorkloadIdentity): Source => ({
    name,
    account: workload?.account ?? config.account,
    region: workload?.region ?? config.region,
    ...(workload ? { workload } : {}),
  });
  const udp = new DaemonUdp({ ingest, ledger, logger, source: sourceOf('udp') });
  const budget = new ByteBudget(otlpHeldBytesMax);
  const otlp = new OtlpHttp({ ingest, ledger, budget });
  const tags = new ResourceTags(state);
  const settling = new Settling({
    telemetry,
    state,
    clock,
    logger,
    onSettled: [summariesWriter(telemetry)],
    thinning: {
      policy: { isOn: config.thinning === 'on', hotHours: config.hotHours ?? 48 },
      diskBytesMax: (config.maxDiskGB ?? Number.POSITIVE_INFINITY) * 1e9,
      retentionDays: config.retentionDays ?? 30,
      scope: config,
    },
    onThinned: (source, documents) => ledger.thinned(source, documents),
    onRemoved: (source, documents) => ledger.removed(source, documents),
  });
  const paging = new Paging(config.pageSizeMax);
  const untilStored = () => ingest.untilStored();
  const graphDeps = { telemetry, state, clock, settling, paging, untilStored };
  const insights = createInsights({
    state,
    telemetry,
    metrics: deps.metrics,
    clock,
    logger,
    readGroups: (selection, now) => settling.readGroups(selection, now),
  });
  const groupMetrics = publishGroupMetrics({ telemetry, state, metrics: deps.metrics, clock, logger });
  const handlers: Handlers<XRay> = {
    ...putHandlers({ ingest }),
    ...getTracesHandlers({ ...graphDeps, traceBytesMax: config.traceBytesMax ?? Number.POSITIVE_INFINITY }),
    ...traceSummariesHandlers(graphDeps),
    ...graphHandlers(graphDeps),
    ...timeSeriesHandlers(graphDeps),
    ...insightHandlers({ ...graphDeps, insights: insights.store }),
    ...retrievalHandlers(graphDeps),
    ...retriedWhenStale({
      ...samplingHandlers({ state, clock, tags, paging }),
      ...groupHandlers({ state, tags, paging }),
      ...settingsHandlers({ state, clock, thinning: settling.policies, paging }),
      ...tagHandlers({
        tags,
        paging,
        exists: async (scope, arn) =>
          (await listGroups(state, scope)).some(({ value }) => value.GroupARN === arn) ||
          samplingRuleExists(state, scope, arn),
      }),
    }),
  };
  const servers = new Servers();
  const ports = { xray: 0, otlpHttp: 0, otlpGrpc: 0 };
  const grpcOf = (workload?: WorkloadIdentity) => {
    const source = sourceOf('otlp-grpc', workload);
    const onUnreadable = countUnreadable(ledger, source);
    return createGrpcServer(otlpGrpcHandler({ ingest, ledger, source }), {
      bytesMax: otlpBytesMax,
      budget,
      onUnreadable,
    });
  };
  const taskGrpcServers = new WeakMap<WorkloadIdentity, ReturnType<typeof grpcOf>>();

  const browserRules = {
    host: config.host,
    allowedHosts: config.allowedHosts ?? [],
    corsOrigins: config.corsOrigins ?? [],
  };
  const refuse = (request: IncomingMessage, response: ServerResponse): boolean => {
    const refusal = refuseRequest(request, browserRules);
    if (!refusal) return false;
    request.resume();
    response.writeHead(refusal.status, { 'content-type': 'text/plain' }).end(refusal.reason);
    return true;
  };
  const serveOtlpHttp = (request: IncomingMessage, response: ServerResponse, workload?: WorkloadIdentity) => {
    if (workload) return otlp.serve(request, response, sourceOf('otlp-http', workload));
    if (refuse(request, response)) return Promise.resolve();
    for (const [name, value] of Object.entries(corsHeaders(request, browserRules.corsOrigins))) {
      response.setHeader(name, value);
    }
    if (isPreflight(request)) {
      response.writeHead(204).end();
      return Promise.resolve();
    }
    return otlp.serve(request, response, sourceOf('otlp-http'));
  };

  /** UDP and TCP on one port. A free UDP port may be taken for TCP: with port 0, another one is tried. */
  async function listenForDaemon(): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      const port = await udp.start(config.host, config.xrayPort);
      try {
        return await servers.listen(config.host, port, (request, response) => {
          if (!refuse(request, response)) void deps.forwardToGateway(request, response);
        });
      } catch (error) {
        const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (!isTaken || config.xrayPort !== 0 || attempt === portAttemptsMax) throw error;
        await udp.stop();
      }
    }
  }

  return {
    services: [{ service: 'xray', handlers }],
    routes: [
      ...settling.routes(),
      {
        method: 'GET',
        path: '/_hatoba/traces/ledger',
        handle: (_request, response) => {
          udp.countKernelDrops();
          response
            .writeHead(200, { 'content-type': 'application/json' })
            .end(JSON.stringify({ sources: ledger.list(), lastRefused: ledger.lastRefused() }));
        },
      },
      {
        method: 'GET',
        path: '/_hatoba/traces/events',
        handle: (_request, response) => events.serve(response),
      },
      traceLinksRoute({ telemetry, account: config.account, region: config.region }),
      ...timelineRoutes({ telemetry, state, clock, scope: config }),
      samplingPreviewRoute({ telemetry, state, clock, scope: config }),
    ],
    receivers: {
      serveDaemonUdp: (socket, workload) => udp.serve(socket, sourceOf('udp', workload)),
      serveOtlpHttp,
      serveOtlpGrpc(connection, workload) {
        const server = taskGrpcServers.get(workload) ?? grpcOf(workload);
        taskGrpcServers.set(workload, server);
        server.emit('connection', connection);
      },
    },
    ports,
    ledger() {
      udp.countKernelDrops();
      return ledger.list();
    },
    serviceHealth: (scope, start, end) => readServiceHealth(telemetry, scope, start, end),
    serviceWindow: (scope, query) => readServiceWindow(telemetry, scope, query),
    serviceTraces: (scope, query, order, limit) => readServiceTraces(telemetry, scope, query, order, limit),
    traceWorkloads: async (scope, id) => {
      const traceId = parseTraceId(id);
      return traceId ? readTraceWorkloads(telemetry, scope, traceId, clock.now()) : undefined;
    },
    countTraces: async (scope, filterExpression, start, end) =>
      countTracesByMinute(telemetry, {
        account: scope.account,
        region: scope.region,
        startMs: start.getTime(),
        endMs: end.getTime(),
        rangeType: 'TraceId',
        filterExpression,
        groups: await readGroupExpressions(state, scope),
      }),
    whyNotCountable: async (scope, filterExpression) => {
      const range = { startMs: 0, endMs: 0, rangeType: 'TraceId' } as const;
      try {
        traceCondition({ ...scope, ...range, filterExpression, groups: await readGroupExpressions(state, scope) });
        return undefined;
      } catch (error) {
        if (error instanceof FilterExpressionError) return error.message;
        throw error;
      }
    },
    openInsights: async (scope, at) =>
      openAt(
        (await insights.store.list(scope)).map(({ value }) => value),
        at.getTime(),
      ),
    watchInsights: (onUpdate) => insights.watch(onUpdate),
    async start() {
      settling.start();
      if (config.insights ?? true) insights.start();
      groupMetrics.start();
      ports.xray = await listenForDaemon();
      ports.otlpHttp = await servers.listen(config.host, config.otlpHttpPort, (request, response) => {
        serveOtlpHttp(request, response).catch((error: unknown) => {
          logger.error({ error }, 'OTLP request');
          response.destroy();
        });
      });
      ports.otlpGrpc = await servers.listenOn(grpcOf(), config.host, config.otlpGrpcPort);
    },
    async stop() {
      await settling.stop();
      events.stop();
      await insights.stop();
      await groupMetrics.stop();
      await servers.close();
      await udp.stop();
    },
  };
}

type AnyServer = Server | Http2Server;

/** Servers that are closed together. */
class Servers {
  private readonly servers: AnyServer[] = [];
  private readonly connections = new Set<Socket>();

  listen(
    host: string,
    port: number,
    handle: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<number> {
    return this.listenOn(
      createServer({ requestTimeout: requestTimeoutMs, headersTimeout: 10_000, keepAliveTimeout: keepAliveMs }, handle),
      host,
      port,
    );
  }

  async listenOn(server: AnyServer, host: string, port: number): Promise<number> {
    this.servers.push(server);
    server.on('connection', (connection: Socket) => {
      this.connections.add(connection);
      connection.on('close', () => this.connections.delete(connection));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  /** Lets requests that are being answered finish, for a second at most. */
  async close(): Promise<void> {
    const cut = setTimeout(() => {
      for (const connection of this.connections) connection.destroy();
    }, 1000);
    await Promise.all(
      this.servers.map((server) => {
        const closed = new Promise<void>((resolve) => {
          server.close(() => resolve());
        });
        if ('closeIdleConnections' in server) server.closeIdleConnections();
        return closed;
      }),
    );
    clearTimeout(cut);
  }
}
