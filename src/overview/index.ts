import type { Clock } from '../platform/clock.ts';
import type { HttpRoute } from '../wire/aws/service-table.ts';
import type { DeploymentEffects } from './deployment-effect.ts';
import { judge } from './judge.ts';
import { type DeploymentSources, readDeploymentEffects } from './read-deployment-effects.ts';
import { type OverviewSources, readSnapshot } from './read-snapshot.ts';
import { readTraceContext, type TraceContextSources } from './read-trace-context.ts';

export type { DeploymentEffect, DeploymentEffects } from './deployment-effect.ts';
export type { CallOperation } from './read-snapshot.ts';
export type { DeploymentOfTrace, StopOfTrace, TraceContext, UsageOfTrace } from './trace-context.ts';

/** The door of the overview: whether all is well and, if not, where to look; what each deployment did; and what went on
 * around a trace. It owns nothing. */
export interface Overview {
  readonly routes: readonly HttpRoute[];
}

const dayMs = 86_400_000;

export function createOverview(
  deps: OverviewSources & DeploymentSources & TraceContextSources & { clock: Clock; account: string; region: string },
): Overview {
  return {
    routes: [
      {
        method: 'GET',
        path: '/_hatoba/overview',
        async handle(_request, response, url) {
          const scope = {
            account: url.searchParams.get('account') || deps.account,
            region: url.searchParams.get('region') || deps.region,
          };
          const end = parseTime(url.searchParams.get('end')) ?? deps.clock.now();
          const { snapshot, deployments } = await readSnapshot(deps, scope, end);
          const body = {
            ...judge(snapshot),
            unread: snapshot.unread,
            deployments,
            canaries: snapshot.canaries,
            alarms: snapshot.alarms,
            services: snapshot.services,
            health: snapshot.health,
          };
          response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
          response.end(JSON.stringify(body));
        },
      },
      {
        method: 'GET',
        path: '/_hatoba/overview/deployments',
        async handle(_request, response, url) {
          const now = deps.clock.now();
          const asked = (name: string) => url.searchParams.get(name) || undefined;
          const end = parseTime(asked('end') ?? null) ?? now;
          const start = parseTime(asked('start') ?? null) ?? new Date(end.getTime() - dayMs);
          const [cluster, service] = [asked('cluster'), asked('service')];
          const deployments = await readDeploymentEffects(deps, {
            account: asked('account') ?? deps.account,
            region: asked('region') ?? deps.region,
            start,
            end,
            now,
            ...(cluster === undefined ? {} : { cluster }),
            ...(service === undefined ? {} : { service }),
          });
          const body: DeploymentEffects = { start: start.toISOString(), end: end.toISOString(), deployments };
          response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
          response.end(JSON.stringify(body));
        },
      },
      {
        method: 'GET',
        path: '/_hatoba/overview/trace',
        async handle(_request, response, url) {
          const scope = {
            account: url.searchParams.get('account') || deps.account,
            region: url.searchParams.get('region') || deps.region,
          };
          const context = await readTraceContext(deps, scope, url.searchParams.get('traceId') ?? '');
          const body = context ?? { message: 'Nothing of this trace is stored.' };
          response.writeHead(context ? 200 : 404, { 'content-type': 'application/json', 'cache-control': 'no-store' });
          response.end(JSON.stringify(body));
        },
      },
    ],
  };
}

/** ISO 8601 or epoch seconds or milliseconds; undefined for anything else, and for `now`. */
function parseTime(text: string | null): Date | undefined {
  if (text === null || text === '') return undefined;
  const number = Number(text);
  const date = Number.isFinite(number) ? new Date(number < 1e11 ? number * 1000 : number) : new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
