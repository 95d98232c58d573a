import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
// @ts-expect-error dynalite has no types
import dynalite from 'dynalite';
import { repairFolder } from './repair-folder.ts';

/** What the child tells its parent, once. */
export type ChildMessage = { kind: 'listening' } | { kind: 'failed'; reason: string };

const CLOSE_TIMEOUT_MS = 2_000;

/** Entry of the child process: `child FOLDER SOCKET`. Lives as long as its parent does. */
async function main(folder: string, socketPath: string): Promise<void> {
  // Ctrl-C reaches the whole process group; the parent decides when the tables close.
  process.on('SIGINT', () => undefined);
  // Heard from the first moment on: a parent that is killed while we start would leave us behind with the folder's lock.
  const end = () => (server ? close(server) : process.exit(0));
  let server: Server | undefined;
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  if (!process.connected) end();
  await repairFolder(folder);
  // Status changes of tables take no time here: a waiter that finds CREATING sleeps 20 s.
  server = dynalite({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }) as Server;
  // Connections are our parent's own and stay open; closing idle ones would race with its next request.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await rm(socketPath, { force: true });
  server.listen(socketPath, () => tell({ kind: 'listening' }));
}

function close(server: Server): void {
  setTimeout(() => process.exit(0), CLOSE_TIMEOUT_MS).unref();
  server.close(() => process.exit(0));
  server.closeAllConnections();
}

function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}

function fail(error: Error & { cause?: { code?: string; message?: string } }): void {
  console.error(error);
  tell({ kind: 'failed', reason: `${error.cause?.code ?? ''} ${error.cause?.message ?? error.message}` });
  process.exit(1);
}

process.on('uncaughtException', fail);
const [folder, socketPath] = process.argv.slice(2);
if (folder === undefined || socketPath === undefined) throw new Error('usage: child FOLDER SOCKET');
main(folder, socketPath).catch(fail);
