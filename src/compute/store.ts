import {
  type Change,
  type ChangeEvent,
  StaleVersionError,
  type StateStore,
  type Versioned,
} from '../stores/state/store.ts';
import {
  type AccountSettingRecord,
  type ClientTokenRecord,
  type ClusterRecord,
  type ContainerInstanceRecord,
  type FamilyRecord,
  type ServiceDeploymentRecord,
  type ServiceRecord,
  type ServiceRevisionRecord,
  serviceKeyOfTask,
  type TaskDefinitionRecord,
  type TaskRecord,
} from './model.ts';

type Listener<Value> = (key: string, after: Value | undefined, before: Value | undefined) => void;

/** A write of `ComputeStore.commit`. `expect` left out: the version that the mirror has. */
export interface Write<Value = unknown> {
  readonly mirror: Mirror<Value>;
  readonly key: string;
  readonly expect?: number | 'absent' | 'any';
  readonly put?: Value;
}

const ATTEMPTS_MAX = 20;

/**
 * All records of one kind in memory, kept up to date by the store's change feed. Reading costs nothing, so that a
 * scheduler pass over a thousand tasks does not read a thousand rows; writing is compare-and-set against the store.
 */
export class Mirror<Value> {
  readonly kind: string;
  private readonly state: StateStore;
  private readonly records = new Map<string, Versioned<Value>>();
  private readonly listeners: Listener<Value>[] = [];
  private stopWatching: () => void = () => {};
  private stopped = false;

  constructor(state: StateStore, kind: string) {
    this.state = state;
    this.kind = kind;
  }

  async start(): Promise<void> {
    // Watch first, then read: a change in between is seen twice rather than never.
    this.stopWatching = this.state.watch(this.kind, 0, (event) => {
      // The feed tells us of our own writes before `commit` has returned; a turn later they are known.
      setImmediate(() => this.hear(event));
    });
    for (const record of await this.state.list<Value>(this.kind)) this.learn(record);
  }

  stop(): void {
    this.stopped = true;
    this.stopWatching();
  }

  private hear(event: ChangeEvent): void {
    const known = this.records.get(event.key);
    if (this.stopped || (known !== undefined && known.version >= event.version)) return;
    if (event.deleted) this.forget(event.key);
    else void this.refresh(event.key);
  }

  get(key: string): Value | undefined {
    return this.records.get(key)?.value;
  }

  version(key: string): number | undefined {
    return this.records.get(key)?.version;
  }

  /** In no particular order. */
  list(keyPrefix = ''): Value[] {
    const found: Value[] = [];
    for (const record of this.records.values()) if (record.key.startsWith(keyPrefix)) found.push(record.value);
    return found;
  }

  entries(): IterableIterator<[string, Versioned<Value>]> {
    return this.records.entries();
  }

  /** Calls back after each change that this process made or heard of. */
  onChange(listener: Listener<Value>): void {
    this.listeners.push(listener);
  }

  learn(record: Versioned<Value>): void {
    const known = this.records.get(record.key);
    if (known !== undefined && known.version >= record.version) return;
    this.records.set(record.key, record);
    for (const listener of this.listeners) listener(record.key, record.value, known?.value);
  }

  forget(key: string): void {
    const known = this.records.get(key);
    if (known === undefined) return;
    this.records.delete(key);
    for (const listener of this.listeners) listener(key, undefined, known.value);
  }

  async refresh(key: string): Promise<void> {
    const record = await this.state.get<Value>(this.kind, key);
    if (record === undefined) this.forget(key);
    else this.learn(record);
  }
}

/** The compute plane's records. */
export class ComputeStore {
  readonly clusters: Mirror<ClusterRecord>;
  readonly families: Mirror<FamilyRecord>;
  readonly definitions: Mirror<TaskDefinitionRecord>;
  readonly services: Mirror<ServiceRecord>;
  readonly revisions: Mirror<ServiceRevisionRecord>;
  readonly serviceDeployments: Mirror<ServiceDeploymentRecord>;
  readonly tasks: Mirror<TaskRecord>;
  readonly instances: Mirror<ContainerInstanceRecord>;
  readonly accountSettings: Mirror<AccountSettingRecord>;
  readonly clientTokens: Mirror<ClientTokenRecord>;
  private readonly state: StateStore;
  private readonly mirrors: readonly Mirror<any>[];
  private readonly taskKeysByService = new Map<string, Set<string>>();

