import { expect, test } from 'vitest';
import { chooseDeployments, compareDeployments } from './choose-deployments.ts';
import type { HistoryItem } from './read-deployment-history.ts';

const trace = { start: new Date(1_000_000), end: new Date(1_000_500) };

const deployed = (service: string, fromMs: number, toMs?: number): HistoryItem => ({
  cluster: 'shop',
  service,
  deployment: { createdAt: new Date(fromMs), ...(toMs === undefined ? {} : { finishedAt: new Date(toMs) }) },
  revision: `${service}:2`,
  previousRevision: `${service}:1`,
});

const chosen = (...history: HistoryItem[]) =>
  chooseDeployments(history, trace, ['bff:1']).map(({ when, secondsBefore }) => [when, secondsBefore]);

test('a deployment that was in progress is told, and with it nothing older', () => {
  expect(chosen(deployed('bff', 940_000, 1_000_200), deployed('bff', 100_000, 110_000))).toEqual([['during', 60]]);
  expect(chosen(deployed('bff', 990_000))).toEqual([['during', 10]]);
  expect(chosen(deployed('bff', 1_000_250))).toEqual([['during', -0.25]]);
});

test('otherwise the last that was done before, and how long before', () => {
  expect(chosen(deployed('bff', 900_000, 940_000), deployed('bff', 100_000, 110_000))).toEqual([['before', 60]]);
});

test('what began after the trace did nothing to it', () => {
  expect(chosen(deployed('bff', 1_000_501), deployed('bff', 1_100_000))).toEqual([]);
});

test('what was in progress comes first, then the latest', () => {
  const all = [deployed('c', 0, 500_000), deployed('a', 0, 999_000), deployed('b', 0)]
    .flatMap((item) => chooseDeployments([item], trace, []))
    .sort(compareDeployments);
  expect(all.map(({ service }) => service)).toEqual(['b', 'a', 'c']);
});
