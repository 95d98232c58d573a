import { existsSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAlarms } from './alarms/index.ts';
import { callOperationOf } from './call-operation.ts';
import { createCanaries } from './canaries/index.ts';
import { createCompute } from './compute/index.ts';
import type { Config } from './config.ts';
import { daemonCallsOf } from './daemon-calls.ts';
import { createGateway } from './gateway/index.ts';
import { createIdentity } from './identity/index.ts';
import { type InstanceLock, lockDataDirectory } from './instance-lock.ts';
import { createLogs } from './logs/index.ts';
import { mergeServiceTables } from './merge-service-tables.ts';
import { createMetrics } from './metrics/index.ts';
import { openRuntime } from './open-runtime.ts';
import { createOverview } from './overview/index.ts';
import { systemClock } from './platform/clock.ts';
import { createLogger } from './platform/logger.ts';
import { readOrMakeRootKey } from './root-key.ts';
import { StartError } from './start-error.ts';
import { statusRoute } from './status-route.ts';
import { openSqliteStateStore } from './stores/state/sqlite.ts';
import type { StateStore } from './stores/state/store.ts';
import { openTelemetryStore } from './stores/telemetry/index.ts';
import { createTables } from './tables/index.ts';
import { taskEndpointsOf } from './task-endpoints.ts';
import { taskPrincipal } from './task-principal.ts';
import { createTraces, longestGroupDays } from './traces/index.ts';
import { createTraffic } from './traffic/index.ts';
import { version } from './version.ts';
import type { Plane } from './wire/aws/service-table.ts';

export { ConfigError } from './config.ts';
export { StartError } from './start-error.ts';

export interface Hatoba {
  /** Gateway, state and telemetry serve. Rejects with StartError when one of them cannot. */
  readonly ready: Promise<void>;
  readonly url: string;
  /** What `hatoba start` prints. */
  readyLines(): string[];
  /** Stops taking work, flushes, stops tasks (or keeps them, by setting). */
  stop(): Promise<void>;
}

const consoleDirectory = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../console/dist' : '../console/dist', import.meta.url),
);
const bodyBytesMax = 60_000_000;

