import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { HttpRoute } from '../../wire/aws/service-table.ts';
import type { EdgeGroup, NodeGroup } from '../graph/build-graph.ts';
import type { TimeRange } from '../graph/graph-sql.ts';
import type { TraceId } from '../model.ts';
import { type GraphSelection, MapTooLargeError } from '../read-graph-groups.ts';
import { GroupRetention } from './group-retention.ts';
import { type Arrivals, defaultPolicy, type SettlePolicy } from './plan-settling.ts';
import { readLive } from './read-live.ts';
import { planSelection, readSettled, type SettledCondition } from './read-settled.ts';
import { Settler } from './settler.ts';
import { Thinner } from './thinner.ts';
import { Thinning, type ThinningSettings } from './thinning.ts';
import { PolicyStore } from './thinning-policy.ts';
import { countThinned } from './weights.ts';

/**
 * Minutes in which nothing has arrived for a while, about to be marked as settled. A trace belongs to every minute in
 * which a segment or call of it starts, so it may come again with another minute, and again when a late part arrives.
 */
export interface SettledMinutes extends AccountRegion {
  /** Epoch milliseconds, whole minutes; at most an hour. `endMs` is exclusive. */
  readonly startMs: number;
  readonly endMs: number;
  /** Everything that was stored until then is in. */
  readonly asOfMs: number;
  /**
   * Traces with a segment that starts in these minutes, each once, neighbours in time together; of minutes that come
   * again only those of which something has arrived since.
   */
  traces(): AsyncIterable<SettledTraces>;
  /** SQL that selects their ids; takes `account` and `region`. */
  readonly tracesSql: string;
}

export interface SettledTraces {
  readonly traceIds: readonly TraceId[];
  /** Where what is stored of them begins, from ten minutes before the settled minutes to an hour after. Epoch milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Is told before the minutes are marked as settled: when it throws, or the process is killed, the same minutes come
 * again. So each is told at least once, and what it writes must be replaceable.
 */
export type OnSettled = (minutes: SettledMinutes, signal: AbortSignal) => Promise<void>;

export interface SettlingDeps {
  readonly telemetry: TelemetryStore;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly policy?: SettlePolicy;
  /** Are told one after the other, before minutes are marked as settled. */
  readonly onSettled?: readonly OnSettled[];
  /** Without it, nothing is ever thinned. */
  readonly thinning?: ThinningSettings;
  /** Documents of a source that are gone. */
  readonly onThinned?: (source: string, documents: number) => void;
  /** Documents of a source that are gone because no group keeps them any longer. */
  readonly onRemoved?: (source: string, documents: number) => void;
}

/** What a client waits for. */
const answerMs = 25_000;
const lookMs = 5_000;

/** Counts of the map that are kept: made in the background, read together with what is not counted yet. */
export class Settling {
  private readonly settler: Settler;
  private readonly thinning: Thinning | undefined;
  private readonly thinner: Thinner | undefined;
  private readonly retention: GroupRetention | undefined;
  /** A day may be half thinned: by the process before, or because something failed. */
  private mayBeHalfDone = true;
  private readonly deps: SettlingDeps;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(deps: SettlingDeps) {
    this.deps = deps;
    this.settler = new Settler({
      ...deps,
      policy: deps.policy ?? defaultPolicy,
      onSettled: deps.onSettled ?? [],
      afterStep: (nowMs, signal) => this.thin(nowMs, signal),
    });
    this.thinning = deps.thinning && new Thinning(deps, deps.thinning);
    this.thinner = this.thinning && this.makeThinner(this.thinning);
    this.retention = this.thinning && this.makeRetention(this.thinning);
  }

  /** How many traces of a range were thinned out. */
  async countThinned(scope: AccountRegion, range: TimeRange): Promise<number> {
    return this.settler.hasThinned(scope, range) ? countThinned(this.deps.telemetry, scope, range) : 0;
  }

  /** What is kept of old traces; off where nothing is ever thinned. */
  get policies(): PolicyStore {
    return this.thinning?.policies ?? new PolicyStore(this.deps.state, { isOn: false });
  }

  /** The door to the policy; none without thinning. */
  routes(): HttpRoute[] {
    return this.thinning?.routes(() => ({ pendingMinutes: this.pendingMinutes ?? -1 })) ?? [];
  }

