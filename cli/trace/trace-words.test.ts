import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { chainExceptions } from './chain-exceptions.ts';
import { describeComparison } from './compare-traces.ts';
import { describeRow } from './describe-row.ts';
import {
  describeDeployments,
  describeExceptions,
  describeLogLines,
  describeMap,
  describeSql,
  describeTasks,
  describeThrottles,
  lanesOf,
} from './describe-trace.ts';
import { drawTimeline } from './draw-timeline.ts';
import { standingsOf } from './find-percent.ts';
import { layOutTrace } from './lay-out-trace.ts';
import type { TraceContext } from './read-trace.ts';
import type { SegmentDocument } from './segment-document.ts';

const plain = (lines: readonly string[]) => lines.map(stripVTControlCharacters);
const size = { columns: 80, all: false };
const exception = (id: string, type: string, cause?: string) => ({
  id,
  type,
  message: `${type} happened`,
  ...(cause === undefined ? {} : { cause }),
  stack: [{ path: 'src/a.ts', line: 7, label: id }],
});
const throttledCall = { id: 'put', name: 'DynamoDB', namespace: 'aws', start_time: 10.5, end_time: 10.6, error: true };

/** web calls api, whose write is throttled: three exceptions in a chain over both, and one that web only names. */
const documents: SegmentDocument[] = [
  {
    id: 'web',
    name: 'web',
    start_time: 10,
    end_time: 11,
    fault: true,
    cause: 'a1',
    subsegments: [
      { id: 'parse', name: 'parse', start_time: 10, end_time: 10.1 },
      { id: 'call', name: 'api', namespace: 'remote', start_time: 10.1, end_time: 10.9, fault: true },
    ],
  },
  {
    id: 'api',
    name: 'api',
    parent_id: 'call',
    start_time: 10.2,
    end_time: 10.8,
    fault: true,
    cause: { exceptions: [exception('a1', 'OrderFailed', 'b1')] },
    subsegments: [
      { ...throttledCall, throttle: true, cause: { exceptions: [exception('b1', 'Refused', 'gone')] } },
      ...['s1', 's2'].map((id) => ({
        id,
        name: 'db',
        start_time: 10.3,
        end_time: 10.35,
        sql: { sanitized_query: 'SELECT 1' },
      })),
    ],
  },
  { id: 'inferred', name: 'orders', parent_id: 'put', inferred: true, start_time: 10.5, end_time: 10.6 },
];
const rows = layOutTrace(documents);
const context: TraceContext = {
  deployments: [
    {
      cluster: 'shop',
      service: 'web',
      revision: 'web:2',
      previousRevision: 'web:1',
      status: 'SUCCESSFUL',
      at: new Date(10_500).toISOString(),
      finishedAt: new Date(70_500).toISOString(),
      when: 'during',
      secondsBefore: -0.5,
      servedBy: ['web:1'],
    },
    {
      cluster: 'shop',
      service: 'api',
      revision: 'api:9',
      status: 'ROLLBACK_SUCCESSFUL',
      at: new Date(0).toISOString(),
      when: 'before',
      secondsBefore: 125,
      servedBy: [],
    },
  ],
  usage: [{ service: 'web', task: '0123456789abcdef', cpuPercent: 97.77, memoryPercent: 3 }],
  stops: [
    {
      service: 'api',
      task: 'fedcba98',
      at: new Date(10_900).toISOString(),
      reason: 'OutOfMemoryError',
      outOfMemory: true,
    },
  ],
};

test('rows, and what else happened, stand on one axis', () => {
  const lanes = lanesOf(rows, context, [{ timestampMs: 10_250, logStreamName: 'web/1', message: 'x' }]);
  const lines = plain(drawTimeline(rows, lanes, { start: 10, end: 11, columns: 80 }, () => undefined));
  expect(lines).toEqual([
    '                                                    0          500 ms        1 s',
    '   1 web                          1 s      fault    ████████████████████████████',
    '   2   parse                   100 ms      ok       ███',
    '   3   api                     800 ms      fault      ███████████████████████',
    '   4     api                   600 ms      fault         █████████████████',
    '   5       db                   50 ms      ok               ██',
    '   6       db                   50 ms      ok               ▒▒',
    '   7       DynamoDB → orde…    100 ms      throttle               ███',
    '   = deploy web 2                                                 ==============',
    '   ! throttled                                                    !!!',
    '   x task ended                                                              x',
    '   . log lines                                             .',
  ]);
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(80);
  const barAt = lines[1]!.indexOf('█');
  const width = 80 - barAt;
  expect(lines.find((line) => line.includes('! throttled'))!.indexOf('!', 10) - barAt).toBe(Math.floor(width / 2));
  expect(
    lines
      .find((line) => line.includes('= deploy'))!
      .slice(barAt)
      .trim(),
  ).toBe('='.repeat(Math.ceil(width / 2)));
});

