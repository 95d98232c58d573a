import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import { openSqliteStateStore } from '../../stores/state/sqlite.ts';
import type { StateStore } from '../../stores/state/store.ts';
import { openTelemetryStore, type TelemetryStore } from '../../stores/telemetry/index.ts';
import { readNewestStored, type TracePage } from '../find-traces.ts';
import { startsIn } from '../graph/graph-sql.ts';
import { countListed, listTraces } from '../list-traces.ts';
import type { SegmentDocument } from '../model.ts';
import { toRows } from '../receive/to-rows.ts';
import { Settling } from '../settle/index.ts';
import { summariesWriter } from './write-summaries.ts';

const scope = { account: '000000000000', region: 'us-east-1' };
let telemetry: TelemetryStore;
let state: StateStore;
const dataDirectory = mkdtempSync(join(tmpdir(), 'hatoba-summaries-'));

beforeAll(async () => {
  state = openSqliteStateStore(':memory:', () => systemClock.now());
  telemetry = openTelemetryStore({
    dataDirectory,
    mode: 'embedded',
    limits: { memoryBytesMax: 1e9, maxDiskGB: 10, retentionDays: 30 },
    clock: systemClock,
    logger: silentLogger,
  });
  await telemetry.start();
});
afterAll(async () => {
  await telemetry.stop();
  await state.close();
  rmSync(dataDirectory, { recursive: true, force: true });
});

const begin = (quietMs = 0) =>
  new Settling({
    telemetry,
    state,
    clock: systemClock,
    logger: silentLogger,
    policy: { quietMs, waitMsMax: quietMs, marginMs: 1 },
    onSettled: [summariesWriter(telemetry)],
  });

async function settleAll(settling: Settling): Promise<void> {
  for (let round = 0; round < 30; round += 1) {
    await systemClock.sleep(4);
    if ((await settling.step()) === 0) return;
  }
  throw new Error('minutes are never settled');
}

let idCounter = 0;
const newId = () => (++idCounter).toString(16).padStart(16, '0');

const part = fc.record({
  parent: fc.nat(5),
  kind: fc.constantFrom('segment', 'segment', 'subsegment', 'call', 'table'),
  delayMs: fc.oneof(fc.nat(900), fc.nat(70_000), fc.nat(1_500_000)),
  durationMs: fc.oneof(fc.nat(90), fc.nat(400_000)),
  service: fc.constantFrom('alpha', 'beta', 'gamma'),
  flag: fc.constantFrom({}, {}, { fault: true }, { error: true }, { error: true, throttle: true }),
  annotation: fc.constantFrom({}, { customer: 'c-1' }, { customer: 'c-2', items: 3 }),
  open: fc.boolean(),
  lateness: fc.constantFrom(0, 0, 0, 1, 2),
});
type Part = typeof part extends fc.Arbitrary<infer P> ? P : never;
const trace = fc.record({ startMs: fc.nat(4_500_000), parts: fc.array(part, { minLength: 1, maxLength: 6 }) });

interface Sent {
  readonly lateness: number;
  readonly document: SegmentDocument;
}

/** What the services of one trace send; a part that is `open` is sent in progress before it is sent whole. */
function sentOf(baseMs: number, parts: readonly Part[]): Sent[] {
  const traceId = newId() + newId();
  const ids = parts.map(() => newId());
  return parts.flatMap((part, index) => {
    const startMs = baseMs + part.delayMs;
    const parentId = index === 0 ? undefined : ids[part.parent % index];
    const document = {
      id: ids[index]!,
      trace_id: traceId,
      name: part.kind === 'table' ? 'DynamoDB' : part.service,
      ...(parentId && { parent_id: parentId }),
      ...(part.kind !== 'segment' && index > 0 && { type: 'subsegment' }),
      ...(part.kind === 'call' && { namespace: 'remote' }),
      ...(part.kind === 'table' && { namespace: 'aws', aws: { table_name: 'orders', operation: 'GetItem' } }),
      ...part.flag,
      http: { request: { method: 'GET', url: `http://${part.service}/x` }, response: { status: 200 } },
      annotations: part.annotation,
      user: part.service,
      start_time: startMs / 1000,
      end_time: (startMs + part.durationMs) / 1000,
    } as SegmentDocument;
    const { end_time: _end, ...open } = document;
    const early = { ...open, start_time: open.start_time - 1, in_progress: true } as SegmentDocument;
    return [...(part.open ? [{ lateness: 0, document: early }] : []), { lateness: part.lateness, document }];
  });
}

const plainSpan = {
  parent: 0,
  kind: 'segment',
  delayMs: 0,
  durationMs: 50,
  service: 'alpha',
  flag: {},
  annotation: {},
  open: false,
  lateness: 0,
} as const;

