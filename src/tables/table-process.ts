import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { awsError } from '../wire/aws/aws-error.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { RawResponse } from '../wire/aws/service-table.ts';
import type { ChildMessage } from './child.ts';
import type { TablesDependencies } from './index.ts';
import { ConnectionLostError, SocketClient } from './socket-client.ts';

interface RunningChild {
  readonly process: ChildProcess;
  readonly client: SocketClient;
}

// The child of a hatoba that was just killed gives the folder's lock back within this time.
const START_ATTEMPTS = 20;
const START_RETRY_MS = 250;
const STOP_TIMEOUT_MS = 3_000;
// Of sun_path; longer names are cut silently by some systems.
const SOCKET_PATH_BYTES_MAX = 100;
/** Doing these twice is doing them once, so they are sent again when the child dies over them. */
const READS = /^(Get|BatchGet|Query|Scan|Describe|List)/;

/** The child that holds one folder of tables: started by the first call, started again by the next one when it has died. */
export class TableProcess {
  private readonly scope: AccountRegion;
  private readonly folder: string;
  private readonly dependencies: TablesDependencies;
  private child: Promise<RunningChild> | undefined;
  private current: ChildProcess | undefined;
  private socketDirectory: string | undefined;
  private callsInFlight = 0;
  private readonly stopping = new AbortController();

  constructor(scope: AccountRegion, folder: string, dependencies: TablesDependencies) {
    this.scope = scope;
    this.folder = path.resolve(folder);
    this.dependencies = dependencies;
  }

  get isBusy(): boolean {
    return this.callsInFlight > 0;
  }

  get pid(): number | undefined {
    return this.current?.exitCode === null && this.current.signalCode === null ? this.current.pid : undefined;
  }

  /** Throws InternalServerError (500, which SDKs try again) when the child died over a write. */
  async send(operation: string, body: Buffer): Promise<RawResponse> {
    this.callsInFlight += 1;
    try {
      return await this.sendOnce(operation, body).catch((error: unknown) => {
        if (!(error instanceof ConnectionLostError)) throw error;
        if (!error.beforeSending && !READS.test(operation)) throw unknownOutcome();
        return this.sendOnce(operation, body);
      });
    } catch (error) {
      if (error instanceof ConnectionLostError) throw unknownOutcome();
      throw error;
    } finally {
      this.callsInFlight -= 1;
    }
  }

  private async sendOnce(operation: string, body: Buffer): Promise<RawResponse> {
    this.child ??= this.start();
    const starting = this.child;
    const { client } = await starting.catch((error) => {
      if (this.child === starting) this.child = undefined;
      throw error;
    });
    return client.send(operation, body, this.dependencies.clock.now());
  }

  private async start(): Promise<RunningChild> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const socketPath = await this.socketPath();
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.startOnce(socketPath);
      if (typeof outcome !== 'string') return outcome;
      if (this.stopping.signal.aborted || attempt >= START_ATTEMPTS || !outcome.includes('LOCK')) {
        throw new Error(`the tables in ${this.folder} could not be opened: ${outcome}`);
      }
      await this.dependencies.clock.sleep(START_RETRY_MS, this.stopping.signal).catch(() => undefined);
    }
  }

  /** The running child, or why it could not start. */
  private startOnce(socketPath: string): Promise<RunningChild | string> {
    const { entry, execArgv } = childEntry();
    const child = fork(entry, [this.folder, socketPath], {
      execArgv,
      // Only what dynalite reads: never hatoba's own environment.
      env: { AWS_ACCOUNT_ID: this.scope.account, AWS_REGION: this.scope.region, NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.current = child;
    let lastOutput = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      lastOutput = (lastOutput + chunk.toString('utf8')).slice(-2_000);
    });
    return new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('message', (message: ChildMessage) => {
        if (message.kind === 'failed') resolve(message.reason);
        else resolve({ process: child, client: new SocketClient(socketPath) });
      });
      child.on('exit', (code, signal) => {
        resolve(`the process ended with ${signal ?? code}: ${lastOutput}`);
        this.forget(child, code, signal, lastOutput);
      });
    });
  }

  private forget(child: ChildProcess, code: number | null, signal: string | null, lastOutput: string): void {
    if (this.current !== child) return;
    this.child = undefined;
    if (this.stopping.signal.aborted) return;
    this.dependencies.logger.warn({ code, signal, lastOutput, folder: this.folder }, 'the table process ended');
  }

  private async socketPath(): Promise<string> {
    const inFolder = path.join(this.folder, 'dynalite.sock');
    if (Buffer.byteLength(inFolder) <= SOCKET_PATH_BYTES_MAX) return inFolder;
    this.socketDirectory ??= await mkdtemp(path.join(tmpdir(), 'hatoba-tables-'));
    return path.join(this.socketDirectory, 'dynalite.sock');
  }

  /** Lets the child write what it holds; ends it after three seconds. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const running = await this.child?.catch(() => undefined);
    const child = running?.process ?? this.current;
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const cutOff = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      if (child.connected) child.disconnect();
      await exited;
      clearTimeout(cutOff);
    }
    running?.client.close();
    if (this.socketDirectory) await rm(this.socketDirectory, { recursive: true, force: true });
  }
}

const unknownOutcome = () =>
  awsError(
    'InternalServerError',
    'The table process ended during the call; whether it was carried out is not known.',
    500,
  );

/** The child's entry beside this file: JavaScript when built, TypeScript through tsx in development and tests. */
function childEntry(): { entry: string; execArgv: string[] } {
  const extension = path.extname(fileURLToPath(import.meta.url));
  const entry = fileURLToPath(new URL(`./child${extension}`, import.meta.url));
  if (extension === '.js') return { entry, execArgv: [] };
  const tsx = createRequire(import.meta.url).resolve('tsx');
  return { entry, execArgv: ['--import', pathToFileURL(tsx).href] };
}