test('the map is told from the client on, also round a circle; what happened after the trace has no line on its axis', () => {
  const node = (ReferenceId: number, Name: string, Type: string, ...to: number[]) => ({
    ReferenceId,
    Name,
    Type,
    Edges: to.map((id) => ({ ReferenceId: id, SummaryStatistics: { TotalCount: 2, TotalResponseTime: 1 } })),
  });
  const services = [node(0, 'b', '', 1), node(1, 'a', '', 0), node(2, 'a', 'client', 1), node(3, 'alone', '', 0)];
  expect(plain(describeMap({ services } as never, size))).toEqual([
    '  Client → a: 2 calls, 500 ms',
    '  a → b: 2 calls, 500 ms',
    '  b → a: 2 calls, 500 ms',
    '  alone → b: 2 calls, 500 ms',
  ]);
  const late = { name: 'task ended', mark: 'x', colour: 'red', times: [{ from: 99, to: 99 }] } as const;
  const lines = plain(drawTimeline(rows, [late], { start: 10, end: 11, columns: 80 }, () => undefined));
  expect(lines.some((line) => line.includes('task ended'))).toBe(false);
});

test('exceptions stand above what caused them, wherever that was thrown', () => {
  expect(plain(describeExceptions(chainExceptions(rows), size))).toEqual([
    '   4 api: OrderFailed: OrderFailed happened',
    '       at a1 (src/a.ts:7)',
    '       named as the cause of row 1 web',
    '       caused by in row 7 DynamoDB → orders: Refused: Refused happened',
    '         at b1 (src/a.ts:7)',
    '         its cause (gone) was not sent',
  ]);
});

test('whatever somebody sent for an exception, it is told and breaks nothing', () => {
  const odd = { exceptions: [null, 7, { type: 5, message: { a: 1 }, stack: [null, { line: 'x' }], cause: 3 }] };
  const lines = describeExceptions(
    chainExceptions(layOutTrace([{ id: 'x', name: 'x', start_time: 1, end_time: 2, cause: odd as never }])),
    size,
  );
  expect(plain(lines)).toEqual(['   1 x: 5: {"a":1}', '       at (anonymous)', '       its cause (3) was not sent']);
});

test('deployments, load and ends of tasks are told with their time', () => {
  expect(plain(describeDeployments(context, size))).toEqual([
    '  web: web:1 → web:2, in progress then, began 500 ms into it, completed',
    '      after 1 min 0 s; served by web:1',
    '  api: api:9, rolled back 2 min 5 s before',
  ]);
  expect(plain(describeTasks(context, 10, size))).toEqual([
    '  web 01234567: CPU 97.8 %, memory 3 %, near its limit',
    '  api fedcba98 ended at +900 ms: OutOfMemoryError',
  ]);
});

test('throttled rows and statements are listed with their rows', () => {
  expect(plain(describeThrottles(rows, 10, size))).toEqual(['   7    +500 ms  api → DynamoDB → orders, 100 ms']);
  expect(plain(describeSql(rows, size))).toEqual(['   5 db, 2 times, together 100 ms', '       SELECT 1']);
});

test('a row is measured by its like: segments by service, calls by owner, subsegments by what they were sent in', () => {
  const micros = Array.from({ length: 101 }, (_, percent) => percent * 10_000);
  const like = (kind: 'segment' | 'call' | 'part', service: string, name: string) => ({
    kind,
    service,
    name,
    count: 50,
    micros,
  });
  const standingOf = standingsOf([
    like('segment', 'web', 'web'),
    like('call', 'api', 'DynamoDB'),
    like('part', 'web', 'parse'),
  ]);
  expect(rows.map((row) => standingOf(row)?.percent)).toEqual([
    100,
    10,
    undefined,
    undefined,
    undefined,
    undefined,
    10,
  ]);
});

test('a row by itself comes with its document, safe for a terminal', () => {
  const [row] = layOutTrace([
    { id: 'x', name: 'a\u001b[31m', start_time: 1, end_time: 2, metadata: { k: '\u202e' } } as never,
  ]);
  const text = describeRow(row!, 1, { percent: 81, count: 900, isSample: true, medianSeconds: 0.5 }).join('\n');
  expect(text).toContain('slower than about 81 % of 900 (median 500 ms)');
  expect(text).toContain('"metadata"');
  expect(text.includes('\u001b') || text.includes('\u202e')).toBe(false);
});

test('two traces are compared by what they did, the greatest difference first', () => {
  const other = layOutTrace([{ ...documents[0]!, end_time: 10.95 }, documents[1]!, documents[2]!]);
  const [, first] = stripVTControlCharacters(describeComparison(rows, other)).split('\n');
  expect(first).toMatch(/^web +100 ms +50 ms +\+50 ms$/);
});

test('log lines continue below their beginning', () => {
  const line = { timestampMs: 9_900, logStreamName: 'web/app/1', message: `${'word '.repeat(20)}end` };
  const lines = plain(describeLogLines([line], 10, size))
    .join('\n')
    .split('\n');
  expect(lines[0]).toMatch(/^ {3}-100 ms web\/app\/1 word/);
  expect(lines[1]).toMatch(/^ {21}word/);
});
