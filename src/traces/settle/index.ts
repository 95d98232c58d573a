import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { EdgeGroup, NodeGroup } from '../graph/build-graph.ts';
import type { TraceId } from '../model.ts';
import { type GraphSelection, readGraphGroups } from '../read-graph-groups.ts';
import { type Arrivals, defaultPolicy, type SettlePolicy } from './plan-settling.ts';
import { planSelection, readSettled, type SettledCondition } from './read-settled.ts';
import { Settler } from './settler.ts';

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
  /** Traces with a segment that starts in these minutes, each once, in batches of at most 5,000. */
  traceIds(): AsyncIterable<readonly TraceId[]>;
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
}

/** Counts of the map that are kept: made in the background, read together with what is not counted yet. */
export class Settling {
  private readonly settler: Settler;
  private readonly deps: SettlingDeps;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(deps: SettlingDeps) {
    this.deps = deps;
    this.settler = new Settler({ ...deps, policy: deps.policy ?? defaultPolicy, onSettled: deps.onSettled ?? [] });
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
  get pendingMinutes(): number {
    return this.settler.pendingCount();
  }

  /** Groups of a selection: settled ones added up, the rest counted now. `condition` narrows the settled ones. */
  async readGroups(
    selection: GraphSelection,
    now: Date,
    signal?: AbortSignal,
    condition?: SettledCondition,
  ): Promise<AllGroups> {
    const { telemetry } = this.deps;
    const reading = await planSelection(telemetry, this.settler, selection, now);
    if (!reading) return readGraphGroups(telemetry, selection, now, signal);
    const { live } = reading.plan;
    const [settled, counted] = await Promise.all([
      readSettled(telemetry, reading, selection, now, condition),
      live.length > 0 ? readGraphGroups(telemetry, selection, now, signal, live) : { nodes: [], edges: [] },
    ]);
    return { nodes: [...settled.nodes, ...counted.nodes], edges: [...settled.edges, ...counted.edges] };
  }
}

export interface AllGroups {
  readonly nodes: readonly (NodeGroup & { window: number })[];
  readonly edges: readonly (EdgeGroup & { window: number })[];
}
