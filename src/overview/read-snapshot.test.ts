import { expect, test } from 'vitest';
import { silentLogger } from '../platform/logger.ts';
import { judge } from './judge.ts';
import { type CallOperation, type OverviewSources, readSnapshot } from './read-snapshot.ts';

const scope = { account: '000000000000', region: 'us-east-1' };
const end = new Date('2026-11-22T10:00:00Z');

/** ECS with so many clusters of so many services, a hundred names in each page; nothing else is there. */
function ecsOf(clusters: number, services: number): CallOperation {
  const page = (names: string[], member: string, nextToken: string | undefined) => {
    const from = Number(nextToken ?? 0);
    const more = names.length > from + 100 ? { nextToken: String(from + 100) } : {};
    return { [member]: names.slice(from, from + 100), ...more };
  };
  const named = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `arn/${kind}-${index}`);
  const answers: Record<string, (input: any) => object> = {
    ListClusters: ({ nextToken }) => page(named('cluster', clusters), 'clusterArns', nextToken),
    ListServices: ({ nextToken }) => page(named('service', services), 'serviceArns', nextToken),
    DescribeServices: (input) => ({
      services: input.services.map((serviceName: string) => ({ serviceName, runningCount: 1, desiredCount: 1 })),
    }),
  };
  return async <Output>(_service: string, operation: string, input: object) =>
    (answers[operation]?.(input) ?? {}) as Output;
}

const sources = (changes: Partial<OverviewSources>): OverviewSources => ({
  traces: { serviceHealth: async () => [], openInsights: async () => [] },
  alarms: { alarms: async () => [] },
  canaries: { recentRuns: async () => [] },
  callOperation: ecsOf(1, 1),
  logger: silentLogger,
  ...changes,
});
const failing = () => Promise.reject(new Error('the telemetry store does not answer'));

test('what cannot be read is named, and is not taken for well', async () => {
  const traces = { serviceHealth: failing, openInsights: async () => [] };
  const { snapshot } = await readSnapshot(sources({ traces, alarms: { alarms: failing } }), scope, end);
  expect([...snapshot.unread].sort()).toEqual(['alarms', 'traces']);
  expect(snapshot.services).toHaveLength(1);
  expect(judge(snapshot).verdict).toMatchObject({ level: 'warning', code: 'cannot-tell' });
});

test('all services of all clusters are looked at', async () => {
  const { snapshot } = await readSnapshot(sources({ callOperation: ecsOf(101, 3) }), scope, end);
  expect(snapshot.services).toHaveLength(303);
  const many = await readSnapshot(sources({ callOperation: ecsOf(1, 205) }), scope, end);
  expect(many.snapshot.services).toHaveLength(205);
  expect(judge(many.snapshot).verdict).toEqual({ level: 'ok', code: 'all-well', params: { services: 205 } });
});
