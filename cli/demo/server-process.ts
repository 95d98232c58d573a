import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CommandError } from '../command-error.ts';

export interface ServerProcess {
  readonly child: ChildProcess;
  /** The lines that the server printed when it was ready. */
  readonly readyLines: readonly string[];
  /** SIGTERM, then wait: the server stops its tasks and flushes. */
  stop(): Promise<void>;
  /** Resolves with the exit code when the server ends, for whatever reason. */
  readonly ended: Promise<number | null>;
}

const binary = fileURLToPath(new URL('../../../bin/hatoba.js', import.meta.url));

/** Starts `hatoba start` as a process of its own and waits until it is ready. */
export async function startServer(args: readonly string[]): Promise<ServerProcess> {
  // A process group of its own: Ctrl-C reaches only us, and we stop the server in order.
  const child = spawn(process.execPath, [binary, 'start', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const lines: string[] = [];
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('hatoba ready')) resolve();
    });
  });
  const code = await Promise.race([ready.then(() => 'ready' as const), ended]);
  if (code !== 'ready') throw new CommandError(`hatoba did not start (exit code ${code}); its message is above`);
  return {
    child,
    readyLines: lines,
    ended,
    async stop() {
      if (child.exitCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}
