import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContainerState, nextContainersToStart, nextContainersToStop } from './container-order.ts';

const container = (
  name: string,
  dependsOn: [string, 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY'][] = [],
): ContainerDefinition => ({
  name,
  dependsOn: dependsOn.map(([containerName, condition]) => ({ containerName, condition })),
});

const state = (status: ContainerState['status'], more: Partial<ContainerState> = {}): ContainerState => ({
  status,
  health: 'UNKNOWN',
  startedAtMs: 0,
  ...more,
});

describe('nextContainersToStart', () => {
  it.each([
    ['START', state('RUNNING'), ['app']],
    ['START', state('STOPPED', { exitCode: 1 }), ['app']],
    ['COMPLETE', state('RUNNING'), []],
    ['COMPLETE', state('STOPPED', { exitCode: 1 }), ['app']],
    ['SUCCESS', state('STOPPED', { exitCode: 0 }), ['app']],
    ['HEALTHY', state('RUNNING'), []],
    ['HEALTHY', state('RUNNING', { health: 'HEALTHY' }), ['app']],
  ] as const)('condition %s, dependency %o', (condition, dependency, start) => {
    const definitions = [container('db'), container('app', [['db', condition]])];
    expect(nextContainersToStart(definitions, new Map([['db', dependency]]), 1000).start).toEqual(start);
  });

  it.each([
    ['SUCCESS', state('STOPPED', { exitCode: 2 }), 1000, /container db exited with 2/],
    ['HEALTHY', state('STOPPED', { exitCode: 0 }), 1000, /stopped before it was healthy/],
    ['HEALTHY', state('RUNNING'), 181_000, /did not reach HEALTHY in time/],
  ] as const)('gives up when %s can no longer be met', (condition, dependency, nowMs, reason) => {
    const definitions = [container('db'), container('app', [['db', condition]])];
    const step = nextContainersToStart(definitions, new Map([['db', dependency]]), nowMs);
    expect(step.stuck).toMatchObject({ containerName: 'app', reason: expect.stringMatching(reason) });
  });

  it('waits without limit for a container that has to finish, such as a long migration', () => {
    const definitions = [container('migrate'), container('app', [['migrate', 'SUCCESS']])];
    const step = nextContainersToStart(definitions, new Map([['migrate', state('RUNNING')]]), 3_600_000);
    expect(step).toMatchObject({ start: [], complete: false });
    expect(step.stuck).toBeUndefined();
  });
});

it('stops every container after all that depend on it', () => {
  const chains = fc
    .integer({ min: 1, max: 8 })
    .chain((size) =>
      fc.tuple(...Array.from({ length: size }, (_, index) => fc.subarray(Array.from({ length: index }, (_, j) => j)))),
    );
  fc.assert(
    fc.property(chains, (edges) => {
      const definitions = edges.map((on, index) =>
        container(
          `c${index}`,
          on.map((j) => [`c${j}`, 'START']),
        ),
      );
      const running = new Set(definitions.map((definition) => definition.name!));
      while (running.size > 0) {
        const stops = nextContainersToStop(definitions, running);
        expect(stops.length).toBeGreaterThan(0);
        for (const name of stops) {
          const dependents = definitions.filter((one) => one.dependsOn!.some((on) => on.containerName === name));
          expect(dependents.every((one) => !running.has(one.name!))).toBe(true);
        }
        for (const name of stops) running.delete(name);
      }
    }),
  );
});
