import type { Metrics } from '../metrics/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { retriedWhenStale } from '../stores/state/retried-when-stale.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { HttpRoute, Plane } from '../wire/aws/service-table.ts';
import { changeCanaries } from './api/change-canaries.ts';
import { readCanaries } from './api/read-canaries.ts';
import { tagCanaries } from './api/tag-canaries.ts';
import type { ResolveAddress } from './fetch-page.ts';
import { type CanaryRecord, type CanaryRunRecord, canaryArn } from './model.ts';
import { runCanary } from './run-canary.ts';
import { runMetrics } from './run-metrics.ts';
import { CanarySchedule } from './schedule.ts';
import { CanaryStore } from './store.ts';

export type { ResolveAddress } from './fetch-page.ts';
export type { CanaryRunRecord } from './model.ts';

/** The door of the canaries plane (Synthetics). */
export interface Canaries extends Plane {
  /** Canaries with their newest runs, newest first: what the overview shows as bars. */
  recentRuns(
    scope: AccountRegion,
    runsMax: number,
  ): Promise<{ name: string; state: string; runs: CanaryRunRecord[] }[]>;
}

export function createCanaries(deps: {
  state: StateStore;
  telemetry: TelemetryStore;
  metrics: Pick<Metrics, 'put'>;
  resolveAddress: ResolveAddress;
  clock: Clock;
  logger: Logger;
  /** Meant where an address of ours names no other. */
  account: string;
  region: string;
}): Canaries {
  const store = new CanaryStore(deps.state, deps.telemetry);

  const run = async (key: string, signal: AbortSignal): Promise<void> => {
    const current = await deps.state.get<CanaryRecord>('canary', key);
    if (!current) return;
    const finished = await runCanary(current.value, deps.clock, deps.resolveAddress, signal);
    await deps.metrics.put(current.value, 'CloudWatchSynthetics', runMetrics(finished));
    // A run that was in progress when its canary was stopped counts in the metrics and is not recorded.
    const after = await deps.state.get<CanaryRecord>('canary', key);
    if (after?.value.state === 'RUNNING') await store.addRun(current.value, finished);
  };

  const markStopped = async (key: string): Promise<void> => {
    const current = await deps.state.get<CanaryRecord>('canary', key);
    if (current?.value.state !== 'RUNNING') return;
    await store.replace(current, { ...current.value, state: 'STOPPED', stoppedMs: deps.clock.now().getTime() });
  };

  const schedule = new CanarySchedule({ clock: deps.clock, logger: deps.logger, run, finished: markStopped });
  const context = { store, schedule, clock: deps.clock };

  return {
    services: [
      {
        service: 'synthetics',
        handlers: retriedWhenStale({ ...changeCanaries(context), ...readCanaries(context), ...tagCanaries(context) }),
        resources: (_operation, input, scope) => {
          if (typeof input.ResourceArn === 'string') return [input.ResourceArn];
          return typeof input.Name === 'string' ? [canaryArn({ ...scope, name: input.Name })] : ['*'];
        },
      },
    ],
    routes: [stepsRoute(store, deps)],
    async start() {
      await deps.telemetry.ready;
      for (const canary of await store.list()) {
        if (canary.state === 'RUNNING') {
          schedule.start(`${canary.account}/${canary.region}/${canary.name}`, canary);
        }
      }
    },
    stop: () => schedule.stopAll(),
    async recentRuns(scope, runsMax) {
      const canaries = await store.list(scope);
      return Promise.all(
        canaries.map(async (canary) => ({
          name: canary.name,
          state: canary.state,
          runs: await store.runs(canary, runsMax),
        })),
      );
    },
  };
}

/** Runs with their steps: status, size, time and trace of each address, which GetCanaryRuns does not carry. */
function stepsRoute(store: CanaryStore, home: AccountRegion): HttpRoute {
  return {
    method: 'GET',
    path: '/_hatoba/canaries/runs',
    async handle(_request, response, url) {
      const scope = {
        account: url.searchParams.get('account') || home.account,
        region: url.searchParams.get('region') || home.region,
      };
      const canary = await store.find(scope, url.searchParams.get('name') ?? '');
      const runs = canary ? await store.runs(canary.value, 90) : [];
      response.writeHead(canary ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(canary ? { runs } : { message: 'there is no such canary' }));
    },
  };
}
