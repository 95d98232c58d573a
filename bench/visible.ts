/**
 * How long after its acknowledgement a span, a segment or a log line is found by a query.
 *
 *   node --import tsx bench/visible.ts [rounds]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/platform/clock.ts';
import { newHexId } from '../src/platform/ids.ts';
import { startHatoba } from '../test/support/hatoba-process.ts';
import { callLogs, callXray, closeConnections } from './support/api.ts';
import './support/end-on-signal.ts';
import { describeMachine } from './support/machine.ts';
import { printBar, quantile, round } from './support/report.ts';

const rounds = Number(process.argv[2] ?? 20);
const barMs = 2_000;

/** Milliseconds from now until `find` says yes. */
async function untilFound(find: () => Promise<boolean>): Promise<number> {
  const startedMs = performance.now();
  while (!(await find())) await systemClock.sleep(10);
  return performance.now() - startedMs;
}

async function segment(endpoint: string): Promise<number> {
  const nowSeconds = systemClock.now().getTime() / 1000;
  const traceId = `1-${Math.floor(nowSeconds).toString(16)}-${newHexId(12)}`;
  const document = {
    id: newHexId(8),
    name: 'visible',
    trace_id: traceId,
    start_time: nowSeconds - 1,
    end_time: nowSeconds,
  };
  await callXray(endpoint, '/TraceSegments', { TraceSegmentDocuments: [JSON.stringify(document)] });
  return untilFound(async () => {
    const { output } = await callXray(endpoint, '/TraceSummaries', {
      StartTime: nowSeconds - 60,
      EndTime: nowSeconds + 60,
    });
    return output.TraceSummaries.some(({ Id }: { Id: string }) => Id === traceId);
  });
}

async function logLine(endpoint: string): Promise<number> {
  const word = newHexId(8);
  await callLogs(endpoint, 'PutLogEvents', {
    logGroupName: 'visible',
    logStreamName: 'lines',
    logEvents: [{ timestamp: systemClock.now().getTime(), message: `a line with ${word}` }],
  });
  return untilFound(async () => {
    const { body } = await callLogs(endpoint, 'FilterLogEvents', { logGroupName: 'visible', filterPattern: word });
    return JSON.parse(body.toString()).events.length > 0;
  });
}

console.log(`visible: ${describeMachine()}`);
const dataDir = mkdtempSync(join(tmpdir(), 'hatoba-bench-'));
const hatoba = await startHatoba({ dataDir, args: ['--runtime', 'fake'] });
try {
  await callLogs(hatoba.url, 'CreateLogGroup', { logGroupName: 'visible' });
  await callLogs(hatoba.url, 'CreateLogStream', { logGroupName: 'visible', logStreamName: 'lines' });
  for (const [what, measure] of [
    ['segment', segment],
    ['log line', logLine],
  ] as const) {
    const times: number[] = [];
    for (let index = 0; index < rounds; index += 1) times.push(await measure(hatoba.url));
    printBar({
      what: `${what} found after its acknowledgement, the query included`,
      measured: `p50 ${round(quantile(times, 0.5), 0)} ms, slowest of ${rounds} ${round(Math.max(...times), 0)} ms`,
      bar: `${barMs} ms`,
      isHeld: Math.max(...times) <= barMs,
    });
  }
} finally {
  closeConnections();
  await hatoba.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
