import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Session } from 'chdb';
import { systemClock } from '../../../platform/clock.ts';
import type { ChildMessage, ChildOptions, ParentMessage } from './child-protocol.ts';
import { defaultQuerySettings, engineConfig } from './engine-config.ts';
import { createFacade } from './facade.ts';
import { InsertFiles } from './insert-files.ts';
import { repairDeduplication } from './repair-deduplication.ts';
import { quoteIdentifier } from './rewrite-statement.ts';
import { type EngineSession, SessionPool } from './session-pool.ts';

/**
 * The process that alone owns the embedded engine. It ends when its parent tells it to or is gone; a terminal's
 * Ctrl-C, which reaches the whole group, is the parent's to answer.
 */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// Whoever comes after the parent waits for the directory, and closing the engine waits for what runs and merges. What is
// acknowledged is on disk.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (message: ParentMessage) => {
  if (message.kind === 'stop') end();
  else serve(message.options).catch((error: unknown) => fail(error));
});

// The parent may have gone while this file was being loaded; that event is over.
if (!process.connected) process.exit(0);

class DirectoryInUseError extends Error {}

const closers: (() => void)[] = [];

async function serve(options: ChildOptions): Promise<void> {
  mkdirSync(options.dataDirectory, { recursive: true, mode: 0o700 });
  const configFile = path.join(options.dataDirectory, 'engine.xml');
  writeFileSync(configFile, engineConfig(options.limits));
  const open = () =>
    wrapSession(new Session(options.dataDirectory, { connectionArgs: [`--config-file=${configFile}`] }));
  const first = await openFirst(open, options);
  const useDatabase = `USE ${quoteIdentifier(options.database)}`;
  await first.query(`CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(options.database)}`, 'Null');
  await repairDeduplication(first, options.database);
  const openSession = async () => {
    const session = open();
    await session.query(useDatabase, 'Null');
    return session;
  };
  const pools = {
    queries: new SessionPool(openSession, options.querySessions, 512),
    inserts: new SessionPool(openSession, options.insertSessions, 512),
    control: new SessionPool(openSession, 1, 512),
  };
  const server = createFacade({
    ...pools,
    secret: options.secret,
    database: options.database,
    querySettings: defaultQuerySettings(options.limits),
    insertFiles: new InsertFiles(options.dataDirectory),
  });
  server.keepAliveTimeout = 0;
  closers.push(() => server.closeAllConnections(), ...Object.values(pools).map((pool) => () => pool.close()));
  closers.push(() => first.close());
  // Only who holds the engine's lock may take the socket's name over.
  rmSync(options.socketPath, { force: true });
  server.listen(options.socketPath, () => {
    chmodSync(options.socketPath, 0o600);
    tell({ kind: 'serving' });
  });
  server.on('error', fail);
}

/** Opens the engine, waiting for a process that still holds the directory (a child whose parent was just killed). */
async function openFirst(open: () => EngineSession, options: ChildOptions): Promise<EngineSession> {
  const deadlineMs = systemClock.monotonicMs() + options.lockWaitMs;
  for (;;) {
    try {
      return open();
    } catch (error) {
      if (!isLocked(options.dataDirectory)) throw error;
      if (systemClock.monotonicMs() > deadlineMs) throw new DirectoryInUseError(options.dataDirectory);
      await systemClock.sleep(100);
    }
  }
}

/** The engine names no reason when it cannot lock its directory, but leaves the owner's process id in its lock file. */
function isLocked(dataDirectory: string): boolean {
  try {
    const owner = Number(/PID: (\d+)/.exec(readFileSync(path.join(dataDirectory, 'status'), 'utf8'))?.[1]);
    return owner > 0 && owner !== process.pid && process.kill(owner, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function wrapSession(session: Session): EngineSession {
  return {
    async query(sql, format) {
      const result = await session.queryAsync(sql, { format });
      return { bytes: result.bytes(), rowsRead: result.rowsRead, bytesRead: result.bytesRead };
    },
    async insert({ table, columns, format, body, settings }) {
      const list = columns.length > 0 ? { columns: [...columns] } : {};
      const written = await session.insert({ table, ...list, values: body, format, settings } as never);
      return {
        rowsWritten: written.rowsWritten,
        bytesWritten: (written as { bytesWritten?: number }).bytesWritten ?? 0,
      };
    },
    close: () => session.close(),
  };
}

function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  tell({ kind: 'failed', reason: error instanceof DirectoryInUseError ? 'in-use' : 'unusable', message });
  end();
}

function end(): void {
  // A query that does not end must not keep the directory locked; what is acknowledged is already on disk.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 2000).unref();
  for (const close of closers.splice(0)) close();
  process.exit(0);
}
