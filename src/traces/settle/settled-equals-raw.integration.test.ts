import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { add, buildGraph, emptyCounts, statisticsOf } from '../graph/build-graph.ts';
import type { SegmentDocument } from '../model.ts';
import { readGraphGroups } from '../read-graph-groups.ts';
import type { AllGroups, Settling } from './index.ts';
import {
  dyingStore,
  Killed,
  newId,
  openSettleStore,
  type SettleStore,
  scope,
  settleAll,
} from './settle-store.fixture.ts';

let own: SettleStore;
beforeAll(async () => {
  own = await openSettleStore();
});
afterAll(() => own.stop());

const part = fc.record({
  parent: fc.nat(9),
  kind: fc.constantFrom('call', 'silent', 'direct', 'streamed', 'table'),
  delayMs: fc.oneof(fc.nat(900), fc.nat(70_000), fc.nat(1_500_000)),
  lagMs: fc.oneof(fc.nat(30), fc.nat(70_000), fc.nat(2_400_000)),
  durationMs: fc.oneof(fc.nat(90), fc.nat(3000), fc.nat(400_000)),
  flag: fc.constantFrom({}, {}, { fault: true }, { error: true }, { error: true, throttle: true }),
  service: fc.constantFrom('alpha', 'beta', 'gamma'),
});
const trace = fc.record({ startMs: fc.nat(4_500_000), parts: fc.array(part, { maxLength: 5 }) });
type Part = {
  parent: number;
  kind: string;
  delayMs: number;
  lagMs: number;
  durationMs: number;
  flag: object;
  service: string;
};

/** What the services of one trace send, each document by itself. */
function documentsOf(startMs: number, parts: readonly Part[]): SegmentDocument[] {
  const traceId = newId() + newId();
  const times = (atMs: number, durationMs: number) => ({
    start_time: atMs / 1000,
    end_time: (atMs + durationMs) / 1000,
  });
  const segment = (
    atMs: number,
    { durationMs, service, flag }: Pick<Part, 'durationMs' | 'service' | 'flag'>,
    parent = '',
  ) => ({
    id: newId(),
    trace_id: traceId,
    name: service,
    ...times(atMs, durationMs),
    ...flag,
    ...(parent ? { parent_id: parent } : {}),
    subsegments: [] as SegmentDocument[],
  });
  const segments = [segment(startMs, { durationMs: 500, service: 'front', flag: {} })];
  const others: SegmentDocument[] = [];
  for (const one of parts) {
    const owner = segments[one.parent % segments.length]!;
    const atMs = Math.round(owner.start_time * 1000) + one.delayMs;
    const call = (more: object = {}) => ({
      id: newId(),
      name: `${one.service}.local`,
      namespace: 'remote',
      ...times(atMs, one.durationMs),
      ...one.flag,
      ...more,
    });
    const made = call(one.kind === 'table' ? { namespace: 'aws', name: 'DynamoDB', aws: { table_name: 'rows' } } : {});
    if (one.kind === 'direct') segments.push(segment(atMs, one, owner.id));
    else if (one.kind === 'streamed') {
      others.push({ ...made, type: 'subsegment', trace_id: traceId, parent_id: owner.id });
      if (one.lagMs % 2 === 0) segments.push(segment(atMs + one.lagMs, one, made.id));
    } else {
      owner.subsegments.push(made);
      if (one.kind === 'call') segments.push(segment(atMs + one.lagMs, one, made.id));
    }
  }
  return [...segments, ...others];
}

const stepKinds = fc.oneof(
  fc.record({ kind: fc.constant('settle' as const) }),
  fc.record({ kind: fc.constant('killed' as const), calls: fc.nat(12) }),
  fc.record({ kind: fc.constant('nothing' as const) }),
);

/** The runs must not meet: each has five hours of its own, as long ago as is kept. */
let runs = 0;
const newRange = () => {
  runs += 1;
  const startMs = Math.floor(Date.now() / 3_600_000) * 3_600_000 - (runs * 6 + 1) * 3_600_000;
  return { ...scope, startMs, endMs: startMs + 5 * 3_600_000 };
};

function seriesOf(groups: AllGroups): unknown {
  const windows = new Map<number, ReturnType<typeof emptyCounts>>();
  for (const group of [...groups.nodes, ...groups.edges]) {
    const counts = windows.get(group.window) ?? emptyCounts();
    windows.set(group.window, counts);
    add(counts, group);
  }
  return [...windows]
    .sort(([a], [b]) => a - b)
    .map(([window, counts]) => [window, statisticsOf(counts), [...counts.histogram].sort(([a], [b]) => a - b)]);
}

