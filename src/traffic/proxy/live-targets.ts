import type { Clock } from '../../platform/clock.ts';
import type { TargetStanding } from '../health/next-target-state.ts';
import type { TargetHealth, TargetRegistration } from '../index.ts';
import { put, remove, type TrafficStore } from '../store.ts';
import { LiveTarget } from './live-target.ts';
import { buildRoutingTable, chooseEligible, type GroupRoute, type RoutingTable } from './routing-table.ts';

const deregistrationDelayDefaultSeconds = 300;

export const targetKey = (groupKey: string, target: { readonly id: string; readonly port: number }): string =>
  `${groupKey}/${target.id}:${target.port}`;

/** The registered targets with their health and what is in flight, and the routing table over them. */
export class LiveTargets {
  private readonly store: TrafficStore;
  private readonly clock: Clock;
  private readonly targets = new Map<string, LiveTarget>();
  private table: RoutingTable = { balancers: [], balancersByDnsName: new Map(), groups: new Map() };
  private stale = true;

  constructor(deps: { store: TrafficStore; clock: Clock }) {
    this.store = deps.store;
    this.clock = deps.clock;
    this.store.onChange((kind) => {
      if (kind.startsWith('elbv2/')) this.stale = true;
    });
  }

  /** The table as of the newest change. */
  routing(): RoutingTable {
    if (this.stale) {
      this.stale = false;
      this.sync();
      this.table = buildRoutingTable(this.store, this.targets);
    }
    return this.table;
  }

  find(key: string): LiveTarget | undefined {
    this.routing();
    return this.targets.get(key);
  }

  all(): Iterable<LiveTarget> {
    this.routing();
    return this.targets.values();
  }

  setStanding(group: GroupRoute, target: LiveTarget, standing: TargetStanding): void {
    const changed = target.state !== standing.state;
    if (changed && standing.state === 'healthy') target.healthySinceMs = this.clock.monotonicMs();
    target.state = standing.state;
    target.reason = standing.reason;
    target.description = standing.description;
    target.passed = standing.passed;
    target.failed = standing.failed;
    if (changed) group.eligible = chooseEligible(group.targets);
  }

  async register(groupKey: string, registrations: readonly TargetRegistration[]): Promise<void> {
    await this.store.update(() => {
      const group = this.store.get('elbv2/target-group', groupKey)!;
      const changes = registrations.flatMap((registration) => {
        const key = targetKey(groupKey, registration);
        const held = this.store.get('elbv2/target', key);
        const { id, port, availabilityZone, taskArn } = registration;
        if (held && !held.value.drainingSince && held.value.taskArn === taskArn) return [];
        const target = { targetGroupArn: group.value.arn, id, port, availabilityZone, taskArn };
        return [put('elbv2/target', key, target, held?.version ?? 'absent')];
      });
      return { changes, result: undefined };
    });
    this.routing();
  }

  /** From here on they get no new request; those without one in flight leave at once. */
  async deregister(groupKey: string, targets: readonly { id: string; port: number }[]): Promise<void> {
    const keys = targets.map((target) => targetKey(groupKey, target));
    for (const key of keys) this.beginDraining(key);
    const drainingSince = this.clock.now().toISOString();
    await this.store.update(() => ({
      changes: keys.flatMap((key) => {
        const held = this.store.get('elbv2/target', key);
        if (!held) return [];
        const busy = (this.targets.get(key)?.inFlight ?? 0) > 0;
        if (!busy) return [remove('elbv2/target', held)];
        return held.value.drainingSince
          ? []
          : [put('elbv2/target', key, { ...held.value, drainingSince }, held.version)];
      }),
      result: undefined,
    }));
    this.routing();
  }

  /** Lets those go whose draining is over: nothing in flight, or the group's delay has passed. */
  async removeDrained(): Promise<void> {
    const nowMs = this.clock.now().getTime();
    const over = [...this.all()].filter((target) => target.state === 'draining' && this.drainingIsOver(target, nowMs));
    if (over.length === 0) return;
    await this.store.update(() => ({
      changes: over.flatMap(({ key }) => {
        const held = this.store.get('elbv2/target', key);
        return held?.value.drainingSince ? [remove('elbv2/target', held)] : [];
      }),
      result: undefined,
    }));
    this.routing();
  }

  health(groupKey: string): TargetHealth[] {
    this.routing();
    return this.store.list('elbv2/target', `${groupKey}/`).flatMap(({ key, value }) => {
      const live = this.targets.get(key);
      if (!live) return [];
      const { id, port, availabilityZone, taskArn } = value;
      const { state, reason, description } = live;
      return [{ id, port, availabilityZone, taskArn, state, reason, description }];
    });
  }

  /** Cuts everything: hatoba stops. */
  destroy(): void {
    for (const target of this.targets.values()) target.pool.destroy();
  }

  private drainingIsOver(target: LiveTarget, nowMs: number): boolean {
    if (target.inFlight === 0) return true;
    const groupKey = target.key.slice(0, target.key.lastIndexOf('/'));
    const attributes = this.store.get('elbv2/target-group', groupKey)?.value.attributes ?? {};
    const delayText = attributes['deregistration_delay.timeout_seconds'];
    const delaySeconds = delayText === undefined ? deregistrationDelayDefaultSeconds : Number(delayText);
    return nowMs >= Date.parse(target.resource.drainingSince ?? '') + delaySeconds * 1000;
  }

  private beginDraining(key: string): void {
    const target = this.find(key);
    if (!target) return;
    markDraining(target);
    const group = this.table.groups.get(target.resource.targetGroupArn);
    if (group) group.eligible = chooseEligible(group.targets);
  }

  /** Makes the live targets those of the store. */
  private sync(): void {
    const present = new Set<string>();
    for (const { key, value } of this.store.list('elbv2/target')) {
      present.add(key);
      const group = this.store.get('elbv2/target-group', key.slice(0, key.lastIndexOf('/')));
      if (!group) continue;
      let live = this.targets.get(key);
      if (!live) {
        live = new LiveTarget(key, value, group.value);
        this.targets.set(key, live);
      }
      const returned = live.resource !== value && live.state === 'draining' && !value.drainingSince;
      live.resource = value;
      if (value.drainingSince) markDraining(live);
      else if (returned) {
        live.state = 'initial';
        live.reason = 'Elb.RegistrationInProgress';
        live.description = 'Target registration is in progress';
        live.passed = live.failed = live.nextCheckAtMs = 0;
        live.pool.reopen();
      }
    }
    for (const [key, live] of this.targets) {
      if (present.has(key)) continue;
      this.targets.delete(key);
      live.pool.destroy();
    }
  }
}

function markDraining(target: LiveTarget): void {
  target.state = 'draining';
  target.reason = 'Target.DeregistrationInProgress';
  target.description = 'Target deregistration is in progress';
  target.pool.drain();
}
