import { expect, test } from 'vitest';
import { judge } from './judge.ts';
import type { Snapshot } from './model.ts';

const quiet: Snapshot = {
  unread: [],
  health: [],
  usual: [],
  edges: [],
  services: [],
  alarms: [],
  canaries: [],
  targets: [],
  insights: [],
};
const health = (name: string, ownMedianSeconds: number, fault = 0) => ({
  name,
  type: 'AWS::ECS::Container',
  total: 100,
  error: 0,
  fault,
  ownMedianSeconds,
});
const service = (name: string, running = 1) => ({
  cluster: 'shop',
  service: name,
  running,
  desired: 1,
  inDeployment: false,
  lastEvent: 'has reached a steady state.',
  newestDeployment: { cluster: 'shop', service: name, revision: `${name}:7`, at: '2026-01-01T12:03:00.000Z' },
});

test('nothing to see is not the same as all well', () => {
  expect(judge(quiet).verdict).toMatchObject({ level: 'ok', code: 'nothing-yet' });
  expect(judge({ ...quiet, services: [service('a'), service('b')] }).verdict).toEqual({
    level: 'ok',
    code: 'all-well',
    params: { services: 2 },
  });
});

test('what could not be read is not well, and what is wrong comes before it', () => {
  const blind: Snapshot = { ...quiet, unread: ['traces', 'alarms'], services: [service('a')] };
  expect(judge(blind).verdict).toEqual({ level: 'warning', code: 'cannot-tell', params: { sources: 'traces,alarms' } });
  expect(judge({ ...blind, services: [service('a', 0)] }).verdict.code).toBe('service-not-stable');
});

test('a service whose own time has grown is named with the deployment before it; its callers are not', () => {
  const { verdict, findings } = judge({
    ...quiet,
    services: [service('bff'), service('backend2')],
    health: [health('bff', 0.004), health('backend2', 5.01)],
    usual: [health('bff', 0.003), health('backend2', 0.008)],
  });
  expect(verdict).toMatchObject({ level: 'critical', code: 'service-slow', since: '2026-01-01T12:03:00.000Z' });
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({
    params: { service: 'backend2', ownSeconds: 5.01, usualSeconds: 0.008 },
    deployment: { revision: 'backend2:7' },
    link: { page: 'traces', params: { service: 'backend2', sort: 'slowest' } },
  });
});

test('a service that was always slow is left alone, and a few calls say nothing', () => {
  expect(judge({ ...quiet, health: [health('report', 4)], usual: [health('report', 3.8)] }).findings).toEqual([]);
  expect(judge({ ...quiet, health: [{ ...health('new', 9), total: 3 }] }).findings).toEqual([]);
  expect(judge({ ...quiet, health: [health('new', 1.2)] }).findings).toHaveLength(1);
});

test('a dependency that refuses is found although every page answers 200', () => {
  const edge = { from: 'backend1', to: 'shop-last-access', toType: 'AWS::DynamoDB::Table', total: 50, failed: 50 };
  const { findings } = judge({
    ...quiet,
    health: [health('backend1', 0.01)],
    edges: [{ ...edge, exception: 'AccessDeniedException' }],
  });
  expect(findings).toEqual([
    expect.objectContaining({
      level: 'critical',
      code: 'edge-faults',
      params: { service: 'backend1', dependency: 'shop-last-access', share: 1, exception: 'AccessDeniedException' },
    }),
  ]);
});

test('alarms, canaries, tasks and targets are findings too, critical ones first', () => {
  const { findings } = judge({
    ...quiet,
    services: [{ ...service('a', 1), desired: 2 }],
    alarms: [
      { name: 'x', state: 'ALARM', reason: 'r', changedAt: '2026-01-01T00:00:00.000Z' },
      { name: 'y', state: 'OK', reason: '', changedAt: '2026-01-01T00:00:00.000Z' },
    ],
    canaries: [
      {
        name: 'c',
        state: 'RUNNING',
        lastRuns: [
          { passed: false, at: '3', reason: 'answered 503' },
          { passed: false, at: '2', reason: 'answered 502' },
          { passed: true, at: '1', reason: '' },
        ],
      },
    ],
    targets: [{ targetGroup: 't', targetGroupArn: 'arn', unhealthy: 1, total: 2, reason: 'Target.Timeout' }],
  });
  expect(findings.map((f) => [f.level, f.code, f.since])).toEqual([
    ['critical', 'canary-failing', '2'],
    ['critical', 'alarm', '2026-01-01T00:00:00.000Z'],
    ['warning', 'service-not-stable', undefined],
    ['warning', 'target-unhealthy', undefined],
  ]);
});

test('an open insight is a finding with its impact: critical as soon as clients feel it, after what is seen now', () => {
  const insight = { service: 'backend1', since: '2026-01-01T12:00:00.000Z', ownFailed: 30, ownTotal: 60 };
  const inside = { ...insight, id: '1', clientFailed: 0, clientTotal: 60 };
  const felt = { ...insight, id: '2', clientFailed: 12, clientTotal: 48 };
  const services = [service('backend1')];
  expect(judge({ ...quiet, services, insights: [inside] })).toEqual({
    verdict: {
      level: 'warning',
      code: 'insight-inside',
      params: { service: 'backend1', failed: 30, total: 60, share: 0.5 },
      since: insight.since,
    },
    findings: [expect.objectContaining({ link: { page: 'insight', params: { id: '1' } } })],
  });
  const { verdict, findings } = judge({
    ...quiet,
    services,
    health: [health('backend1', 0.01, 50)],
    insights: [inside, felt],
  });
  expect(verdict.code).toBe('service-faults');
  expect(findings.map(({ level, code, params }) => [level, code, params.failed, params.share])).toEqual([
    ['critical', 'service-faults', undefined, 0.5],
    ['critical', 'insight', 12, 0.25],
    ['warning', 'insight-inside', 30, 0.5],
  ]);
});