async function store(sent: readonly Sent[]): Promise<void> {
  if (sent.length === 0) return;
  const rows = sent.map(({ document }) => {
    const { trace_id: traceId = '', ...rest } = document;
    return toRows({ traceId, document: { ...rest, trace_id: traceId } as SegmentDocument }, { name: 'api', ...scope });
  });
  await Promise.all([
    telemetry.insert(
      'segments',
      rows.map(({ segment }) => segment),
      { acknowledged: true },
    ),
    telemetry.insert(
      'calls',
      rows.flatMap(({ calls }) => calls),
      { acknowledged: true },
    ),
  ]);
}

const filters = [
  '',
  'fault',
  'NOT ok AND duration > 1',
  'responsetime < 0.05 OR throttle',
  'partial',
  'service("beta")',
  'service("orders")',
  'service(id(name: "orders", type: "AWS::DynamoDB::Table"))',
  'service("alpha") { fault } AND http.method = "GET"',
  'NOT service("gamma")',
  'edge("alpha", "beta")',
  'annotation.customer = "c-1"',
  'annotation.customer != "c-1"',
  'annotation.items > 2 AND service("beta")',
  'user = "gamma"',
  'http.url CONTAINS "alpha"',
  'rootcause.fault.service { name = "beta" }',
];

const someFilters = fc.shuffledSubarray(filters, { minLength: 4, maxLength: 4 });
const noSettling = { open: () => undefined, countThinned: async () => 0 };

describe('lists of traces', () => {
  test('are the same from summaries and from documents, whatever comes late', { timeout: 240_000 }, async () => {
    let hour = 0;
    let shownCount = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(trace, { minLength: 1, maxLength: 5 }),
        fc.nat(2),
        someFilters,
        async (traces, settledUntil, filters) => {
          hour += 1;
          const startMs = Math.floor(Date.now() / 3_600_000) * 3_600_000 - hour * 4 * 3_600_000;
          const sent = traces.flatMap(({ startMs: delayMs, parts }) => sentOf(startMs + delayMs, parts));
          const settling = begin();
          for (let lateness = 0; lateness <= 2; lateness += 1) {
            await store(sent.filter((item) => item.lateness === lateness));
            if (lateness <= settledUntil) await settleAll(settling);
          }
          for (const filterExpression of filters) {
            for (const rangeType of ['TraceId', 'Event'] as const) {
              const query: TracePage = {
                ...scope,
                startMs: rangeType === 'TraceId' ? startMs + 600_000 : Date.now() - 120_000,
                endMs: rangeType === 'TraceId' ? startMs + 3_600_000 : Date.now() + 60_000,
                rangeType,
                filterExpression,
                groups: new Map(),
                asOfMs: await readNewestStored(telemetry, systemClock.now()),
                limit: 1000,
              };
              const bySummary = await listTraces({ telemetry, clock: systemClock, settling }, query);
              const raw = await listTraces({ telemetry, clock: systemClock, settling: noSettling }, query);
              shownCount += bySummary.length;
              const shown = (list: typeof raw) => list.flatMap(({ summary }) => (summary ? [summary] : []));
              expect([filterExpression, rangeType, shown(bySummary)]).toEqual([
                filterExpression,
                rangeType,
                shown(raw),
              ]);
            }
          }
        },
      ),
      // A run takes seconds: what is found is shown as it was found, not made smaller.
      { numRuns: Number(process.env.HATOBA_PROPERTY_RUNS ?? 4), endOnFailure: true },
    );
    const [row] = await telemetry.query<{ count: string }>('SELECT count() AS count FROM trace_summaries');
    expect(Number(row?.count)).toBeGreaterThan(0);
    expect(shownCount).toBeGreaterThan(0);
  });

  test('are counted once each, those of settled minutes and those of open ones', async () => {
    const fromMs = Date.now();
    await systemClock.sleep(2);
    const some = (count: number, startMs: number) =>
      store(Array.from({ length: count }, (_, index) => sentOf(startMs + index * 100, [plainSpan])).flat());
    await some(4, fromMs - 1_800_000);
    await settleAll(begin());
    await some(3, fromMs - 30_000);
    const settling = begin(3_600_000);
    await settling.step();
    expect(settling.open(scope)?.minutes.size).toBeGreaterThan(0);
    const query = { ...scope, filterExpression: '', groups: new Map(), limit: 1000 } as const;
    const ranges = [
      { rangeType: 'Event', startMs: fromMs, endMs: Date.now() + 60_000 },
      { rangeType: 'TraceId', startMs: fromMs - 1_800_000, endMs: fromMs },
    ] as const;
    for (const range of ranges) {
      const deps = { telemetry, clock: systemClock };
      const count = await countListed({ ...deps, settling }, { ...query, ...range });
      const raw = await countListed({ ...deps, settling: noSettling }, { ...query, ...range });
      expect([range.rangeType, count]).toEqual([range.rangeType, raw]);
      if (range.rangeType === 'Event') expect(count).toBe(7);
    }
  });

  test('go on where a page ended, although a trace of it changes and is settled again', {
    timeout: 120_000,
  }, async () => {
    const startMs = Math.floor(Date.now() / 60_000) * 60_000 - 86_400_000;
    const traces = Array.from({ length: 9 }, (_, index) => sentOf(startMs + index * 1000, [plainSpan]));
    await store(traces.flat());
    const settling = begin();
    await settleAll(settling);
    const asOfMs = await readNewestStored(telemetry, systemClock.now());
    const query = {
      ...scope,
      startMs: startMs - 60_000,
      endMs: startMs + 60_000,
      rangeType: 'TraceId',
      filterExpression: '',
      groups: new Map(),
      asOfMs,
      limit: 3,
    } as const;
    const seen: string[] = [];
    let after: TracePage['after'];
    for (;;) {
      const page = await listTraces(
        { telemetry, clock: systemClock, settling },
        { ...query, ...(after ? { after } : {}) },
      );
      seen.push(...page.map(({ traceId }) => traceId));
      const last = page.at(-1);
      if (!last || page.length < 3) break;
      after = last;
      // The oldest gets an earlier part, and the newest a later one: neither may move what follows.
      for (const [index, atMs] of [
        [0, -30_000],
        [8, 500],
      ] as const) {
        const { document } = traces[index]![0]!;
        await store([
          { lateness: 0, document: { ...document, id: newId(), start_time: (startMs + index * 1000 + atMs) / 1000 } },
        ]);
      }
      await settleAll(settling);
    }
    expect(seen).toEqual(traces.map(([first]) => first!.document.trace_id).reverse());
  });
});

