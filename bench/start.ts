/**
 * From the command to an API that answers, to a store that serves, and the memory of all processes at rest without
 * tasks. Each round has an empty data directory; the first also warms the file cache and does not count.
 *
 *   node --import tsx bench/start.ts [rounds]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/platform/clock.ts';
import { binary } from '../test/support/hatoba-process.ts';
import './support/end-on-signal.ts';
import { cpuMs, descendants, describeMachine, pssBytes } from './support/machine.ts';
import { printBar, quantile, round } from './support/report.ts';

const rounds = Number(process.argv[2] ?? 3);
const restMs = 8_000;
const answersMsBar = 1_000;
const readyMsBar = 2_500;
const memoryBar = 400;

interface Start {
  readonly answersMs: number;
  readonly readyMs: number;
  readonly cpuMs: number;
  readonly memory: { readonly command: string; readonly megabytes: number }[];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Until a connection is taken: from then on calls are answered, or wait for what they need. */
async function untilAnswers(port: number): Promise<void> {
  for (;;) {
    const taken = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('connect', () => resolve(socket.destroy() !== undefined));
      socket.on('error', () => resolve(false));
    });
    if (
      taken &&
      (await fetch(`http://127.0.0.1:${port}/_hatoba/health`).then(
        () => true,
        () => false,
      ))
    )
      return;
    await systemClock.sleep(10);
  }
}

async function startOnce(withRest: boolean): Promise<Start> {
  const dataDir = mkdtempSync(join(tmpdir(), 'hatoba-bench-'));
  const port = await freePort();
  const others = ['xray-port', 'otlp-http-port', 'otlp-grpc-port', 'edge-port'].flatMap((name) => [`--${name}`, '0']);
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [binary, 'start', '--port', String(port), ...others, '--data-dir', dataDir, '--runtime', 'fake'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  process.once('exit', () => child.kill());
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const ready = new Promise<number>((resolve) => {
      child.stdout.on('data', (text: Buffer) => {
        if (text.toString().includes('hatoba ready')) resolve(performance.now() - startedMs);
      });
    });
    await Promise.race([untilAnswers(port), ended]);
    const answersMs = performance.now() - startedMs;
    const readyMs = await ready;
    const family = () => [{ processId: child.pid!, command: 'hatoba' }, ...descendants(child.pid!)];
    const used = family().reduce((sum, { processId }) => sum + cpuMs(processId), 0);
    if (withRest) await systemClock.sleep(restMs);
    const memory = family().map(({ processId, command }) => ({
      command: /embedded\/child/.test(command) ? 'telemetry engine' : command.slice(0, 60),
      megabytes: pssBytes(processId) / 1e6,
    }));
    return { answersMs, readyMs, cpuMs: used, memory };
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  }
}

console.log(`start: ${describeMachine()}`);
await startOnce(false);
const starts: Start[] = [];
for (let index = 0; index < rounds; index += 1) starts.push(await startOnce(index === rounds - 1));
const median = (of: (start: Start) => number) => quantile(starts.map(of), 0.5);
const answersMs = median((start) => start.answersMs);
const readyMs = median((start) => start.readyMs);
const limitedBy = `${round(
  median((start) => start.cpuMs),
  0,
)} ms of CPU until ready: loading modules, and the engine's library of half a gigabyte`;
printBar({
  what: 'API answers',
  measured: `${round(answersMs, 0)} ms`,
  bar: `${answersMsBar} ms`,
  isHeld: answersMs <= answersMsBar,
  limitedBy,
});
printBar({
  what: 'store ready',
  measured: `${round(readyMs, 0)} ms`,
  bar: `${readyMsBar} ms`,
  isHeld: readyMs <= readyMsBar,
  limitedBy,
});
const { memory } = starts.at(-1)!;
const megabytes = memory.reduce((sum, part) => sum + part.megabytes, 0);
printBar({
  what: 'memory at rest, all processes, no tasks (PSS)',
  measured: `${round(megabytes, 0)} MB: ${memory.map((part) => `${part.command} ${round(part.megabytes, 0)}`).join(', ')}`,
  bar: `${memoryBar} MB`,
  isHeld: megabytes <= memoryBar,
  limitedBy: 'the engine, whose library alone is about 190 MB once open',
});
