import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { Repeat } from '../../platform/repeat.ts';
import type { TaskRecord } from '../model.ts';
import type { ComputeStore, Mirror, Write } from '../store.ts';

const intervalMs = 60_000;
const rememberMs = 3600_000;
const tokenRememberMs = 24 * 3600_000;
/** However fast tasks come and go, so many stopped ones are remembered and no more. */
const stoppedTasksMax = 2000;
const batchSize = 200;

/**
 * Forgets what has ended: stopped tasks and deleted services after an hour, used client tokens after a day, deleted task
 * definitions when nothing names them any more.
 */
export class Housekeeping {
  private readonly deps: { store: ComputeStore; clock: Clock; logger: Logger };
  private readonly repeat: Repeat;

  constructor(deps: Housekeeping['deps']) {
    this.deps = deps;
    this.repeat = new Repeat(() => this.tidy(), {
      clock: deps.clock,
      pauseMs: intervalMs,
      onError: (error) => deps.logger.warn({ err: error }, 'old records could not be forgotten'),
    });
  }

  start(): void {
    this.repeat.start();
  }

  stop(): Promise<void> {
    return this.repeat.stop();
  }

  async tidy(): Promise<void> {
    const { store, clock } = this.deps;
    const nowMs = clock.now().getTime();
    const forget: Write<any>[] = [];
    const old = <Value>(mirror: Mirror<Value>, isOld: (value: Value) => boolean) => {
      for (const [key, { value, version }] of mirror.entries()) {
        if (isOld(value)) forget.push({ mirror, key, expect: version });
      }
    };
    const keepFromMs = Math.max(nowMs - rememberMs, oldestToKeep(store.tasks.list()));
    old(store.tasks, (task) => task.lastStatus === 'STOPPED' && (task.stoppedAtMs ?? 0) < keepFromMs);
    old(store.services, (service) => service.status === 'INACTIVE' && (service.inactiveAtMs ?? 0) < nowMs - rememberMs);
    old(store.clusters, (cluster) => cluster.status === 'INACTIVE' && (cluster.inactiveAtMs ?? 0) < nowMs - rememberMs);
    old(store.clientTokens, (token) => token.createdAtMs < nowMs - tokenRememberMs);
    const gone = (key: string) => store.services.get(key.slice(0, key.lastIndexOf('/'))) === undefined;
    for (const mirror of [store.serviceDeployments, store.revisions]) {
      for (const [key, { version }] of mirror.entries()) {
        if (gone(key)) forget.push({ mirror: mirror as Mirror<any>, key, expect: version });
      }
    }
    const used = definitionsInUse(store);
    old(store.definitions, (definition) => definition.status === 'DELETE_IN_PROGRESS' && !used.has(definition.arn));
    for (let start = 0; start < forget.length; start += batchSize) {
      await store.commit(forget.slice(start, start + batchSize));
    }
  }
}

/** ARNs of the definitions that a remembered task or a service names. */
export function definitionsInUse(store: ComputeStore): Set<string> {
  return new Set([
    ...store.tasks.list().map((task) => task.taskDefinitionArn),
    ...store.services.list().flatMap((service) => service.deployments.map((one) => one.spec.taskDefinitionArn)),
  ]);
}

/** The end of the task that is the last to be kept when there are too many. */
function oldestToKeep(tasks: readonly TaskRecord[]): number {
  const ends = tasks.filter((task) => task.lastStatus === 'STOPPED').map((task) => task.stoppedAtMs ?? 0);
  if (ends.length <= stoppedTasksMax) return 0;
  return ends.sort((a, b) => b - a)[stoppedTasksMax - 1]!;
}
