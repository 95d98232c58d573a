import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Clock } from '../../../platform/clock.ts';
import { newHexId } from '../../../platform/ids.ts';
import type { Logger } from '../../../platform/logger.ts';
import { TelemetryEngineStartError } from '../store.ts';
import type { ChildMessage, ChildOptions, ParentMessage } from './child-protocol.ts';
import type { EngineLimits } from './engine-config.ts';

export interface EngineOptions {
  readonly dataDirectory: string;
  readonly database: string;
  readonly limits: EngineLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long to wait for a predecessor's child to let go of the directory. */
  readonly lockWaitMs?: number;
}

/** The child process with the embedded engine: started, watched, and started again whenever it dies. */
export interface SupervisedEngine {
  readonly socketPath: string;
  readonly secret: string;
  /** Resolves when the engine serves for the first time; throws TelemetryEngineStartError when it cannot. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves while the engine serves; otherwise as soon as it serves again. */
  serving(): Promise<void>;
  /** Process id, for status and for tests that kill it. */
  readonly processId: number | undefined;
}

const socketPathBytesMax = 107;
const querySessions = 4;
const insertSessions = 2;
const defaultLockWaitMs = 10_000;
const restartDelayMsMax = 5_000;

export function superviseEngine(options: EngineOptions): SupervisedEngine {
  const { clock, logger } = options;
  const secret = newHexId(32);
  const socket = chooseSocketPath(options.dataDirectory);
  const stopping = new AbortController();
  let child: ChildProcess | undefined;
  let serving = deferred();
  let failuresInRow = 0;
  // Loading the engine's library takes most of a start: it goes on while its parent is still getting ready itself.
  let prepared: ChildProcess | undefined = spawnChild();
  holdParent(prepared, false);

  const childOptions: ChildOptions = {
    dataDirectory: options.dataDirectory,
    socketPath: socket.path,
    secret,
    database: options.database,
    limits: options.limits,
    querySessions,
    insertSessions,
    lockWaitMs: options.lockWaitMs ?? defaultLockWaitMs,
  };

  /** One life of the child: resolves when it serves, rejects when it ends before that. */
  function launch(): Promise<void> {
    const started = takePrepared() ?? spawnChild();
    child = started;
    return new Promise((resolve, reject) => {
      let isServing = false;
      let failure = new TelemetryEngineStartError('unusable', 'The telemetry engine ended before it served.');
      const onMessage = (message: ChildMessage) => {
        if (message.kind === 'failed') {
          failure = new TelemetryEngineStartError(message.reason, describeFailure(message, options.dataDirectory));
          return;
        }
        isServing = true;
        serving.resolve();
        resolve();
      };
      const ended = (how: string) => {
        if (child !== started) return;
        child = undefined;
        if (!isServing) return reject(failure);
        serving = deferred();
        if (!stopping.signal.aborted) relaunch(how);
      };
      started.on('message', onMessage);
      started.on('exit', (code, signal) => ended(signal ?? `code ${code}`));
      // A process that could not be made (no more are allowed) never exits.
      started.on('error', (error) => {
        failure = new TelemetryEngineStartError('unusable', `The telemetry engine cannot be started: ${error.message}`);
        if (started.pid === undefined) ended(error.message);
      });
      if (started.pid === undefined) return;
      const message: ParentMessage = { kind: 'start', options: childOptions };
      started.send(message, () => {});
    });
  }

  /** The process that has been loading since this was made; undefined when it has been used or did not live. */
  function takePrepared(): ChildProcess | undefined {
    const taken = prepared;
    prepared = undefined;
    if (!taken || taken.exitCode !== null || taken.signalCode !== null || !taken.connected) return undefined;
    holdParent(taken, true);
    return taken;
  }

  function spawnChild(): ChildProcess {
    const started = spawn(process.execPath, childArguments(), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // libuv reads the size once, before any code of the child runs; each running statement holds one thread.
      env: { ...process.env, UV_THREADPOOL_SIZE: String(querySessions + insertSessions + 8) },
    });
    started.on('error', (error) => logger.error({ error: error.message }, 'telemetry engine process'));
    started.stderr?.setEncoding('utf8').on('data', (text: string) => {
      logger.warn({ text: text.slice(0, 2000) }, 'telemetry engine');
    });
    return started;
  }

  async function relaunch(how: string): Promise<void> {
    logger.warn({ how }, 'the telemetry engine ended; starting it again');
    while (!stopping.signal.aborted) {
      try {
        if (failuresInRow > 0) {
          await clock.sleep(Math.min(100 * 2 ** failuresInRow, restartDelayMsMax), stopping.signal);
        }
        await launch();
        failuresInRow = 0;
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        failuresInRow += 1;
        logger.error({ error: String(error) }, 'the telemetry engine does not start');
      }
    }
  }

  return {
    socketPath: socket.path,
    secret,
    start: () => launch(),
    serving: () => serving.promise,
    get processId() {
      return child?.pid;
    },
    async stop() {
      stopping.abort(new Error('the telemetry store has stopped'));
      const running = child ?? takePrepared();
      if (running && running.exitCode === null && running.signalCode === null) {
        const exited = new Promise((resolve) => running.once('exit', resolve));
        const message: ParentMessage = { kind: 'stop' };
        running.send(message, () => {});
        const killer = setTimeout(() => running.kill('SIGKILL'), 4000);
        await exited;
        clearTimeout(killer);
      }
      serving.reject(new Error('the telemetry store has stopped'));
      socket.remove();
    },
  };
}

/** Whether a child keeps its parent from ending. */
function holdParent(child: ChildProcess, holds: boolean): void {
  const method = holds ? 'ref' : 'unref';
  child[method]();
  child.channel?.[method]();
  (child.stderr as Socket | null)?.[method]();
}

/** The child's entry beside this file: JavaScript when built, TypeScript through tsx in development and tests. */
function childArguments(): string[] {
  const extension = path.extname(fileURLToPath(import.meta.url));
  const entry = fileURLToPath(new URL(`./child${extension}`, import.meta.url));
  if (extension !== '.ts') return [entry];
  const tsx = createRequire(import.meta.url).resolve('tsx');
  return ['--import', pathToFileURL(tsx).href, entry];
}

/** A unix socket in the data directory, or, where that name is too long for one, in a private temporary directory. */
function chooseSocketPath(dataDirectory: string): { path: string; remove: () => void } {
  const inDirectory = path.join(path.resolve(dataDirectory), 'engine.sock');
  if (Buffer.byteLength(inDirectory) <= socketPathBytesMax) {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    return { path: inDirectory, remove: () => rmSync(inDirectory, { force: true }) };
  }
  // mkdtemp makes it for this user alone (mode 0700).
  const directory = mkdtempSync(path.join(os.tmpdir(), 'hatoba-'));
  const socketPath = path.join(directory, 'engine.sock');
  return { path: socketPath, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

function describeFailure(message: { reason: 'in-use' | 'unusable'; message: string }, dataDirectory: string): string {
  if (message.reason === 'in-use') return `The telemetry data in ${dataDirectory} are in use by another process.`;
  return `The telemetry data in ${dataDirectory} cannot be opened: ${message.message.slice(0, 500)}`;
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

function deferred(): Deferred {
  let resolve = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
