import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import { makeCall, makeSegment, putDocuments } from '../acceptance/plane-client.fixture.ts';
import { buildGraph } from '../graph/build-graph.ts';
import { readGraphGroups } from '../read-graph-groups.ts';
import { account, region, startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { type OnSettled, Settling } from './index.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startTestPlane();
});
afterAll(() => plane.stop());

const atOnce = { quietMs: 0, waitMsMax: 0, marginMs: 1 };
const make = (onSettled: OnSettled[] = []) =>
  new Settling({
    telemetry: plane.telemetry,
    state: plane.state,
    clock: systemClock,
    logger: silentLogger,
    policy: atOnce,
    onSettled,
  });

async function settle(settling: Settling): Promise<void> {
  await systemClock.sleep(5);
  for (let round = 0; (await settling.step()) > 0; round += 1) {
    if (round === 10) throw new Error('minutes are never settled');
    await systemClock.sleep(5);
  }
}

const minute = Math.floor(Date.now() / 60_000) * 60 - 7200;
const range = { account, region, startMs: minute * 1000 - 10_000, endMs: (minute + 3700) * 1000 + 500 };

async function bothWays(settling: Settling, selection = range) {
  const now = systemClock.now();
  const graph = ({ nodes, edges }: Awaited<ReturnType<Settling['readGroups']>>) =>
    buildGraph(nodes, edges, account, now);
  return [
    graph(await settling.readGroups(selection, now)),
    graph(await readGraphGroups(plane.telemetry, selection, now)),
  ];
}

test('what is settled is what was stored, before and after a late part', async () => {
  const settling = make();
  const call = makeCall(minute + 59.5, 0.8, 'callee.example.com');
  const caller = makeSegment(minute + 59, 150, 'caller', { subsegments: [call] });
  await putDocuments(plane, caller, makeSegment(minute + 30, 0.2, 'other', { fault: true }));
  await settle(settling);
  const [settled, raw] = await bothWays(settling);
  expect(settled).toEqual(raw);
  expect(settled!.map(({ Name }) => Name)).toContain('callee.example.com');

  // It begins in a minute of its own, and changes what the settled one says of the call.
  await putDocuments(plane, makeSegment(minute + 61, 0.2, 'callee', { trace_id: caller.trace_id, parent_id: call.id }));
  await settle(settling);
  const [later, rawLater] = await bothWays(settling);
  expect(later).toEqual(rawLater);
  expect(later!.map(({ Name }) => Name)).not.toContain('callee.example.com');
  const [row] = await plane.telemetry.query<{ count: string }>(
    `SELECT count() AS count FROM trace_map_settled WHERE tier = 'hour' AND is_valid = 1`,
  );
  expect(Number(row?.count)).toBeGreaterThan(0);
}, 120_000);
