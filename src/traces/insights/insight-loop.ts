import type { Group } from '@aws-sdk/client-xray';
import type { Metrics } from '../../metrics/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { EveryMinute } from '../../platform/every-minute.ts';
import { newUuid } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { StaleVersionError, type StateStore, type Versioned } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { selectGroup } from '../api/get-graph.ts';
import { listGroups } from '../api/groups.ts';
import { decideInsights, type Situation } from './decide-insights.ts';
import { describeInsight } from './describe-insight.ts';
import { verdictMinutes } from './detect-anomaly.ts';
import { keyOf } from './find-root-cause.ts';
import { isEventful, toEvent, toUpdate } from './insight-events.ts';
import type { InsightStore } from './insight-store.ts';
import { addMinutes, judgeNode } from './judge-node.ts';
import type { AnomalousNode, InsightRecord, NodeId } from './model.ts';
import { historyRanges, minuteMs } from './node-history.ts';
import {
  type GroupScope,
  type NodeMinuteCounts,
  type ReadGroups,
  readBusyScopes,
  readFailingScopes,
  readHistories,
  readImpact,
  readMinutesOfMap,
  readNewestMinute,
  storeMinutes,
} from './node-minutes.ts';

export interface InsightLoopDeps {
  readonly state: StateStore;
  readonly telemetry: TelemetryStore;
  readonly readGroups: ReadGroups;
  readonly metrics: Metrics;
  readonly store: InsightStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** There are updates to tell. */
  readonly onUpdate: () => void;
}

/**
 * A minute is looked at when it has been over for this long: segments come when a request is done, in batches, and the
 * minute before has been added up by then.
 */
const settleMs = 30_000;
/** Minutes are looked at again for late segments: the last three always, fifteen every five minutes. */
const againMinutes = 3;
const lateMinutes = 15;
const lateRoundMinutes = 5;
/** What was missed while nobody looked, and what a group that is new to insights begins with. */
const catchUpMinutes = 65;
const leaseMs = 90_000;
const trimEveryMinutes = 60;

const isLateRound = (endMs: number): boolean => (endMs / minuteMs) % lateRoundMinutes === 0;

/** Looks at every group that has insights, once a minute. */
export class InsightLoop {
  private readonly deps: InsightLoopDeps;
  private readonly owner = newUuid();
  private readonly minutes: EveryMinute;
  /** End of what was looked at, by group. */
  private readonly lookedAt = new Map<string, number>();

  constructor(deps: InsightLoopDeps) {
    this.deps = deps;
    this.minutes = new EveryMinute((_fromMs, toMs) => this.lookAt(toMs), {
      clock: deps.clock,
      delayMs: settleMs,
      onError: (error) => deps.logger.warn({ error: String(error) }, 'insights'),
    });
  }

  start(): void {
    this.minutes.start();
  }

  async stop(): Promise<void> {
    await this.minutes.stop();
    await this.deps.state.releaseLease('xray-insights', this.owner).catch(() => {});
  }

  /** Everything up to `endMs`, a whole minute. Of several processes one does it. */
  async lookAt(endMs: number): Promise<void> {
    const { state, store, telemetry } = this.deps;
    if (!(await state.acquireLease('xray-insights', this.owner, leaseMs))) return;
    const active = (await store.list()).filter(({ value }) => value.state === 'ACTIVE');
    // While nothing fails, minutes are taken down five at a time, when most of them have been added up anyway.
    const busy = isLateRound(endMs)
      ? await readBusyScopes(telemetry, endMs - lateMinutes * minuteMs, endMs)
      : await readFailingScopes(telemetry, endMs - againMinutes * minuteMs, endMs);
    const scopes = new Map(
      [...busy, ...active.map(({ value }) => value)].map((one) => [`${one.account}/${one.region}`, one]),
    );
    for (const { account, region } of scopes.values()) {
      await this.lookAtScope({ account, region }, active, endMs);
    }
    if ((endMs / minuteMs) % trimEveryMinutes === 0) await store.trim(endMs);
  }

  private async lookAtScope(scope: AccountRegion, active: readonly Versioned<InsightRecord>[], endMs: number) {
    const { state, metrics, logger } = this.deps;
    const ofScope = active.filter(({ value }) => value.account === scope.account && value.region === scope.region);
    const groups = (await listGroups(state, scope)).map(({ value }) => value);
    const watched = groups.filter(({ InsightsConfiguration }) => InsightsConfiguration?.InsightsEnabled);
    for (const group of watched) {
      const ofGroup = ofScope.filter(({ value }) => value.groupArn === group.GroupARN);
      try {
        await this.lookAtGroup(scope, group, ofGroup, endMs);
      } catch (error) {
        if (this.minutes.signal.aborted || error instanceof StaleVersionError) continue;
        logger.warn({ group: group.GroupName, error: String(error) }, 'insights of a group');
        metrics.record(scope, 'AWS/X-Ray', [
          {
            name: 'InsightErrors',
            dimensions: { GroupName: group.GroupName! },
            timestampMs: endMs,
            value: 1,
            unit: 'Count',
          },
        ]);
      }
    }
    const arns = new Set(watched.map(({ GroupARN }) => GroupARN));
    for (const { value, version } of ofScope) {
      if (arns.has(value.groupArn)) continue;
      const closed = { ...value, state: 'CLOSED' as const, endMs, updatedMs: endMs };
      const summary = 'The insight is closed. Its group has no insights any more.';
      await this.deps.store.save({ ...closed, summary }, version, toEvent({ ...closed, summary }));
    }
  }

