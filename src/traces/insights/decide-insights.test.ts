import { expect, test } from 'vitest';
import { decideInsights, type Situation } from './decide-insights.ts';
import { describeInsight } from './describe-insight.ts';
import { keyOf } from './find-root-cause.ts';
import type { AnomalousNode, InsightRecord } from './model.ts';

const minuteMs = 60_000;
const open = (name: string, at: number, excess = 5): AnomalousNode => ({
  name,
  type: '',
  firstMs: at * minuteMs,
  lastMs: (at + 2) * minuteMs,
  isBack: false,
  excess,
});
const back = (node: AnomalousNode): AnomalousNode => ({ ...node, isBack: true, excess: 0 });
const id = (name: string) => ({ name, type: '' });
const calls = (...edges: [string, string][]) => {
  const found = new Map<string, string[]>();
  for (const [from, to] of edges) found.set(keyOf(id(from)), [...(found.get(keyOf(id(from))) ?? []), keyOf(id(to))]);
  return found;
};

let made = 0;
const newId = () => `insight-${++made}`;
const situation = (at: number, nodes: AnomalousNode[], more: Partial<Situation> = {}): Situation => ({
  account: '1',
  region: 'r',
  groupName: 'Default',
  groupArn: 'arn',
  nodes,
  calls: calls(['bff', 'api'], ['api', 'table'], ['other', 'queue']),
  entries: [id('bff'), id('other')],
  nowMs: at * minuteMs,
  ...more,
});
const active = (insights: readonly InsightRecord[]) => insights.filter(({ state }) => state === 'ACTIVE');

test('related anomalies are one insight, unrelated ones are two, and clients are those above', () => {
  const found = decideInsights([], situation(5, [open('bff', 2), open('table', 1), open('queue', 2)]), newId);
  expect(
    found.map(({ rootCause, anomalous, clientNodes, startMs }) => [
      rootCause.name,
      anomalous.map(({ name }) => name).sort(),
      clientNodes.map(({ name }) => name),
      startMs / minuteMs,
    ]),
  ).toEqual([
    ['table', ['bff', 'table'], ['bff'], 1],
    ['queue', ['queue'], ['other'], 2],
  ]);
});

test('an insight goes on under its id, finds a deeper root cause, and ends when all its nodes are back', () => {
  const [first] = decideInsights([], situation(5, [open('api', 2)]), newId);
  const [second] = decideInsights([first!], situation(6, [open('api', 2), open('table', 3)]), newId);
  expect(second).toMatchObject({ id: first!.id, state: 'ACTIVE', startMs: 2 * minuteMs, rootCause: { name: 'table' } });
  const [third] = decideInsights([second!], situation(9, [open('api', 2), back(open('table', 3))]), newId);
  // The table is well again, but it was the cause: its caller may need longer.
  expect(third).toMatchObject({ state: 'ACTIVE', rootCause: { name: 'table' } });
  const [fourth] = decideInsights([third!], situation(14, [back({ ...open('api', 2), lastMs: 8 * minuteMs })]), newId);
  expect(fourth).toMatchObject({ id: first!.id, state: 'CLOSED', endMs: 9 * minuteMs });
});

test('two insights that turn out to be one become the older', () => {
  const apart = { calls: calls(['bff', 'api']) };
  const both = decideInsights([], situation(5, [open('api', 3), open('table', 1)], apart), newId);
  expect(both).toHaveLength(2);
  const after = decideInsights(both, situation(6, [open('api', 3), open('table', 1)]), newId);
  expect(active(after)).toHaveLength(1);
  const closed = after.find(({ state }) => state === 'CLOSED')!;
  expect(closed.mergedInto).toBe(active(after)[0]!.id);
  expect(active(after)[0]!.startMs).toBe(minuteMs);
});

test('the second sentence of a closed insight says something, whatever its services are called', () => {
  const [insight] = decideInsights([], situation(5, [open('a.b.c', 2)]), newId);
  const closed = {
    ...insight!,
    state: 'CLOSED' as const,
    endMs: 9 * minuteMs,
    clientImpact: { fault: 3, ok: 7, total: 10 },
  };
  expect(describeInsight(closed).split('.')[1]).toBe(
    ' Faults were outside their expected band from 00:02 UTC to 00:09 UTC',
  );
  expect(describeInsight(insight!)).toContain('a.b.c');
});
