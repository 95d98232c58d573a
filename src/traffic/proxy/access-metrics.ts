import type { MetricDatum, Metrics } from '../../metrics/index.ts';
import type { BalancerRoute, GroupRoute, RoutingTable } from './routing-table.ts';

const namespace = 'AWS/ApplicationELB';
/** PutMetricData's own bound on distinct values in one datum. */
const valuesMax = 150;

/** One finished request. A status is undefined where that side gave none. */
export interface AccessRecord {
  readonly balancer: BalancerRoute;
  readonly group?: GroupRoute | undefined;
  readonly targetStatus?: number | undefined;
  /** What the balancer itself answered; undefined when the target's answer went through. */
  readonly elbStatus?: number | undefined;
  readonly action: 'forward' | 'redirect' | 'fixed-response' | 'none';
  /** From the request leaving us to the first of the target's answer. */
  readonly targetResponseMs?: number | undefined;
  readonly processedBytes: number;
}

const targetStatusNames = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((family) => `HTTPCode_Target_${family}XX_Count`);

type Dimensions = Readonly<Record<string, string>>;

/** Sums of one balancer, or of one target group behind one balancer, since the last flush. */
class Aggregate {
  readonly counts = new Map<string, number>();
  readonly responseTimes = new Map<number, number>();

  add(name: string, amount = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + amount);
  }

  addResponseTime(milliseconds: number): void {
    // Two significant digits: percentiles stay within 5 %, and a minute of any traffic is at most a few hundred values.
    let digits = milliseconds * 1000;
    let microseconds = 1;
    for (; digits >= 100; microseconds *= 10) digits /= 10;
    const seconds = (Math.round(digits) * microseconds) / 1e6;
    this.responseTimes.set(seconds, (this.responseTimes.get(seconds) ?? 0) + 1);
  }
}

/**
 * Counts requests in memory and records them every ten seconds in `AWS/ApplicationELB`: never a write per request.
 * Data are stamped with the start of their ten seconds.
 */
export class AccessMetrics {
  private readonly metrics: Pick<Metrics, 'record'>;
  private readonly balancers = new Map<BalancerRoute['dimension'], { route: BalancerRoute; aggregate: Aggregate }>();
  private readonly groups = new Map<string, { route: BalancerRoute; group: GroupRoute; aggregate: Aggregate }>();
  /** Most requests are for the same as the one before: then nothing is looked up. */
  private lastBalancer: { route: BalancerRoute; aggregate: Aggregate } | undefined;
  private lastGroup: { route: BalancerRoute; group: GroupRoute; aggregate: Aggregate } | undefined;

  constructor(metrics: Pick<Metrics, 'record'>) {
    this.metrics = metrics;
  }

  record(access: AccessRecord): void {
    const balancer = this.balancerAggregate(access.balancer);
    balancer.add('ProcessedBytes', access.processedBytes);
    if (access.elbStatus !== undefined) recordOwnStatus(balancer, access);
    if (!access.group) return;
    const group = this.groupAggregate(access.balancer, access.group);
    balancer.add('RequestCount');
    group.add('RequestCount');
    group.add('RequestCountPerTarget', 1 / Math.max(1, access.group.targets.length));
    if (access.targetStatus === undefined) return;
    const statusName = targetStatusNames[Math.floor(access.targetStatus / 100)]!;
    for (const aggregate of [balancer, group]) {
      aggregate.add(statusName);
      if (access.targetResponseMs !== undefined) aggregate.addResponseTime(access.targetResponseMs);
    }
  }

  newConnection(balancer: BalancerRoute): void {
    this.balancerAggregate(balancer).add('NewConnectionCount');
  }

  targetConnectionError(balancer: BalancerRoute, group: GroupRoute): void {
    this.balancerAggregate(balancer).add('TargetConnectionErrorCount');
    this.groupAggregate(balancer, group).add('TargetConnectionErrorCount');
  }

