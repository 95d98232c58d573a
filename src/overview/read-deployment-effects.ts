import type { ServiceDeployment } from '@aws-sdk/client-ecs';
import type { Traces } from '../traces/index.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import { compareLatency, compareShares, overallChange, quantileOf } from './compare-windows.ts';
import type { DeploymentEffect, WindowFacts } from './deployment-effect.ts';
import { listServices } from './list-services.ts';
import { planWindows } from './plan-windows.ts';
import { type HistoryItem, readHistory } from './read-deployment-history.ts';
import type { CallOperation } from './read-snapshot.ts';

export interface DeploymentSources {
  readonly traces: Pick<Traces, 'serviceWindow' | 'serviceTraces'>;
  readonly callOperation: CallOperation;
}

export interface DeploymentQuery extends AccountRegion {
  readonly start: Date;
  readonly end: Date;
  readonly now: Date;
  /** Of one cluster or service only. */
  readonly cluster?: string;
  readonly service?: string;
}

type Window = Awaited<ReturnType<Traces['serviceWindow']>>;

const deploymentsMax = 50;
const examplesMax = 3;

/** Every deployment that began in the range, newest first, with what became of its service. */
export async function readDeploymentEffects(
  sources: DeploymentSources,
  query: DeploymentQuery,
): Promise<DeploymentEffect[]> {
  const histories: HistoryItem[][] = [];
  for (const name of await listServices(sources.callOperation, query, query)) {
    histories.push(await readHistory(sources.callOperation, query, name));
  }
  const wanted = histories
    .flatMap((history) =>
      history.filter(({ deployment }) => isWithin(deployment, query)).map((item) => ({ item, history })),
    )
    .sort((a, b) => atOf(b.item) - atOf(a.item))
    .slice(0, deploymentsMax);
  const effects: DeploymentEffect[] = [];
  for (const { item, history } of wanted) effects.push(await readEffect(sources, query, item, history));
  return effects;
}

const atOf = ({ deployment }: HistoryItem): number => deployment.createdAt?.getTime() ?? 0;

const isWithin = ({ createdAt }: ServiceDeployment, { start, end }: DeploymentQuery): boolean =>
  createdAt !== undefined && createdAt >= start && createdAt < end;

async function readEffect(
  { traces }: DeploymentSources,
  query: DeploymentQuery,
  item: HistoryItem,
  history: readonly HistoryItem[],
): Promise<DeploymentEffect> {
  const { cluster, service, deployment, revision, previousRevision } = item;
  const isTold = previousRevision !== undefined && revision !== previousRevision;
  const others = history.filter((other) => other !== item).map(timesOf);
  const windows = planWindows(timesOf(item), others, query.now.getTime(), isTold);
  const of = { cluster, service };
  const before = { ...of, ...toRange(windows.before) };
  const after = { ...of, ...toRange(windows.after), ...(isTold ? { revision } : {}) };
  const [was, is] = await Promise.all([traces.serviceWindow(query, before), traces.serviceWindow(query, after)]);
  const latency = compareLatency(was, is);
  const faults = compareShares({ total: was.total, count: was.fault }, { total: is.total, count: is.fault });
  const errors = compareShares(
    { total: was.total, count: was.error + was.throttle },
    { total: is.total, count: is.error + is.throttle },
  );
  const isFailing = faults.change === 'worse' || errors.change === 'worse';
  const examples = await traces.serviceTraces(query, after, isFailing ? 'failed' : 'slowest', examplesMax);
  return {
    cluster,
    service,
    deploymentArn: deployment.serviceDeploymentArn ?? '',
    revision,
    ...(previousRevision === undefined ? {} : { previousRevision }),
    status: deployment.status ?? '',
    at: deployment.createdAt!.toISOString(),
    ...(deployment.finishedAt ? { finishedAt: deployment.finishedAt.toISOString() } : {}),
    windowSeconds: windows.windowMs / 1000,
    before: toFacts(before, was),
    after: toFacts(after, is),
    latency,
    faults,
    errors,
    change: overallChange([latency.change, faults.change, errors.change]),
    examples: examples.map(({ traceId, at, seconds, outcome }) => ({
      traceId,
      at: at.toISOString(),
      seconds,
      outcome,
    })),
  };
}

const toRange = ({ startMs, endMs }: { startMs: number; endMs: number }) => ({
  start: new Date(startMs),
  end: new Date(endMs),
});

function timesOf({ deployment }: HistoryItem) {
  const finishedMs = deployment.finishedAt?.getTime();
  return { atMs: deployment.createdAt?.getTime() ?? 0, ...(finishedMs === undefined ? {} : { finishedMs }) };
}

function toFacts({ start, end }: { start: Date; end: Date }, window: Window): WindowFacts {
  const { total, error, throttle, fault, histogram } = window;
  const [p50, p95] = [quantileOf(histogram, 0.5), quantileOf(histogram, 0.95)];
  return {
    start: start.toISOString(),
    end: end.toISOString(),
    total,
    error,
    throttle,
    fault,
    ...(p50 === undefined ? {} : { p50Seconds: p50 }),
    ...(p95 === undefined ? {} : { p95Seconds: p95 }),
  };
}