  private makeThinner(thinning: Thinning): Thinner {
    const { telemetry, logger, clock } = this.deps;
    return new Thinner({
      telemetry,
      logger,
      diskBytesMax: thinning.diskBytesMax,
      policy: () => thinning.policies.read(),
      groupedTraces: (...query) => thinning.groupedTraces(...query),
      nextVersion: () => this.settler.newVersion(),
      onDecided: () => this.settler.readThinnedDays(),
      onThinned: this.deps.onThinned ?? (() => {}),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    });
  }

  private makeRetention(thinning: Thinning): GroupRetention {
    const { telemetry, logger, clock } = this.deps;
    return new GroupRetention({
      telemetry,
      logger,
      retentionDays: thinning.retentionDays,
      keptGroups: () => thinning.keptGroups(),
      nextVersion: () => this.settler.newVersion(),
      onDecided: () => this.settler.readThinnedDays(),
      onRemoved: this.deps.onRemoved ?? (() => {}),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    });
  }

  /** One day less, if one is due. A failure must not keep minutes from being settled. */
  private async thin(nowMs: number, signal: AbortSignal): Promise<void> {
    const isSettled = (range: TimeRange) => this.settler.isSettled(range);
    try {
      if (this.mayBeHalfDone) await this.thinner?.finishBegun(signal);
      this.mayBeHalfDone = true;
      const removed = await this.retention?.step(nowMs, isSettled, signal);
      if (!removed) await this.thinner?.step(nowMs, isSettled, signal);
      this.mayBeHalfDone = false;
    } catch (error) {
      if (!signal.aborted) this.deps.logger.warn({ error: String(error) }, 'thinning traces');
    }
  }

  start(): void {
    this.running = this.settler.run(this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One round at once, in place of the loop's: for tests and benches. Returns how many minutes are left. */
  async step(): Promise<number> {
    await this.settler.step(this.stopping.signal);
    return this.settler.pendingCount();
  }

  /** Minutes that are not settled, and until when arrivals are known; undefined until the store has been looked through. */
  open(scope: AccountRegion): { seenMs: number; minutes: ReadonlyMap<number, Arrivals> } | undefined {
    return this.settler.open(scope);
  }

  /** Minutes that are waiting to be counted; undefined until the store has been looked through. */
  get pendingMinutes(): number | undefined {
    return this.settler.hasLooked ? this.settler.pendingCount() : undefined;
  }

  /**
   * Groups of a selection: settled ones added up, the rest counted now. `now` decides what is so recent that more of it
   * may come; `condition` narrows the settled ones.
   */
  async readGroups(
    selection: GraphSelection,
    now: Date,
    signal?: AbortSignal,
    condition?: SettledCondition,
  ): Promise<AllGroups> {
    const { telemetry, clock } = this.deps;
    await this.untilLooked();
    const reading = await planSelection(telemetry, this.settler, selection, clock.now());
    const deadlineMs = clock.monotonicMs() + answerMs;
    const limits = { signal, leftMs: () => deadlineMs - clock.monotonicMs() };
    const [settled, counted] = await Promise.all([
      reading ? readSettled(telemetry, reading, selection, now, condition) : { nodes: [], edges: [] },
      readLive(telemetry, selection, now, reading?.plan.live ?? [selection], limits),
    ]).catch((error: unknown) => {
      throw error instanceof MapTooLargeError ? this.tooLarge(selection, error) : error;
    });
    return { nodes: [...settled.nodes, ...counted.nodes], edges: [...settled.edges, ...counted.edges] };
  }

  /** Just after the start nothing is known to be added up; a moment later everything is. */
  private async untilLooked(): Promise<void> {
    const given = new AbortController();
    const timeout = this.deps.clock.sleep(lookMs, given.signal).catch(() => {});
    await Promise.race([this.settler.looked, timeout]);
    given.abort();
  }

  private tooLarge({ startMs, endMs, traceCondition }: GraphSelection, { message }: MapTooLargeError) {
    const hours = Math.round((endMs - startMs) / 360_000) / 10;
    const advice = traceCondition
      ? 'Ask for a shorter range, or leave out the filter: without one, any range is answered from what is added up.'
      : `${this.settler.pendingCount()} minutes are still to be added up: ask again later, or for a shorter range.`;
    return awsError('InvalidRequestException', `A map of ${hours} hours takes too much ${message} to count. ${advice}`);
  }
}

export interface AllGroups {
  readonly nodes: readonly (NodeGroup & { window: number })[];
  readonly edges: readonly (EdgeGroup & { window: number })[];
}
