import type { Clock } from '../../platform/clock.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { TraceId } from '../model.ts';
import { findStoredIds, readTraces, type StoredTrace } from '../store.ts';
import type { Page, PagedCall, Paging } from './paged-call.ts';

export interface PageReadingDeps {
  readonly telemetry: TelemetryStore;
  readonly clock: Clock;
  readonly paging: Paging;
  /** Resolves when all that is on its way into the store at this moment is there. */
  untilStored(): Promise<void>;
}

/** What a list is counted from: until when it was stored, and what time it is taken to be. */
export interface Moment {
  readonly asOfMs?: number;
  readonly now: Date;
}

/**
 * A page of a list that changes while segments arrive: all pages are of the first one's moment, so that numbers and
 * references hold from page to page. `all` is the list that the page is cut from.
 */
export async function readPageOfMoment<Item>(
  deps: PageReadingDeps,
  call: PagedCall,
  read: (moment: Moment) => Promise<readonly Item[]>,
  keyOf: (item: Item) => string,
): Promise<Page<Item> & { all: readonly Item[] }> {
  const { position } = call;
  const now = position?.nowMs === undefined ? deps.clock.now() : new Date(position.nowMs);
  let asOfMs = position?.asOfMs;
  let all = await read(asOfMs === undefined ? { now } : { now, asOfMs });
  if (!position && all.length > call.size) {
    asOfMs = await takeSnapshot(deps);
    all = await read({ now, asOfMs });
  }
  return { ...call.cut(all, keyOf, asOfMs === undefined ? {} : { asOfMs, nowMs: now.getTime() }), all };
}

/** A page of traces that are named, with what was stored of them when the first page was read. */
export async function readPageOfTraces(
  deps: PageReadingDeps,
  call: PagedCall,
  scope: AccountRegion,
  traceIds: readonly TraceId[],
  signal: AbortSignal,
): Promise<Page<readonly [TraceId, StoredTrace]> & { stored: ReadonlySet<TraceId> }> {
  const { telemetry, clock } = deps;
  const isOnePage = !call.position && traceIds.length <= call.size;
  const asOfMs = isOnePage ? undefined : (call.position?.asOfMs ?? (await takeSnapshot(deps)));
  const options = { signal, ...(asOfMs === undefined ? {} : { asOfMs }) };
  const known = isOnePage ? new Set(traceIds) : await findStoredIds(telemetry, scope, traceIds, options);
  const { items, next } = call.cut(
    traceIds.filter((id) => known.has(id)),
    (id) => id,
    asOfMs === undefined ? {} : { asOfMs },
  );
  const traces = await readTraces(telemetry, scope, items, clock.now(), options);
  return {
    items: items.flatMap((id) => (traces.has(id) ? [[id, traces.get(id)!] as const] : [])),
    next,
    stored: isOnePage ? new Set(traces.keys()) : known,
  };
}

const storingMs = 2_000;

/**
 * The time, by the engine's clock, up to which everything that was stored can be seen: what was acknowledged before is
 * in, and nothing older appears later in one of the tables, each of which has a writer of its own.
 */
async function takeSnapshot({ telemetry, clock, untilStored }: PageReadingDeps): Promise<number> {
  const [row] = await telemetry.query<{ nowMs: string }>('SELECT toUnixTimestamp64Milli(now64(3)) AS nowMs');
  const given = new AbortController();
  // Of an engine that takes nothing, what is there is shown.
  await Promise.race([untilStored(), clock.sleep(storingMs, given.signal).catch(() => {})]);
  given.abort();
  // An insert may begin in the very millisecond that was read.
  return Number(row?.nowMs ?? 0) - 1;
}
