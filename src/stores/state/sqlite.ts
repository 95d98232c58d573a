import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import Database from 'libsql';
import type { Change, ChangeEvent, Lease, StateStore, Versioned } from './store.ts';
import { StaleVersionError, StateDiskFullError } from './store.ts';

interface Tables {
  resource: { kind: string; key: string; version: number; value: string };
  change: { version: number; kind: string; key: string; deleted: number };
  lease: { name: string; owner: string; expires_at_ms: number };
}

interface Watcher {
  kind: string;
  seenVersion: number;
  onChange: (event: ChangeEvent) => void;
}

const schema = `
CREATE TABLE IF NOT EXISTS resource (
  kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS change (
  version INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, deleted INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS lease (name TEXT PRIMARY KEY, owner TEXT NOT NULL, expires_at_ms INTEGER NOT NULL);
`;

/** Changes kept for watchers that come late; a watcher further behind lists anew. */
const changesKept = 100_000;
const otherProcessPollMs = 500;

/** The state store on one SQLite file below `directory`, or in memory for `:memory:`. Throws when the file is no database or not writable. */
export function openSqliteStateStore(directory: string, now: () => Date): StateStore {
  if (directory !== ':memory:') mkdirSync(directory, { recursive: true });
  const database = new Database(directory === ':memory:' ? ':memory:' : join(directory, 'state.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
  database.exec(schema);
  return new SqliteStateStore(database, now);
}

class SqliteStateStore implements StateStore {
  private readonly database: Database.Database;
  private readonly queries: Kysely<Tables>;
  private readonly now: () => Date;
  private readonly watchers = new Set<Watcher>();
  private readonly pollTimer: NodeJS.Timeout;
  private newestVersion: number;

  constructor(database: Database.Database, now: () => Date) {
    this.database = database;
    this.now = now;
    this.queries = new Kysely<Tables>({ dialect: new SqliteDialect({ database: database as never }) });
    this.newestVersion = this.readNewestVersion();
    this.pollTimer = setInterval(() => this.notifyIfReadable(), otherProcessPollMs);
    this.pollTimer.unref();
  }

  async get<Value>(kind: string, key: string): Promise<Versioned<Value> | undefined> {
    const row = await this.queries
      .selectFrom('resource')
      .select(['key', 'version', 'value'])
      .where('kind', '=', kind)
      .where('key', '=', key)
      .executeTakeFirst();
    return row && toVersioned<Value>(row);
  }

  async list<Value>(kind: string, keyPrefix = ''): Promise<Versioned<Value>[]> {
    const rows = await this.queries
      .selectFrom('resource')
      .select(['key', 'version', 'value'])
      .where('kind', '=', kind)
      .where('key', '>=', keyPrefix)
      .where('key', '<', `${keyPrefix}\u{10FFFF}`)
      .orderBy('key')
      .execute();
    return rows.map(toVersioned<Value>);
  }

  async commit(changes: readonly Change[]): Promise<number[]> {
    // One synchronous batch: a transaction that awaits in the middle would hang on this driver's single connection.
    const versions = this.inTransaction(() => {
      const applied = changes.map((change) => this.applyChange(change));
      this.trimChanges();
      return applied;
    });
    this.notifyWatchers();
    return versions;
  }

  watch(kind: string, fromVersion: number, onChange: (event: ChangeEvent) => void): () => void {
    const watcher: Watcher = {
      kind,
      seenVersion: fromVersion === 0 ? this.readNewestVersion() : fromVersion,
      onChange,
    };
    this.watchers.add(watcher);
    if (fromVersion !== 0) queueMicrotask(() => this.notifyWatcher(watcher));
    return () => this.watchers.delete(watcher);
  }

  async acquireLease(name: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    const nowMs = this.now().getTime();
    const expiresAtMs = nowMs + ttlMs;
    const result = this.database
      .prepare(
        `INSERT INTO lease (name, owner, expires_at_ms) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at_ms = excluded.expires_at_ms
         WHERE lease.owner = excluded.owner OR lease.expires_at_ms <= ?`,
      )
      .run(name, owner, expiresAtMs, nowMs);
    return result.changes === 1 ? { name, owner, expiresAt: new Date(expiresAtMs) } : undefined;
  }

  async releaseLease(name: string, owner: string): Promise<void> {
    this.database.prepare('DELETE FROM lease WHERE name = ? AND owner = ?').run(name, owner);
  }

  async close(): Promise<void> {
    clearInterval(this.pollTimer);
    this.watchers.clear();
    await this.queries.destroy();
  }

  /** The driver's own `transaction` hides why it failed when SQLite has rolled back by itself, as it does on a full disk. */
  private inTransaction<Result>(work: () => Result): Result {
    try {
      this.database.exec('BEGIN IMMEDIATE');
      const result = work();
      this.database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      throw (error as { code?: string }).code === 'SQLITE_FULL' ? new StateDiskFullError(error) : error;
    }
  }

  private applyChange(change: Change): number {
    const current = this.database
      .prepare('SELECT version FROM resource WHERE kind = ? AND key = ?')
      .get(change.kind, change.key) as { version: number } | undefined;
    if (change.expect === 'absent' ? current : change.expect !== 'any' && current?.version !== change.expect) {
      throw new StaleVersionError(change.kind, change.key);
    }
    const deleted = 'delete' in change;
    const version = Number(
      this.database
        .prepare('INSERT INTO change (kind, key, deleted) VALUES (?, ?, ?)')
        .run(change.kind, change.key, deleted ? 1 : 0).lastInsertRowid,
    );
    if (deleted) {
      this.database.prepare('DELETE FROM resource WHERE kind = ? AND key = ?').run(change.kind, change.key);
    } else {
      this.database
        .prepare(
          `INSERT INTO resource (kind, key, version, value) VALUES (?, ?, ?, ?)
           ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, value = excluded.value`,
        )
        .run(change.kind, change.key, version, JSON.stringify(change.put));
    }
    return version;
  }

  private readNewestVersion(): number {
    const row = this.database.prepare('SELECT coalesce(max(version), 0) AS version FROM change').get();
    return (row as { version: number }).version;
  }

  private trimChanges(): void {
    const newest = this.readNewestVersion();
    if (Math.floor(newest / 1000) === Math.floor(this.newestVersion / 1000)) return;
    this.database.prepare('DELETE FROM change WHERE version <= ?').run(newest - changesKept);
  }

  /** From the timer, where nobody would catch it: what cannot be read now is read in half a second. */
  private notifyIfReadable(): void {
    try {
      this.notifyWatchers();
    } catch {
      // Commits fail as well, and say why to those who make them.
    }
  }

  private notifyWatchers(): void {
    if (this.watchers.size === 0) return;
    const newest = this.readNewestVersion();
    this.newestVersion = newest;
    for (const watcher of this.watchers) if (watcher.seenVersion < newest) this.notifyWatcher(watcher);
  }

  private notifyWatcher(watcher: Watcher): void {
    const rows = this.database
      .prepare('SELECT version, kind, key, deleted FROM change WHERE version > ? ORDER BY version')
      .all(watcher.seenVersion) as Tables['change'][];
    for (const row of rows) {
      watcher.seenVersion = row.version;
      if (row.kind !== watcher.kind || !this.watchers.has(watcher)) continue;
      watcher.onChange({ kind: row.kind, key: row.key, version: row.version, deleted: row.deleted === 1 });
    }
  }
}

function toVersioned<Value>(row: { key: string; version: number; value: string }): Versioned<Value> {
  return { key: row.key, version: row.version, value: JSON.parse(row.value) as Value };
}
