import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rollingBounds } from './rolling-update.ts';
import { SimulatedService } from './simulated-service.fixture.ts';

const rolling = { minimumHealthyPercent: 100, maximumPercent: 200 };
const guarded = { ...rolling, deploymentCircuitBreaker: { enable: true, rollback: true } };

/** Steps until nothing changes any more; every task comes up and every stop completes. */
function settle(simulated: SimulatedService, passesMax = 200): number {
  for (let pass = 1; pass <= passesMax; pass += 1) {
    simulated.nowMs += 1000;
    const before = JSON.stringify([simulated.service, simulated.tasks]);
    simulated.step();
    for (const task of simulated.wanted) if (task.lastStatus === 'PENDING') simulated.becomeRunning(task);
    simulated.finishStopping();
    if (JSON.stringify([simulated.service, simulated.tasks]) === before) return pass;
  }
  throw new Error('does not converge');
}

const configurations = fc
  .record({
    minimumHealthyPercent: fc.integer({ min: 0, max: 100 }),
    maximumPercent: fc.integer({ min: 100, max: 300 }),
  })
  // Bounds that allow neither a stop nor a start of even one task are AWS's "blocked": tested apart.
  .filter((one) => one.minimumHealthyPercent < one.maximumPercent);

type Move =
  | { kind: 'deploy' }
  | { kind: 'scale'; to: number }
  | { kind: 'up' | 'crash' | 'stopped' | 'pass'; pick: number };

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Move>({ kind: 'deploy' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('scale' as const), to: fc.integer({ min: 0, max: 12 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('up' as const), pick: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), pick: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stopped' as const), pick: fc.nat(50) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('pass' as const), pick: fc.nat(50) }) },
);

describe('reconcileService', () => {
  it('never starts above maximumPercent, never stops healthy tasks below minimumHealthyPercent', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        configurations,
        fc.array(moves, { maxLength: 60 }),
        (desired, configuration, script) => {
          const simulated = new SimulatedService(desired, configuration);
          let revision = 1;
          for (const move of script) {
            simulated.nowMs += 500;
            const choose = <One>(from: readonly One[]) => ('pick' in move ? from[move.pick % from.length] : undefined);
            if (move.kind === 'deploy') simulated.deploy(++revision);
            else if (move.kind === 'scale') simulated.scale(move.to);
            else if (move.kind === 'up') {
              const task = choose(simulated.wanted.filter((one) => one.lastStatus === 'PENDING'));
              if (task) simulated.becomeRunning(task);
            } else if (move.kind === 'crash') {
              const task = choose(simulated.wanted);
              if (task) simulated.crash(task);
            } else if (move.kind === 'stopped') simulated.finishStopping();
            else checkedStep(simulated);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('converges to the desired count of the newest revision alone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 1, max: 4 }),
        (first, second, rollouts) => {
          const simulated = new SimulatedService(first, rolling);
          settle(simulated);
          for (let revision = 2; revision <= rollouts; revision += 1) simulated.deploy(revision);
          simulated.scale(second);
          settle(simulated);
          expect(simulated.running.length).toBe(second);
          expect(simulated.service.deployments).toMatchObject([{ status: 'PRIMARY', rolloutState: 'COMPLETED' }]);
          const primary = simulated.service.deployments[0]!.id;
          expect(simulated.running.every((task) => task.deploymentId === primary)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each([
    [4, 50, 100],
    [3, 0, 100],
    [2, 50, 150],
    [5, 80, 120],
    [1, 0, 100],
  ])('rolls %i tasks within %i and %i percent', (desired, minimumHealthyPercent, maximumPercent) => {
    const simulated = new SimulatedService(desired, { minimumHealthyPercent, maximumPercent });
    settle(simulated);
    simulated.deploy(2);
    settle(simulated);
    expect(simulated.running.every((task) => task.deploymentId === 'd2')).toBe(true);
    expect(simulated.running.length).toBe(desired);
  });

  it('says so when the bounds allow neither a start nor a stop', () => {
    const simulated = new SimulatedService(3, { minimumHealthyPercent: 100, maximumPercent: 125 });
    settle(simulated);
    simulated.deploy(2);
    simulated.step();
    expect(simulated.events.at(-1)).toMatch(/^was unable to stop or start tasks during a deployment/);
    expect(simulated.running.length).toBe(3);
  });

  it('rolls back to the tasks that still run when new ones cannot start', () => {
    const simulated = new SimulatedService(4, guarded);
    settle(simulated);
    const before = simulated.running.map((task) => task.id);
    simulated.deploy(2);
    for (let pass = 0; pass < 10 && simulated.service.deployments[0]!.id === 'd2'; pass += 1) {
      simulated.step();
      for (const task of simulated.wanted) if (task.deploymentId === 'd2') simulated.crash(task);
      simulated.finishStopping();
      simulated.nowMs += 60_000;
    }
    expect(simulated.service.deployments.map(({ id, status, rolloutState }) => ({ id, status, rolloutState }))).toEqual(
      [
        { id: 'd1', status: 'PRIMARY', rolloutState: 'IN_PROGRESS' },
        { id: 'd2', status: 'ACTIVE', rolloutState: 'FAILED' },
      ],
    );
    expect(simulated.service.deployments[0]!.rolloutStateReason).toBe(
      'ECS deployment circuit breaker: rolling back to deploymentId d1.',
    );
    settle(simulated);
    expect(simulated.service.deployments).toMatchObject([{ id: 'd1', rolloutState: 'COMPLETED' }]);
    expect(simulated.running.map((task) => task.id)).toEqual(before);
  });

  it('stays failed without rollback, and keeps the old tasks', () => {
    const simulated = new SimulatedService(2, {
      ...rolling,
      deploymentCircuitBreaker: { enable: true, rollback: false },
    });
    settle(simulated);
    simulated.deploy(2);
    for (let pass = 0; pass < 12; pass += 1) {
      simulated.step();
      for (const task of simulated.wanted) if (task.deploymentId === 'd2') simulated.crash(task);
      simulated.finishStopping();
      simulated.nowMs += 60_000;
    }
    expect(simulated.service.deployments[0]).toMatchObject({ id: 'd2', rolloutState: 'FAILED', failedTasks: 4 });
    expect(simulated.running.length).toBe(2);
  });

  it('fails a rollout whose alarm goes off', () => {
    const simulated = new SimulatedService(1, {
      ...rolling,
      alarms: { enable: true, rollback: true, alarmNames: ['slow'] },
    });
    settle(simulated);
    simulated.deploy(2);
    simulated.alarmsInAlarm = ['slow'];
    simulated.step();
    expect(simulated.service.deployments[0]).toMatchObject({ id: 'd1', status: 'PRIMARY', rollbackOf: 'd2' });
  });

  it('waits longer and longer between starts that fail, and says why', () => {
    const simulated = new SimulatedService(1, rolling);
    const starts: number[] = [];
    for (let second = 0; second < 40; second += 1) {
      simulated.nowMs += 1000;
      if (simulated.step().start !== undefined) starts.push(second);
      for (const task of simulated.wanted) simulated.crash(task);
      simulated.finishStopping();
    }
    expect(starts.map((at, index) => at - (starts[index - 1] ?? 0)).slice(1)).toEqual([1, 2, 3, 5, 9, 17]);
    expect(simulated.events.some((event) => event.includes('unable to consistently start tasks'))).toBe(true);
  });

  it('replaces a task that has been well before it stops it', () => {
    const simulated = new SimulatedService(2, rolling);
    simulated.service = withBalancer(simulated);
    simulated.step();
    for (const task of simulated.wanted) {
      simulated.becomeRunning(task);
      simulated.targets.set(task.arn, new Map([['group', { state: 'healthy', reason: '', description: '' }]]));
    }
    simulated.step();
    const [sick] = simulated.running;
    simulated.targets.set(
      sick!.arn,
      new Map([['group', { state: 'unhealthy', reason: '', description: 'Request timed out' }]]),
    );
    const first = simulated.step();
    expect(first.start?.count).toBe(1);
    expect(first.stop).toEqual([]);
    const replacement = simulated.wanted.find((task) => task.lastStatus === 'PENDING')!;
    simulated.becomeRunning(replacement);
    simulated.targets.set(replacement.arn, new Map([['group', { state: 'healthy', reason: '', description: '' }]]));
    expect(simulated.step().stop).toMatchObject([
      { taskId: sick!.id, reason: 'Task failed ELB health checks in (target-group group)' },
    ]);
  });

  it('leaves an unhealthy target alone during the grace period', () => {
    const simulated = new SimulatedService(1, rolling);
    simulated.service = { ...withBalancer(simulated), healthCheckGracePeriodSeconds: 60 };
    simulated.step();
    const [task] = simulated.wanted;
    simulated.becomeRunning(task!);
    simulated.targets.set(task!.arn, new Map([['group', { state: 'unhealthy', reason: '', description: '' }]]));
    const during = simulated.step();
    expect(during.stop).toEqual([]);
    expect(during.recheckAtMs).toBe(simulated.nowMs + 60_000);
    simulated.nowMs += 60_000;
    expect(simulated.step().stop).toMatchObject([{ taskId: task!.id }]);
  });

  it('does not take protected tasks when it scales in', () => {
    const simulated = new SimulatedService(3, rolling);
    settle(simulated);
    const [kept] = simulated.running;
    simulated.change(kept!.id, { protectedUntilMs: simulated.nowMs + 3_600_000 });
    simulated.scale(0);
    settle(simulated);
    expect(simulated.running.map((task) => task.id)).toEqual([kept!.id]);
    expect(simulated.events).toContainEqual(expect.stringContaining('protected tasks are more than the desired count'));
  });

  it('ends a deleted service when its last task has stopped', () => {
    const simulated = new SimulatedService(2, rolling);
    settle(simulated);
    simulated.service = { ...simulated.service, status: 'DRAINING', desiredCount: 0 };
    simulated.step();
    expect(simulated.service.status).toBe('DRAINING');
    simulated.finishStopping();
    simulated.step();
    expect(simulated.service.status).toBe('INACTIVE');
  });
});

function withBalancer(simulated: SimulatedService) {
  const [deployment] = simulated.service.deployments;
  const spec = {
    ...deployment!.spec,
    loadBalancers: [{ targetGroupArn: 'group', containerName: 'app', containerPort: 80 }],
  };
  return { ...simulated.service, deployments: [{ ...deployment!, spec }] };
}

/** One pass, with the two promises of the deployment configuration held against it. */
function checkedStep(simulated: SimulatedService): void {
  const { service } = simulated;
  const bounds = rollingBounds(service.desiredCount, service.deploymentConfiguration);
  const healthyBefore = simulated.running.map((task) => task.id);
  const decision = simulated.step();
  if (decision.start !== undefined) {
    const totalMax =
      decision.service.deployments.length === 1 ? Math.max(bounds.totalMax, service.desiredCount) : bounds.totalMax;
    expect(simulated.wanted.length).toBeLessThanOrEqual(totalMax);
  }
  const stopped = new Set(decision.stop.map((stop) => stop.taskId));
  const healthyStopped = healthyBefore.filter((id) => stopped.has(id)).length;
  if (healthyStopped > 0) {
    const left = healthyBefore.length - healthyStopped;
    expect(left).toBeGreaterThanOrEqual(Math.min(bounds.healthyMin, service.desiredCount));
  }
}
