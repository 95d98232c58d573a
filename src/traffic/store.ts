import type { Change, StateStore, Versioned } from '../stores/state/store.ts';
import { StaleVersionError } from '../stores/state/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import { type Kind, kinds, type Resources } from './model.ts';

const attemptsMax = 5;

export const scopeKey = (scope: AccountRegion): string => `${scope.account}/${scope.region}/`;

/** Put or delete of one of our resources, typed by its kind. */
export const put = <K extends Kind>(
  kind: K,
  key: string,
  value: Resources[K],
  expect: number | 'absent' | 'any',
): Change => ({ kind, key, expect, put: value });

export const remove = (kind: Kind, resource: Versioned<unknown>): Change => ({
  kind,
  key: resource.key,
  expect: resource.version,
  delete: true,
});

/**
 * The plane's resources, mirrored in memory: the proxy, DNS and the handlers read here without waiting; writes go to the
 * state store and are seen here when they resolve. Another process's writes arrive by `watch`.
 */
export class TrafficStore {
  private readonly state: StateStore;
  private readonly mirror = new Map<Kind, Map<string, Versioned<unknown>>>(kinds.map((kind) => [kind, new Map()]));
  private reads: Promise<void> = Promise.resolve();
  private readonly listeners = new Set<(kind: Kind, key: string) => void>();
  private readonly unwatch: (() => void)[] = [];

  constructor(state: StateStore) {
    this.state = state;
  }

  async start(): Promise<void> {
    for (const kind of kinds) {
      this.unwatch.push(this.state.watch(kind, 0, (event) => this.refresh(kind, event.key).catch(() => {})));
      for (const resource of await this.state.list<unknown>(kind)) this.apply(kind, resource.key, resource);
    }
  }

  stop(): void {
    for (const stop of this.unwatch.splice(0)) stop();
  }

  get<K extends Kind>(kind: K, key: string): Versioned<Resources[K]> | undefined {
    return this.mirror.get(kind)!.get(key) as Versioned<Resources[K]> | undefined;
  }

  /** In key order. */
  list<K extends Kind>(kind: K, keyPrefix = ''): Versioned<Resources[K]>[] {
    const found: Versioned<unknown>[] = [];
    for (const [key, resource] of this.mirror.get(kind)!) if (key.startsWith(keyPrefix)) found.push(resource);
    return found.sort((a, b) => (a.key < b.key ? -1 : 1)) as Versioned<Resources[K]>[];
  }

  onChange(listener: (kind: Kind, key: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Commits what `decide` wants; when somebody else was faster, reads anew and asks again. `decide` touches nothing. */
  async update<Result>(decide: () => { changes: readonly Change[]; result: Result }): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      const { changes, result } = decide();
      if (changes.length === 0) return result;
      try {
        await this.state.commit(changes);
      } catch (error) {
        if (!(error instanceof StaleVersionError) || attempt === attemptsMax) throw error;
        await Promise.all(changes.map((change) => this.refresh(change.kind as Kind, change.key)));
        continue;
      }
      await Promise.all(changes.map((change) => this.refresh(change.kind as Kind, change.key)));
      return result;
    }
  }

  /** One read after the other, so that an older answer never overwrites a newer one. */
  private refresh(kind: Kind, key: string): Promise<void> {
    this.reads = this.reads
      .catch(() => {})
      .then(async () => this.apply(kind, key, await this.state.get<unknown>(kind, key)));
    return this.reads;
  }

  private apply(kind: Kind, key: string, resource: Versioned<unknown> | undefined): void {
    const resources = this.mirror.get(kind)!;
    if (resources.get(key)?.version === resource?.version) return;
    if (resource) resources.set(key, resource);
    else resources.delete(key);
    for (const listener of this.listeners) listener(kind, key);
  }
}