  constructor(state: StateStore) {
    this.state = state;
    this.clusters = new Mirror(state, 'ecs-cluster');
    this.families = new Mirror(state, 'ecs-task-definition-family');
    this.definitions = new Mirror(state, 'ecs-task-definition');
    this.services = new Mirror(state, 'ecs-service');
    this.revisions = new Mirror(state, 'ecs-service-revision');
    this.serviceDeployments = new Mirror(state, 'ecs-service-deployment');
    this.tasks = new Mirror(state, 'ecs-task');
    this.instances = new Mirror(state, 'ecs-container-instance');
    this.accountSettings = new Mirror(state, 'ecs-account-setting');
    this.clientTokens = new Mirror(state, 'ecs-client-token');
    this.mirrors = [
      this.clusters,
      this.families,
      this.definitions,
      this.services,
      this.revisions,
      this.serviceDeployments,
      this.tasks,
      this.instances,
      this.accountSettings,
      this.clientTokens,
    ];
    this.tasks.onChange((key, after, before) => this.indexTask(key, after, before));
  }

  async start(): Promise<void> {
    for (const mirror of this.mirrors) await mirror.start();
  }

  stop(): void {
    for (const mirror of this.mirrors) mirror.stop();
  }

  /** Tasks of a service, stopped ones that are still remembered included. */
  tasksOfService(key: string): TaskRecord[] {
    const tasks: TaskRecord[] = [];
    for (const taskKey of this.taskKeysByService.get(key) ?? []) {
      const task = this.tasks.get(taskKey);
      if (task !== undefined) tasks.push(task);
    }
    return tasks;
  }

  /** All or nothing. Throws StaleVersionError after it has refreshed what was stale. */
  async commit(writes: readonly Write<any>[]): Promise<void> {
    const changes = writes.map((write): Change => {
      const known = write.expect ?? write.mirror.version(write.key) ?? 'absent';
      if (write.put !== undefined) return { kind: write.mirror.kind, key: write.key, expect: known, put: write.put };
      return { kind: write.mirror.kind, key: write.key, expect: known === 'absent' ? 'any' : known, delete: true };
    });
    try {
      const versions = await this.state.commit(changes);
      writes.forEach((write, index) => {
        if (write.put === undefined) write.mirror.forget(write.key);
        else write.mirror.learn({ key: write.key, value: write.put, version: versions[index]! });
      });
    } catch (error) {
      if (error instanceof StaleVersionError) {
        await Promise.all(writes.map((write) => write.mirror.refresh(write.key)));
      }
      throw error;
    }
  }

  /** Reads, decides and writes until nobody was faster. `decide` may throw to give up. */
  async transact<Result>(decide: () => { writes: readonly Write<any>[]; result: Result }): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      const { writes, result } = decide();
      try {
        if (writes.length > 0) await this.commit(writes);
        return result;
      } catch (error) {
        if (!(error instanceof StaleVersionError) || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }

  /** Changes one record; undefined from `change` leaves it as it is. Resolves with what is stored then. */
  update<Value>(
    mirror: Mirror<Value>,
    key: string,
    change: (current: Value) => Value | undefined,
  ): Promise<Value | undefined> {
    return this.transact(() => {
      const current = mirror.get(key);
      if (current === undefined) return { writes: [], result: undefined };
      const next = change(current);
      return next === undefined
        ? { writes: [], result: current }
        : { writes: [{ mirror, key, put: next }], result: next };
    });
  }

  private indexTask(key: string, after: TaskRecord | undefined, before: TaskRecord | undefined): void {
    const task = after ?? before;
    const service = task === undefined ? undefined : serviceKeyOfTask(task);
    if (service === undefined) return;
    const keys = this.taskKeysByService.get(service) ?? new Set();
    if (after === undefined) keys.delete(key);
    else keys.add(key);
    if (keys.size === 0) this.taskKeysByService.delete(service);
    else this.taskKeysByService.set(service, keys);
  }
}
