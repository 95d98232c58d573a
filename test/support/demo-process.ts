import { spawn } from 'node:child_process';
import { chownSync, existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, freePorts } from './hatoba-process.ts';
import { newDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

export const nobody = 65_534;
export const isRoot = process.getuid?.() === 0;

export interface Demo {
  readonly dataDir: string;
  readonly instance: { url: string; ports: { edge: number } };
  readonly ended: Promise<{ code: number | null; output: string }>;
  output(): string;
  interrupt(): void;
}

/** Starts `hatoba demo` and waits until the first trace is there. */
export async function startDemo(
  seconds: number,
  options: { network: 'namespace' | 'loopback'; uid?: number },
): Promise<Demo> {
  const dataDir = newDirectory('hatoba-demo-');
  if (options.uid !== undefined) chownSync(dataDir, options.uid, options.uid);
  const args = ['demo', '--for', String(seconds), '--data-dir', dataDir, '--network', options.network, ...freePorts];
  const child = spawn(process.execPath, [binary, ...args], {
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8' },
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, output }));
  });
  await Promise.race([
    until('the first trace', () => output.includes('Ctrl-C stops everything'), { timeoutMs: 120_000 }),
    ended.then(({ code }) => {
      throw new Error(`the demo ended with code ${code}:\n${output}`);
    }),
  ]).catch((error) => {
    child.kill('SIGTERM');
    throw new Error(`${error.message}\n${output}`);
  });
  const instanceFile = join(dataDir, 'instance.json');
  if (!existsSync(instanceFile)) throw new Error(`${instanceFile} is missing`);
  const instance = JSON.parse(readFileSync(instanceFile, 'utf8'));
  return { dataDir, instance, ended, output: () => output, interrupt: () => child.kill('SIGINT') };
}
