import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { newDirectory } from './temporary-directory.ts';

export const root = resolve(import.meta.dirname, '../..');
export const binary = join(root, 'bin/hatoba.js');

export interface HatobaProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly url: string;
  readonly dataDir: string;
  readonly ports: { gateway: number; xray: number; otlpHttp: number; otlpGrpc: number; edge: number };
  /** Everything printed so far, both streams. */
  output(): string;
  /** Exports as `hatoba env` prints them. */
  environment(): Record<string, string>;
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

export interface HatobaOptions {
  dataDir?: string;
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  cwd?: string;
}

/** Whatever is free, for each of the ports that several hatobas on one machine would fight for. */
export const freePorts: readonly string[] = [
  '--port',
  '0',
  '--xray-port',
  '0',
  '--otlp-http-port',
  '0',
  '--otlp-grpc-port',
  '0',
  '--edge-port',
  '0',
];

/** Starts the built hatoba as a user would, on free ports and a directory of its own, and waits until it is ready. */
export async function startHatoba(options: HatobaOptions = {}): Promise<HatobaProcess> {
  if (!existsSync(join(root, 'dist/cli/main.js'))) throw new Error('not built; run: npm run setup');
  const dataDir = options.dataDir ?? newDirectory('hatoba-e2e-');
  const child = spawn(
    process.execPath,
    [binary, 'start', '--data-dir', dataDir, ...freePorts, ...(options.args ?? [])],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      cwd: options.cwd ?? tmpdir(),
      env: { ...cleanEnvironment(), ...options.env },
      ...(options.uid !== undefined && { uid: options.uid, gid: options.gid ?? options.uid }),
    },
  );
  running.add(child);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  void exited.then(() => running.delete(child));
  const ready = new Promise<'ready'>((done) => {
    createInterface({ input: child.stdout }).on('line', (line) => line.startsWith('hatoba ready') && done('ready'));
  });
  const outcome = await Promise.race([ready, exited]);
  if (outcome !== 'ready') throw new StartFailure(outcome, output);
  const instance = JSON.parse(readFileSync(join(dataDir, 'instance.json'), 'utf8'));
  return {
    child,
    pid: child.pid!,
    url: instance.url,
    dataDir,
    ports: instance.ports,
    output: () => output,
    environment: () => ({
      AWS_ENDPOINT_URL: instance.url,
      AWS_ACCESS_KEY_ID: '000000000000',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_DISABLE_HOST_PREFIX_INJECTION: 'true',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${instance.ports.xray}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${instance.ports.otlpHttp}`,
    }),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      return exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** hatoba ended instead of becoming ready. */
export class StartFailure extends Error {
  readonly exitCode: number | null;
  readonly output: string;

  constructor(exitCode: number | null, output: string) {
    super(`hatoba ended with code ${exitCode} before it was ready:\n${output}`);
    this.exitCode = exitCode;
    this.output = output;
  }
}

/** Runs a command line of hatoba to its end. */
export function runHatoba(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; timeoutMs?: number; uid?: number; cwd?: string } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return run(process.execPath, [binary, ...args], options);
}

export function run(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; timeoutMs?: number; uid?: number; cwd?: string; input?: string } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: options.cwd ?? tmpdir(),
      env: { ...cleanEnvironment(), ...options.env },
      timeout: options.timeoutMs ?? 120_000,
      ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    // A program that never reads its input may be gone already.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** The environment without anything that would point a client, or hatoba, elsewhere. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS_|OTEL_|HATOBA_|VITEST|NODE_OPTIONS)/.test(name)),
  );
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