/** Counts by everything that a group is told apart by: where the map guesses a callee, this does not. */
function countsByKey({ nodes, edges }: AllGroups): unknown {
  const byKey = new Map<string, ReturnType<typeof emptyCounts>>();
  const put = (key: unknown, group: AllGroups['nodes'][number] | AllGroups['edges'][number]) => {
    const counts = byKey.get(JSON.stringify(key)) ?? emptyCounts();
    byKey.set(JSON.stringify(key), counts);
    add(counts, group);
  };
  for (const node of nodes) put([node.name, node.type, node.isRoot], node);
  for (const edge of edges) {
    put([edge.ownerName, edge.ownerType, edge.callName, edge.calleeName, edge.targetName, edge.targetType], edge);
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, counts]) => [key, statisticsOf(counts)]);
}

async function someMinutes({ startMs, endMs }: { startMs: number; endMs: number }): Promise<number[]> {
  const rows = await own.telemetry.query<{ minute: number }>(
    `SELECT DISTINCT toUnixTimestamp(toStartOfMinute(start)) AS minute FROM calls
     WHERE start >= fromUnixTimestamp64Milli({startMs:Int64}) AND start < fromUnixTimestamp64Milli({endMs:Int64}) ORDER BY cityHash64(minute) LIMIT 4`,
    { startMs, endMs },
  );
  return rows.map(({ minute }) => minute * 1000);
}

async function expectSame(settling: Settling, range: ReturnType<typeof newRange>): Promise<void> {
  const now = systemClock.now();
  const uneven = { ...range, startMs: range.startMs + 1_234_567, endMs: range.endMs - 7_654_321 };
  for (const selection of [range, uneven]) {
    const raw = await readGraphGroups(own.telemetry, selection, now);
    const settled = await settling.readGroups(selection, now);
    expect(countsByKey(settled)).toEqual(countsByKey(raw));
    expect(buildGraph(settled.nodes, settled.edges, scope.account, now)).toEqual(
      buildGraph(raw.nodes, raw.edges, scope.account, now),
    );
  }
  // Of a few minutes rows are counted here, not by the engine.
  for (const minuteMs of await someMinutes(range)) {
    const few = { ...range, startMs: minuteMs - 240_000, endMs: minuteMs + 300_000 };
    const raw = await readGraphGroups(own.telemetry, few, now);
    const settled = await settling.readGroups(few, now);
    expect(countsByKey(settled)).toEqual(countsByKey(raw));
    expect(seriesOf(settled)).toEqual(seriesOf(raw));
  }
  for (const periodSeconds of [60, 600, 3600]) {
    const selection = { ...range, periodSeconds };
    const raw = await readGraphGroups(own.telemetry, selection, now);
    expect(seriesOf(await settling.readGroups(selection, now))).toEqual(seriesOf(raw));
  }
}

test('settled and raw counts are the same, whatever comes when and wherever the process is killed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(trace, { minLength: 2, maxLength: 8 }),
      fc.infiniteStream(fc.nat()),
      fc.array(stepKinds, { minLength: 2, maxLength: 5 }),
      async (traces, order, steps) => {
        const range = newRange();
        const sent = traces.flatMap(({ startMs, parts }) => documentsOf(range.startMs + 60_000 + startMs, parts));
        const open = sent.slice(0, 2).map(({ end_time: _, ...document }) => ({ ...document, in_progress: true }));
        const arriving = [...sent, ...sent.slice(0, 3), ...open]
          .map((document) => ({ document, at: order.next().value! }))
          .sort((a, b) => a.at - b.at)
          .map(({ document }) => document);
        let settling = own.begin();
        for (const [index, step] of steps.entries()) {
          const size = Math.ceil(arriving.length / steps.length);
          await own.store(arriving.slice(index * size, (index + 1) * size));
          if (step.kind === 'settle') {
            await settleAll(settling);
            await expectSame(settling, range);
          } else if (step.kind === 'killed') {
            await settleAll(own.begin({ telemetry: dyingStore(own.telemetry, step.calls) })).catch((error) =>
              expect(error).toBeInstanceOf(Killed),
            );
            settling = own.begin();
          }
        }
        await settleAll(settling);
        await expectSame(settling, range);
      },
    ),
    { numRuns: 3, endOnFailure: true },
  );
}, 600_000);