  /** Records what was counted, and how many targets are healthy now. */
  flush(timestampMs: number, routing: RoutingTable, activeConnections: ReadonlyMap<string, number>): void {
    for (const { route, aggregate } of this.balancers.values()) {
      const data = toData(aggregate, { LoadBalancer: route.dimension }, timestampMs);
      const active = activeConnections.get(route.dimension);
      if (active) data.push(count('ActiveConnectionCount', active, { LoadBalancer: route.dimension }, timestampMs));
      this.metrics.record(route.scope, namespace, data);
    }
    for (const { route, group, aggregate } of this.groups.values()) {
      const dimensions = { TargetGroup: group.dimension, LoadBalancer: route.dimension };
      this.metrics.record(route.scope, namespace, toData(aggregate, dimensions, timestampMs));
    }
    for (const group of routing.groups.values()) {
      for (const balancer of group.balancers) {
        this.metrics.record(balancer.scope, namespace, hostCounts(group, balancer, timestampMs));
      }
    }
    this.balancers.clear();
    this.groups.clear();
    this.lastBalancer = this.lastGroup = undefined;
  }

  private balancerAggregate(route: BalancerRoute): Aggregate {
    if (route === this.lastBalancer?.route) return this.lastBalancer.aggregate;
    let entry = this.balancers.get(route.dimension);
    if (!entry) {
      entry = { route, aggregate: new Aggregate() };
      this.balancers.set(route.dimension, entry);
    }
    this.lastBalancer = { route, aggregate: entry.aggregate };
    return entry.aggregate;
  }

  private groupAggregate(route: BalancerRoute, group: GroupRoute): Aggregate {
    const { lastGroup } = this;
    if (group === lastGroup?.group && route === lastGroup.route) return lastGroup.aggregate;
    const key = `${route.dimension} ${group.dimension}`;
    let entry = this.groups.get(key);
    if (!entry) {
      entry = { route, group, aggregate: new Aggregate() };
      this.groups.set(key, entry);
    }
    this.lastGroup = { route, group, aggregate: entry.aggregate };
    return entry.aggregate;
  }
}

function recordOwnStatus(balancer: Aggregate, access: AccessRecord): void {
  if (access.action === 'redirect') balancer.add('HTTP_Redirect_Count');
  if (access.action === 'fixed-response') {
    balancer.add('HTTP_Fixed_Response_Count');
    return;
  }
  const status = access.elbStatus!;
  const family = Math.floor(status / 100);
  if (family >= 3) balancer.add(`HTTPCode_ELB_${family}XX_Count`);
  if (status === 500 || status === 502 || status === 503 || status === 504)
    balancer.add(`HTTPCode_ELB_${status}_Count`);
}

function toData(aggregate: Aggregate, dimensions: Dimensions, timestampMs: number): MetricDatum[] {
  const data = [...aggregate.counts].map(([name, sum]) => count(name, sum, dimensions, timestampMs));
  const times = [...aggregate.responseTimes];
  for (let start = 0; start < times.length; start += valuesMax) {
    const part = times.slice(start, start + valuesMax);
    data.push({
      name: 'TargetResponseTime',
      dimensions,
      timestampMs,
      values: part.map(([seconds]) => seconds),
      counts: part.map(([, times]) => times),
      unit: 'Seconds',
    });
  }
  return data;
}

/** Each request is a sample of 1, so that Sum and SampleCount both count requests. */
function count(name: string, sum: number, dimensions: Dimensions, timestampMs: number): MetricDatum {
  if (name === 'ProcessedBytes') return { name, dimensions, timestampMs, value: sum, unit: 'Bytes' };
  if (!Number.isInteger(sum)) return { name, dimensions, timestampMs, value: sum, unit: 'Count' };
  return { name, dimensions, timestampMs, values: [1], counts: [sum], unit: 'Count' };
}

function hostCounts(group: GroupRoute, balancer: BalancerRoute, timestampMs: number): MetricDatum[] {
  const dimensions = { TargetGroup: group.dimension, LoadBalancer: balancer.dimension };
  const healthy = group.targets.filter((target) => target.state === 'healthy').length;
  const unhealthy = group.targets.filter((target) => target.state === 'unhealthy').length;
  return [
    { name: 'HealthyHostCount', dimensions, timestampMs, value: healthy, unit: 'Count' },
    { name: 'UnHealthyHostCount', dimensions, timestampMs, value: unhealthy, unit: 'Count' },
  ];
}
