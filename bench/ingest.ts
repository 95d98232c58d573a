/**
 * Telemetry in, through every door, by clients in a process of their own: rate, acknowledgement, and the processor time
 * of hatoba and its engine, beside a bare insert of the same rows into the same engine.
 *
 *   node --import tsx bench/ingest.ts [seconds a door]
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/platform/clock.ts';
import { type HatobaProcess, startHatoba } from '../test/support/hatoba-process.ts';
import type { Work, WorkResult } from './ingest-client.ts';
import { spansPerBatch } from './ingest-data.ts';
import { measureSteps } from './ingest-steps.ts';
import { callLogs, closeConnections } from './support/api.ts';
import './support/end-on-signal.ts';
import { cpuMs, describeMachine, engineOf } from './support/machine.ts';
import { printBar, quantile, round } from './support/report.ts';

const seconds = Number(process.argv[2] ?? 6);
const spansBar = 20_000;
const spansGoal = 40_000;
const segmentsBar = 15_000;
const logsBar = 30;
const cpuRatioMax = 3;
const acknowledgedMsBar = 60;

interface Measured extends WorkResult {
  /** Microseconds an item. */
  readonly cpu: { readonly hatoba: number; readonly engine: number };
}

async function measure(hatoba: HatobaProcess, work: Work, settled = async () => {}): Promise<Measured> {
  const client = fork(join(import.meta.dirname, 'ingest-client.ts'), { execArgv: process.execArgv });
  const next = () =>
    new Promise<any>((resolve, reject) => {
      client.once('message', resolve);
      client.once('exit', (code) => reject(new Error(`the client ended with ${code}`)));
    });
  client.send(work);
  await next();
  const engine = engineOf(hatoba.pid);
  const before = { hatoba: cpuMs(hatoba.pid), engine: cpuMs(engine) };
  client.send('go');
  const { result } = (await next()) as { result: WorkResult };
  await settled();
  const each = (afterMs: number, beforeMs: number) => ((afterMs - beforeMs) * 1000) / Math.max(1, result.items);
  return {
    ...result,
    cpu: { hatoba: each(cpuMs(hatoba.pid), before.hatoba), engine: each(cpuMs(engine), before.engine) },
  };
}

const rateOf = ({ items, wallMs }: WorkResult) => items / (wallMs / 1000);
const cpuText = ({ cpu }: Measured) =>
  `${round(cpu.hatoba, 0)} us of CPU each in hatoba, ${round(cpu.engine, 0)} in the engine`;

async function measureSpans(hatoba: HatobaProcess): Promise<void> {
  const target = `http://127.0.0.1:${hatoba.ports.otlpHttp}`;
  await measure(hatoba, { kind: 'otlp', target, requests: 20, connections: 4 });
  const full = await measure(hatoba, {
    kind: 'otlp',
    target,
    requests: Math.ceil((spansBar * seconds) / spansPerBatch),
    connections: 8,
  });
  const rate = rateOf(full);
  console.log(`OTLP/HTTP, 8 connections, batches of ${spansPerBatch}: ${round(rate, 0)} spans/s; ${cpuText(full)}`);
  const cpu = full.cpu.hatoba + full.cpu.engine;
  const steps = await measureSteps();
  console.log(
    `  alone: decode ${round(steps.decode)}, normalise ${round(steps.normalise)}, encode ${round(steps.encode)}, engine ${round(steps.engine)} us a span`,
  );
  console.log(
    `  on two processors of its own that is at most ${round(1e6 / Math.max(full.cpu.hatoba, full.cpu.engine), 0)} spans/s: the busier of the two processes sets it`,
  );
  const limitedBy =
    full.cpu.hatoba > full.cpu.engine
      ? `hatoba's one thread: ${round(full.cpu.hatoba, 0)} us a span`
      : `the engine: ${round(full.cpu.engine, 0)} us a span`;
  printBar({
    what: 'spans acknowledged',
    measured: `${round(rate, 0)}/s (goal ${spansGoal})`,
    bar: `${spansBar}/s`,
    isHeld: rate >= spansBar,
    limitedBy,
  });
  const ratio = cpu / steps.engine;
  printBar({
    what: 'CPU beside the bare insert of the same rows',
    measured: `${round(ratio, 2)} times`,
    bar: `${cpuRatioMax} times`,
    isHeld: ratio <= cpuRatioMax,
    limitedBy,
  });
  for (const offered of [spansBar / 4, spansBar]) {
    const paced = await measure(hatoba, {
      kind: 'otlp',
      target,
      requests: Math.ceil((offered * seconds) / 2 / spansPerBatch),
      connections: 0,
      rate: offered,
    });
    const [p50, p95] = [quantile(paced.acknowledgedMs, 0.5), quantile(paced.acknowledgedMs, 0.95)];
    printBar({
      what: `acknowledgement at ${offered} spans/s`,
      measured: `p50 ${round(p50, 0)} ms, p95 ${round(p95, 0)} ms${paced.refused > 0 ? `, ${paced.refused} refused with 429` : ''}`,
      bar: `p50 ${acknowledgedMsBar} ms`,
      isHeld: p50 <= acknowledgedMsBar,
      limitedBy: 'the insert before, and its own: 15 to 20 ms of processor time each, whatever is in them',
    });
  }
}