/** The composition root: who uses whom is all here. */
export async function startHatoba(config: Config): Promise<Hatoba> {
  const clock = systemClock;
  const logger = createLogger(config.logLevel);
  const lock = lockDataDirectory(config.dataDir);
  const { account, region, host } = config;

  const state = openState(config, lock);
  const telemetry = openTelemetryStore({
    dataDirectory: config.dataDir,
    mode: 'embedded',
    limits: {
      memoryBytesMax: config.memoryMiB * 1_048_576,
      maxDiskGB: config.maxDiskGB,
      retentionDays: config.retentionDays,
    },
    longerDays: () => longestGroupDays(state),
    clock,
    logger,
  });

  const rootKey = config.auth === 'enforce' ? { account, ...readOrMakeRootKey(config.dataDir) } : undefined;
  const identity = createIdentity({ state, clock, logger, ...(rootKey && { rootKey }) });
  const metrics = createMetrics({ state, telemetry, clock, logger });
  const logs = createLogs({ state, telemetry, metrics, clock, logger, account, region });
  const traces = createTraces({
    state,
    telemetry,
    metrics,
    logs,
    clock,
    logger,
    forwardToGateway: (request, response) => daemonCalls(request, response),
    config: {
      host,
      account,
      region,
      xrayPort: config.xrayPort,
      otlpHttpPort: config.otlpHttpPort,
      otlpGrpcPort: config.otlpGrpcPort,
      allowedHosts: config.allowedHosts,
      corsOrigins: config.cors,
      retentionDays: config.retentionDays,
      thinning: config.thinning,
      hotHours: config.hotHours,
      maxDiskGB: config.maxDiskGB,
    },
  });
  const traffic = createTraffic({
    state,
    metrics,
    clock,
    logger,
    config: { host, account, region, edgePort: config.edgePort },
  });
  const alarms = createAlarms({ state, metrics, traces, clock, logger, notifications: config.notifications });
  const tables = createTables({ dataDirectory: join(config.dataDir, 'tables'), clock, logger });
  const runtime = openRuntime({
    config,
    endpoints: taskEndpointsOf({
      gateway: (request, response, workload) => gateway.handle(request, response, workload),
      daemonCalls: (request, response, workload) => daemonCalls(request, response, workload),
      traces,
      traffic,
      identity,
      taskMetadata: async (taskId) => compute.taskMetadata(taskId),
      callOperation: (...call) => callOperation(...call),
    }),
    clock,
    logger,
  });
  const compute = createCompute({
    state,
    metrics,
    logs,
    traffic,
    alarms,
    runtime,
    clock,
    logger,
    config: { stopTasksOnExit: config.onStop === 'stop', machineIdentity: config.dataDir },
  });
  const canaries = createCanaries({
    state,
    telemetry,
    metrics,
    resolveAddress: (url) => loadBalancerAddress(url, host, traffic.edgePort),
    clock,
    logger,
    account,
    region,
  });

  // Order of start; stopped in reverse.
  const planes: Plane[] = [identity, metrics, logs, traces, traffic, tables, alarms, compute, canaries];
  const services = mergeServiceTables(planes.flatMap((plane) => [...plane.services]));
  const callOperation = callOperationOf(services);
  const overview = createOverview({ traces, alarms, canaries, callOperation, clock, logger, account, region });
  const ports = () => ({ gateway: gateway.port, ...traces.ports, edge: traffic.edgePort });
  const status = statusRoute({ version, ports, compute, traces, telemetry, account, region });
  const gateway = createGateway({
    config: {
      host,
      port: config.port,
      auth: config.auth,
      account,
      allowedHosts: config.allowedHosts,
      corsOrigins: config.cors,
      bodyBytesMax,
      ...(existsSync(consoleDirectory) && { consoleDirectory }),
    },
    services,
    routes: [...planes.flatMap((plane) => plane.routes ?? []), ...overview.routes, status],
    identity,
    rolePrincipalOfTask: (workload) => taskPrincipal(compute, identity, workload),
    clock,
    logger,
    onCall: (call) => logger.debug(call, 'call'),
  });

  const daemonCalls = daemonCallsOf({ gateway: gateway.handle, auth: config.auth, account, region });

  const origin = () => `http://${isIPv6(host) ? `[${host}]` : host}:${gateway.port}`;
  let stopping: Promise<void> | undefined;
  const started: { stop(): Promise<void> }[] = [];
  const startPart = async (name: string, part: { start(): Promise<void>; stop(): Promise<void> }) => {
    if (stopping) throw new StartError('it was stopped while it started');
    started.push(part);
    await part.start().catch((error) => {
      throw startErrorOf(name, error);
    });
  };
  const stop = () => {
    stopping ??= (async () => {
      for (const part of started.reverse()) {
        await part.stop().catch((error) => logger.error({ err: error }, 'a part did not stop in order'));
      }
      await state.close();
      lock.release();
    })();
    return stopping;
  };

  const ready = (async () => {
    // The gateway listens first: calls that come early wait for the rest instead of being refused.
    await startPart('gateway', gateway);
    await startPart('telemetry store', telemetry);
    for (const plane of planes) await startPart('plane', plane);
    if (stopping) throw new StartError('it was stopped while it started');
    gateway.setReady();
    lock.describe({
      version,
      url: origin(),
      account,
      region,
      auth: config.auth,
      ports: ports(),
    });
  })().catch(async (error) => {
    await stop();
    throw error;
  });
  ready.catch(() => {});

  return {
    ready,
    get url() {
      return origin();
    },
    readyLines: () => [
      config.auth === 'open'
        ? `console ${origin()}/console/`
        : 'console off: it cannot sign its calls (auth: enforce); the root key is printed by hatoba env',
      `ports ${Object.entries(ports())
        .map(([name, port]) => `${name}=${port}`)
        .join(' ')}`,
      `tasks run as ${compute.runtime === 'process' ? 'processes (no sandbox)' : compute.runtime}, ${compute.network.mode} network: ${compute.network.reason}`,
      `hatoba ready ${origin()}`,
    ],
    stop,
  };
}

function openState(config: Config, lock: InstanceLock): StateStore {
  try {
    return openSqliteStateStore(join(config.dataDir, 'state'), () => systemClock.now());
  } catch (error) {
    lock.release();
    throw new StartError(
      `the state in ${join(config.dataDir, 'state')} cannot be opened: ${(error as Error).message}; restore it from a backup, or start with another --data-dir`,
    );
  }
}

/** Names of load balancers lead to the edge port, whatever the machine's resolver knows. */
function loadBalancerAddress(url: URL, host: string, edgePort: number) {
  return url.hostname.endsWith('.elb.localhost') ? { host, port: edgePort } : undefined;
}

function startErrorOf(part: string, error: unknown): unknown {
  const { code, message, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const why = code === 'EADDRINUSE' ? 'is taken by another program' : 'may not be used by this user';
    return new StartError(
      `port ${port ?? '?'} on ${address ?? 'this machine'} ${why}; choose another one (hatoba start --help lists the flags, 0 picks a free one)`,
    );
  }
  if (error instanceof Error && error.constructor.name.endsWith('StartError')) return new StartError(message);
  return error instanceof Error ? Object.assign(error, { message: `${part}: ${message}` }) : error;
}