test('a trace that is too large to be summarised is settled all the same, and listed from its documents', async () => {
  const startMs = Math.floor(Date.now() / 60_000) * 60_000 - 2 * 86_400_000;
  const alone = {
    parent: 0,
    kind: 'segment',
    delayMs: 0,
    durationMs: 50,
    flag: {},
    annotation: {},
    open: false,
    lateness: 0,
  } as const;
  const traces = ['alpha', 'beta', 'gamma'].map((service, index) =>
    sentOf(startMs + index * 1000, [{ ...alone, service } as Part]),
  );
  await store(traces.flat());
  const large = traces[1]![0]!.document.trace_id!;
  const limited = {
    ...telemetry,
    ready: telemetry.ready,
    insert: (...call: Parameters<TelemetryStore['insert']>) => telemetry.insert(...call),
    query: (sql: string, parameters?: { traceIds?: readonly string[] }, options?: object) => {
      const readsIt = sql.includes(', document FROM segments') && parameters?.traceIds?.includes(large);
      if (readsIt) return Promise.reject(Object.assign(new Error('Limit for result exceeded'), { code: '396' }));
      return telemetry.query(sql, parameters as never, options);
    },
  } as unknown as TelemetryStore;
  const minutes = {
    ...scope,
    startMs,
    endMs: startMs + 60_000,
    asOfMs: Date.now(),
    tracesSql: `SELECT trace_id FROM segments WHERE account = {account:String} AND ${startsIn([{ startMs, endMs: startMs + 60_000 }])}`,
    async *traces() {
      yield { traceIds: traces.map(([sent]) => sent!.document.trace_id!), startMs, endMs: startMs + 60_000 };
    },
  };
  await summariesWriter(limited)(minutes, new AbortController().signal);
  const rows = await telemetry.query<{ id: string; isEmpty: number }>(
    'SELECT toString(trace_id) AS id, empty(summary) AS isEmpty FROM trace_summaries FINAL WHERE start >= fromUnixTimestamp64Milli({from:Int64}) AND start < fromUnixTimestamp64Milli({to:Int64}) ORDER BY start',
    { from: startMs, to: startMs + 60_000 },
  );
  expect(rows.map(({ isEmpty }) => Number(isEmpty))).toEqual([0, 1, 0]);
  const settled = { open: () => ({ seenMs: Date.now(), minutes: new Map() }) };
  const query = {
    ...scope,
    startMs,
    endMs: startMs + 60_000,
    rangeType: 'TraceId',
    filterExpression: '',
    groups: new Map(),
    limit: 10,
  } as const;
  const listed = await listTraces({ telemetry, clock: systemClock, settling: settled }, query);
  expect(listed.map(({ summary }) => summary?.EntryPoint?.Name)).toEqual(['gamma', 'beta', 'alpha']);
});
