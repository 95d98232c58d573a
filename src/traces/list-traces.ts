import type { TraceSummary } from '@aws-sdk/client-xray';
import type { Clock } from '../platform/clock.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import { type CompiledFilter, hasRootCause } from './filter/compile-filter.ts';
import { evaluateRest } from './filter/match-root-cause.ts';
import { parseFilter } from './filter/parse-filter.ts';
import {
  afterMs,
  countAllTraces,
  type FoundTrace,
  findInWindow,
  findTraces,
  firstWindowMs,
  nextWindowMs,
  type TracePage,
} from './find-traces.ts';
import type { TimeRange } from './graph/graph-sql.ts';
import type { TraceId } from './model.ts';
import type { Settling } from './settle/index.ts';
import { minuteMs } from './settle/plan-settling.ts';
import { readTraces } from './store.ts';
import {
  type Arrivals,
  countSummaries,
  findSummaries,
  findUnsettled,
  type Unsettled,
} from './summaries/find-summaries.ts';
import { summarizeTrace } from './trace/summarize-trace.ts';

/** A trace of a page; `summary` is absent where root causes, decided at the end, leave it out. */
export interface ListedTrace {
  readonly traceId: TraceId;
  readonly startMicros: string;
  readonly summary?: TraceSummary;
}

export interface ListDeps {
  readonly telemetry: TelemetryStore;
  readonly clock: Clock;
  readonly settling: Pick<Settling, 'open'>;
  readonly density?: TraceDensity;
}

/** How many traces a millisecond has, as last counted: a first look is as long as that suggests. */
export class TraceDensity {
  private readonly known = new Map<string, number>();

  perMs({ account, region }: AccountRegion): number | undefined {
    return this.known.get(`${account}/${region}`);
  }

  learn({ account, region }: AccountRegion, range: TimeRange, count: number): void {
    if (count > 0) this.known.set(`${account}/${region}`, count / Math.max(range.endMs - range.startMs, 1));
  }
}

/** Traces that are younger than this are put together from their documents: they are hardly ever settled. */
const youngMs = 600_000;
/** With more minutes that are not settled than this, older ones are read as if none was. */
const openMinutesMax = 60;
/** Summaries that a first look may read: enough for a page, and for one of a filter that leaves few. */
const firstLook = 150;
const firstFilteredLook = 40_000;
const dayMs = 86_400_000;

/**
 * A page of the list of traces, newest first, each with its summary. What is settled comes from its summary row; what is
 * not, or has changed since, from its documents. Which of the two it is cannot be told from the answer.
 */
export async function listTraces(deps: ListDeps, query: TracePage, signal?: AbortSignal): Promise<ListedTrace[]> {
  const listing = new Listing(deps, query, signal);
  for (const part of partsOf(deps, query)) {
    if (part.isSettled) await listing.readSettled(part.range, part.arrivals);
    else await listing.readRaw(part.range);
    if (listing.isFull) break;
  }
  return listing.traces;
}