  private async lookAtGroup(
    scope: AccountRegion,
    group: Group,
    active: readonly Versioned<InsightRecord>[],
    endMs: number,
  ): Promise<void> {
    const { state, readGroups, clock } = this.deps;
    const groupScope = { ...scope, groupName: group.GroupName! };
    const startMs = await this.startOf(groupScope, group, endMs);
    const range = { startMs, endMs };
    const selection = await selectGroup({ state }, scope, range, { GroupARN: group.GroupARN });
    const map = await readMinutesOfMap(readGroups, selection, clock.now());
    const nodes = await this.judgeNodes(
      groupScope,
      map.minutes,
      active.map(({ value }) => value),
      range,
    );
    const situation: Situation = {
      ...groupScope,
      groupArn: group.GroupARN!,
      nodes,
      calls: map.calls,
      entries: map.entries,
      nowMs: endMs,
    };
    const decided = decideInsights(
      active.map(({ value }) => value),
      situation,
      newUuid,
    );
    for (const draft of decided) {
      const known = active.find(({ value }) => value.id === draft.id);
      await this.keep(draft, known, groupScope, group.InsightsConfiguration?.NotificationsEnabled === true);
    }
    this.lookedAt.set(group.GroupARN!, endMs);
  }

  /** From where to look: after a pause from where it was left, at most an hour back. */
  private async startOf(scope: GroupScope, group: Group, endMs: number): Promise<number> {
    const oldestMs = endMs - catchUpMinutes * minuteMs;
    const known = this.lookedAt.get(group.GroupARN!) ?? (await readNewestMinute(this.deps.telemetry, scope, oldestMs));
    const usualMs = endMs - (isLateRound(endMs) ? lateMinutes : againMinutes) * minuteMs;
    return known === undefined ? oldestMs : Math.max(oldestMs, Math.min(known, usualMs));
  }

  /** Judges the minutes of all nodes, stores them, and says which nodes are anomalous or have just come back. */
  private async judgeNodes(
    scope: GroupScope,
    minutes: readonly NodeMinuteCounts[],
    active: readonly InsightRecord[],
    range: { startMs: number; endMs: number },
  ): Promise<AnomalousNode[]> {
    const { telemetry } = this.deps;
    const open = new Map(
      active.flatMap(({ anomalous }) => anomalous.filter(({ isBack }) => !isBack).map((node) => [keyOf(node), node])),
    );
    const suspects = new Map<string, NodeId>(open);
    for (const node of minutes) if (node.faults > 0) suspects.set(keyOf(node), { name: node.name, type: node.type });
    const firstMs = range.startMs - verdictMinutes * minuteMs;
    const histories = await readHistories(
      telemetry,
      scope,
      [...suspects.values()],
      historyRanges(firstMs, range.endMs),
    );
    const found: AnomalousNode[] = [];
    for (const [key, { name, type }] of suspects) {
      const history = histories.get(key) ?? new Map();
      histories.set(key, history);
      addMinutes(
        history,
        new Map(minutes.filter((minute) => keyOf(minute) === key).map((minute) => [minute.atMs, minute])),
      );
      const before = open.get(key);
      const { state, ...rest } = judgeNode(history, range.endMs - minuteMs, before !== undefined);
      if (state === 'well') continue;
      const isOld = before !== undefined && rest.lastMs < before.lastMs;
      found.push({
        name,
        type,
        isBack: state === 'back',
        excess: rest.excess,
        firstMs: before?.firstMs ?? rest.firstMs,
        lastMs: isOld ? before.lastMs : rest.lastMs,
      });
    }
    await storeMinutes(
      telemetry,
      scope,
      minutes,
      (minute) => histories.get(keyOf(minute))?.get(minute.atMs)?.isOutside === true,
    );
    return found;
  }

  private async keep(
    draft: InsightRecord,
    known: Versioned<InsightRecord> | undefined,
    scope: GroupScope,
    notifies: boolean,
  ): Promise<void> {
    const { telemetry, store } = this.deps;
    const toMs = draft.endMs ?? draft.updatedMs;
    const impact = await readImpact(telemetry, scope, draft.rootCause, draft.clientNodes, {
      fromMs: draft.startMs,
      toMs,
    });
    const filled = { ...draft, ...impact };
    const described = { ...filled, summary: describeInsight(filled) };
    const isChange = isEventful(known?.value, described);
    const isDue = described.updatedMs - described.eventMs >= 5 * minuteMs;
    const insight = isChange || isDue ? { ...described, eventMs: described.updatedMs } : described;
    await store.save(
      insight,
      known?.version ?? 'absent',
      isChange || isDue ? toEvent(insight) : undefined,
      isChange && notifies ? toUpdate(insight) : undefined,
    );
    if (isChange && notifies) this.deps.onUpdate();
  }
}
