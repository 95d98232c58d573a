/** A resource as it was read. `version` grows by each change of any resource and never repeats. */
export interface Versioned<Value> {
  readonly key: string;
  readonly value: Value;
  readonly version: number;
}

/** One write of a commit. `expect`: the version that was read, or `absent`, or `any` for last-writer-wins. */
export type Change =
  | { readonly kind: string; readonly key: string; readonly expect: number | 'absent' | 'any'; readonly put: unknown }
  | { readonly kind: string; readonly key: string; readonly expect: number | 'any'; readonly delete: true };

export interface ChangeEvent {
  readonly kind: string;
  readonly key: string;
  readonly version: number;
  readonly deleted: boolean;
}

export interface Lease {
  readonly name: string;
  readonly owner: string;
  readonly expiresAt: Date;
}

/** Somebody else changed it first: read again and decide again. */
export class StaleVersionError extends Error {
  readonly kind: string;
  readonly key: string;

  constructor(kind: string, key: string) {
    super(`${kind} ${key} has been changed by someone else`);
    this.kind = kind;
    this.key = key;
  }
}

/** Nothing was changed, because there is no room for it; reading goes on. */
export class StateDiskFullError extends Error {
  constructor(cause: unknown) {
    super('The state store cannot keep the change: no space left on its disk.', { cause });
  }
}

/**
 * Versioned resources: small, few, precious. Keys are paths such as `000000000000/us-east-1/shop`; values are JSON.
 * Nothing is written here per request, log line or datapoint. Two processes may share one store.
 */
export interface StateStore {
  get<Value>(kind: string, key: string): Promise<Versioned<Value> | undefined>;
  /** All of a kind whose key starts with `keyPrefix`, in key order. */
  list<Value>(kind: string, keyPrefix?: string): Promise<Versioned<Value>[]>;
  /** All or nothing, and durable when it resolves. Throws StaleVersionError. Resolves with the new version of each change, in order. */
  commit(changes: readonly Change[]): Promise<number[]>;
  /**
   * Calls `onChange` for each change of `kind` after `fromVersion` (0: from now on), at least once and in version order;
   * changes made by other processes arrive within a second. Returns the way to stop it.
   */
  watch(kind: string, fromVersion: number, onChange: (event: ChangeEvent) => void): () => void;
  /** Takes or extends a lease; undefined while somebody else holds it. */
  acquireLease(name: string, owner: string, ttlMs: number): Promise<Lease | undefined>;
  releaseLease(name: string, owner: string): Promise<void>;
  close(): Promise<void>;
}