/** How many traces the range holds, matching or not; of a large one, about how many. */
export async function countListed(
  deps: ListDeps & { readonly settling: Pick<Settling, 'countThinned'> },
  query: TracePage,
): Promise<number> {
  const counts = partsOf(deps, query).map((part) => {
    const inPart = within(query, part.range);
    return part.isSettled
      ? countSummaries(deps.telemetry, inPart, part.arrivals).then((count) => {
          if (query.rangeType === 'TraceId') deps.density?.learn(query, part.range, count);
          return count;
        })
      : countAllTraces(deps.telemetry, inPart);
  });
  counts.push(deps.settling.countThinned(query, query));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

type Part =
  | { readonly isSettled: false; readonly range: TimeRange }
  | { readonly isSettled: true; readonly range: TimeRange; readonly arrivals: Arrivals };

/** When traces of the page begin, newest first: not settled for the most part, settled, not looked at yet. */
function partsOf({ settling, clock }: ListDeps, query: TracePage): Part[] {
  const whole =
    query.rangeType === 'TraceId'
      ? { startMs: query.startMs, endMs: query.endMs }
      : { startMs: 0, endMs: query.endMs + dayMs };
  // Root causes are looked for in whole traces, as they are stored.
  const needsDocuments = query.rangeType === 'Service' || asksRootCauses(query.filterExpression);
  const open = needsDocuments ? undefined : settling.open(query);
  if (!open) return [{ isSettled: false, range: whole }];
  const minutes = [...open.minutes.keys()].sort((a, b) => b - a);
  const youngFrom = clock.now().getTime() - youngMs;
  const young = minutes.filter((minute) => minute >= youngFrom);
  const liveFrom = Math.min(young.at(-1) ?? Number.POSITIVE_INFINITY, Math.floor(open.seenMs / minuteMs) * minuteMs);
  const old = minutes.slice(young.length).filter((minute) => minute >= whole.startMs - minuteMs);
  const settledFrom = old.length > openMinutesMax ? old[openMinutesMax]! + minuteMs : 0;
  const arrivals: Arrivals = {
    open: minutes
      .filter((minute) => minute >= Math.max(settledFrom, whole.startMs) - afterMs)
      .map((minute) => ({ startMs: minute, endMs: minute + minuteMs })),
    storedAfterMs: Math.min(open.seenMs, query.asOfMs ?? open.seenMs),
  };
  const cut = (startMs: number, endMs: number) => ({
    startMs: Math.max(startMs, whole.startMs),
    endMs: Math.min(endMs, whole.endMs),
  });
  const parts: Part[] = [
    { isSettled: false, range: cut(liveFrom, whole.endMs) },
    { isSettled: true, range: cut(settledFrom, liveFrom), arrivals },
    { isSettled: false, range: cut(whole.startMs, settledFrom) },
  ];
  return parts.filter(({ range }) => range.startMs < range.endMs);
}

const asksRootCauses = (filterExpression: string): boolean =>
  filterExpression !== '' && hasRootCause(parseFilter(filterExpression));

/** Traces of the query that begin in the range. */
function within(query: TracePage, range: TimeRange): TracePage {
  if (query.rangeType === 'TraceId') return { ...query, ...range };
  return { ...query, windowStartMs: range.startMs, windowEndMs: range.endMs };
}

class Listing {
  readonly traces: ListedTrace[] = [];
  private readonly deps: ListDeps;
  private readonly query: TracePage;
  private readonly signal: AbortSignal | undefined;

  constructor(deps: ListDeps, query: TracePage, signal: AbortSignal | undefined) {
    this.deps = deps;
    this.query = query;
    this.signal = signal;
  }

  get isFull(): boolean {
    return this.traces.length >= this.query.limit;
  }

  /** Traces that begin in the range, from their documents. */
  async readRaw(range: TimeRange): Promise<void> {
    const { query } = this;
    const page = within({ ...query, limit: query.limit - this.traces.length }, range);
    const find = query.rangeType === 'TraceId' ? findTraces : findInWindow;
    const { found, filter } = await find(this.deps.telemetry, page, this.signal);
    this.traces.push(...(await this.fromDocuments(found, filter.rest)));
  }

  /** Traces that begin in the range, from their summaries, and from their documents where those do not hold. */
  async readSettled(range: TimeRange, arrivals: Arrivals): Promise<void> {
    const { query, signal } = this;
    const { telemetry } = this.deps;
    const endMs = query.after ? Math.min(range.endMs, Number(query.after.startMicros) / 1000 + 1) : range.endMs;
    const unsettled = await findUnsettled(telemetry, { ...query, ...range }, arrivals, signal);
    let window = { startMs: endMs - this.firstLookMs(range), endMs };
    while (window.endMs > range.startMs) {
      window = { ...window, startMs: Math.max(window.startMs, range.startMs) };
      const limit = query.limit - this.traces.length;
      const page = within({ ...query, limit }, window);
      const [settled, changed] = await Promise.all([
        findSummaries(telemetry, page, unsettled, signal),
        this.findChanged(page, unsettled),
      ]);
      const { rest } = settled.filter;
      const lines = settled.found.flatMap(({ traceId, startMicros, atoms, summary }) => {
        if (!summary) return [];
        const isWanted = !rest || evaluateRest(rest.expression, atoms.map(Boolean), summary);
        return [{ traceId, startMicros, ...(isWanted ? { summary } : {}) }];
      });
      const unsummarised = settled.found.filter(({ summary }) => !summary);
      const all = [...lines, ...(await this.fromDocuments([...changed, ...unsummarised], rest))].sort(newestFirst);
      this.traces.push(...all.slice(0, limit));
      if (this.isFull) return;
      window = { startMs: window.startMs - nextWindowMs(window, all.length, limit), endMs: window.startMs };
    }
  }

  private firstLookMs(range: TimeRange): number {
    const { density } = this.deps;
    const perMs = density?.perMs(this.query);
    if (!perMs) return firstWindowMs;
    const wanted = (this.query.filterExpression === '' ? firstLook : firstFilteredLook) / perMs;
    return Math.min(Math.max(wanted, minuteMs), Math.max(range.endMs - range.startMs, minuteMs));
  }

  private async findChanged(page: TracePage, unsettled: Unsettled): Promise<FoundTrace[]> {
    const { traceIds, rows, parameters } = unsettled;
    if (traceIds?.length === 0) return [];
    const among = traceIds ? '{unsettled:Array(String)}' : `(SELECT trace_id FROM segments WHERE ${rows})`;
    const changed = { ...page, among, amongParameters: parameters };
    return (await findInWindow(this.deps.telemetry, changed, this.signal)).found;
  }

  private async fromDocuments(found: readonly FoundTrace[], rest: CompiledFilter['rest']): Promise<ListedTrace[]> {
    const { query, signal } = this;
    const { telemetry, clock } = this.deps;
    const ids = found.map(({ traceId }) => traceId);
    const { asOfMs } = query;
    const options = { ...(asOfMs === undefined ? {} : { asOfMs }), ...(signal ? { signal } : {}) };
    const traces = await readTraces(telemetry, query, ids, clock.now(), options);
    return found.map(({ traceId, startMicros, atoms }) => {
      const stored = traces.get(traceId);
      // What begins before the window that it was found in is listed there, or not at all.
      const beginsEarlier =
        query.rangeType === 'TraceId' && stored && stored.trace.start * 1e6 < Number(startMicros) - 1000;
      if (!stored || beginsEarlier) return { traceId, startMicros };
      const summary = summarizeTrace(stored.trace, query.account, stored.revision);
      const isWanted = !rest || evaluateRest(rest.expression, atoms.map(Boolean), summary);
      return { traceId, startMicros, ...(isWanted ? { summary } : {}) };
    });
  }
}

function newestFirst(a: ListedTrace, b: ListedTrace): number {
  const byStart = Number(b.startMicros) - Number(a.startMicros);
  return byStart !== 0 ? byStart : a.traceId < b.traceId ? 1 : -1;
}