async function measureSegments(hatoba: HatobaProcess): Promise<void> {
  const put = await measure(hatoba, { kind: 'put', target: hatoba.url, requests: 40 * seconds, connections: 8 });
  console.log(
    `PutTraceSegments, 8 connections, 50 documents a call: ${round(rateOf(put), 0)} segments/s; ${cpuText(put)}; p50 ${round(quantile(put.acknowledgedMs, 0.5), 0)} ms`,
  );
  const ledgerOf = async () => {
    const response = await fetch(`${hatoba.url}/_hatoba/traces/ledger`);
    const { sources } = (await response.json()) as {
      sources: { source: string; received: number; stored: number; refused: number; reasons: Record<string, number> }[];
    };
    const udp = sources.find(({ source }) => source === 'udp');
    return { received: 0, stored: 0, refused: 0, reasons: {} as Record<string, number>, ...udp };
  };
  // What was received is stored or refused within seconds; then the counts stand still.
  const quiet = async () => {
    for (let last = -1, now = 0, waits = 0; last !== now && waits < 12; waits += 1) {
      last = now;
      await systemClock.sleep(5000);
      const { stored, refused } = await ledgerOf();
      now = stored + refused;
    }
  };
  const before = await ledgerOf();
  const udp = await measure(
    hatoba,
    {
      kind: 'udp',
      target: `${hatoba.ports.xray}`,
      requests: segmentsBar * Math.min(seconds, 5),
      connections: 0,
      rate: segmentsBar,
    },
    quiet,
  );
  const after = await ledgerOf();
  const stored = after.stored - before.stored;
  const dropped = (after.reasons.KernelDrop ?? 0) - (before.reasons.KernelDrop ?? 0);
  const lost = udp.items - stored - dropped;
  console.log(
    `UDP: ${udp.items} segments at ${round(rateOf(udp), 0)}/s, ${stored} stored; ${cpuText(udp)}; reasons ${JSON.stringify(after.reasons)}`,
  );
  printBar({
    what: 'X-Ray UDP segments',
    measured: `${round(rateOf(udp), 0)}/s, ${lost} lost by us, ${dropped} dropped by the kernel`,
    bar: `${segmentsBar}/s with none lost by us`,
    isHeld: lost === 0 && rateOf(udp) >= segmentsBar * 0.97,
    limitedBy: 'the main thread, which parses and encodes; what it cannot take in time is dropped and counted',
  });
}

async function measureLogs(hatoba: HatobaProcess): Promise<void> {
  await callLogs(hatoba.url, 'CreateLogGroup', { logGroupName: 'bench' });
  for (let index = 0; index < 4; index += 1)
    await callLogs(hatoba.url, 'CreateLogStream', { logGroupName: 'bench', logStreamName: `stream-${index}` });
  const logs = await measure(hatoba, { kind: 'logs', target: hatoba.url, requests: 20 * seconds, connections: 4 });
  const megabytes = logs.bytes / 1e6 / (logs.wallMs / 1000);
  console.log(
    `PutLogEvents, 4 connections, 5,000 events a call: ${round(rateOf(logs), 0)} lines/s; ${cpuText(logs)}; p50 ${round(quantile(logs.acknowledgedMs, 0.5), 0)} ms`,
  );
  printBar({
    what: 'log lines through PutLogEvents',
    measured: `${round(megabytes)} MB/s`,
    bar: `${logsBar} MB/s`,
    isHeld: megabytes >= logsBar,
    limitedBy:
      logs.cpu.hatoba > logs.cpu.engine
        ? "hatoba's one thread: decoding and encoding JSON"
        : 'the engine: sorting, compressing and writing',
  });
}

console.log(`ingest: ${describeMachine()}`);
const dataDir = mkdtempSync(join(tmpdir(), 'hatoba-bench-'));
const hatoba = await startHatoba({ dataDir, args: ['--runtime', 'fake'] });
try {
  await measureSpans(hatoba);
  await measureSegments(hatoba);
  await measureLogs(hatoba);
} finally {
  closeConnections();
  await hatoba.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
