import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MetricDatum } from '../metrics/index.ts';
import { systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { openSqliteStateStore } from '../stores/state/sqlite.ts';
import type { StateStore } from '../stores/state/store.ts';
import { openTelemetryStore } from '../stores/telemetry/index.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { CallContext, WorkloadIdentity } from '../wire/aws/call-context.ts';
import { createLogs, type Logs, type StoredLogEvent } from './index.ts';

const account = '000000000000';
const region = 'us-east-1';
const scope = { account, region };
const context: CallContext = {
  ...scope,
  requestId: 'r',
  principal: { kind: 'root', account, arn: `arn:aws:iam::${account}:root`, userId: account },
  signal: new AbortController().signal,
};

let directory: string;
let telemetry: TelemetryStore;
let state: StateStore;
let logs: Logs;
let recorded: { namespace: string; data: readonly MetricDatum[] }[];
let groupCount = 0;
/** Each test has a group of its own: they share the engine. */
let group: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'hatoba-logs-'));
  telemetry = openTelemetryStore({
    dataDirectory: directory,
    mode: 'embedded',
    limits: { memoryBytesMax: 1e9, maxDiskGB: 10, retentionDays: 30 },
    clock: systemClock,
    logger: silentLogger,
  });
  await telemetry.start();
});

afterAll(async () => {
  await telemetry.stop();
  rmSync(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  state = openSqliteStateStore(':memory:', () => systemClock.now());
  recorded = [];
  logs = await startLogs();
  groupCount += 1;
  group = `/shop/${groupCount}`;
});

afterEach(async () => {
  await logs.stop();
  await state.close();
});

async function startLogs(): Promise<Logs> {
  const metrics = {
    record: (_: unknown, namespace: string, data: readonly MetricDatum[]) => void recorded.push({ namespace, data }),
  };
  const started = createLogs({ state, telemetry, metrics, clock: systemClock, logger: silentLogger });
  await started.start();
  return started;
}

async function call(operation: string, input: object): Promise<any> {
  return await logs.services[0]!.handlers[operation]!(input, context);
}

async function createStream(stream = 's'): Promise<{ logGroupName: string; logStreamName: string }> {
  await logs.ensureLogStream(scope, group, stream);
  return { logGroupName: group, logStreamName: stream };
}

const nowMs = () => systemClock.now().getTime();
const event = (message: string, timestamp = nowMs()) => ({ timestamp, message });
const messages = (answer: { events: { message: string }[] }) => answer.events.map(({ message }) => message);

async function until<Value>(read: () => Promise<Value>, accept: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    await systemClock.sleep(20);
  }
}

describe('groups and streams', () => {
  test('are created once, described and deleted with their events', async () => {
    await call('CreateLogGroup', { logGroupName: group, tags: { team: 'a' } });
    await expect(call('CreateLogGroup', { logGroupName: group })).rejects.toMatchObject({
      code: 'ResourceAlreadyExistsException',
      message: 'The specified log group already exists',
    });
    await expect(call('CreateLogStream', { logGroupName: 'none', logStreamName: 's' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    });
    await call('CreateLogStream', { logGroupName: group, logStreamName: 's' });
    await call('PutLogEvents', { logGroupName: group, logStreamName: 's', logEvents: [event('12345')] });
    await call('PutRetentionPolicy', { logGroupName: group, retentionInDays: 7 });
    await expect(call('PutRetentionPolicy', { logGroupName: group, retentionInDays: 8 })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    });
    const { logGroups } = await call('DescribeLogGroups', { logGroupNamePrefix: group });
    expect(logGroups).toMatchObject([
      {
        logGroupName: group,
        retentionInDays: 7,
        storedBytes: 5,
        arn: `arn:aws:logs:${region}:${account}:log-group:${group}:*`,
      },
    ]);
    expect((await call('ListTagsForResource', { resourceArn: logGroups[0].logGroupArn })).tags).toEqual({ team: 'a' });

    await call('DeleteLogGroup', { logGroupName: group });
    await createStream();
    expect((await call('GetLogEvents', { logGroupName: group, logStreamName: 's' })).events).toEqual([]);
    expect((await call('ListTagsLogGroup', { logGroupName: group })).tags).toEqual({});
  });

  test('are listed in pages, streams also by their last event', async () => {
    for (const [index, name] of ['b', 'a', 'd', 'c'].entries()) {
      await createStream(name);
      const logEvents = [event(name, nowMs() - 10_000 + index * 1_000)];
      await call('PutLogEvents', { logGroupName: group, logStreamName: name, logEvents });
    }
    const list = async (more: object) => {
      const names: string[] = [];
      let nextToken: string | undefined;
      do {
        const answer = await call('DescribeLogStreams', { logGroupName: group, limit: 3, nextToken, ...more });
        names.push(...answer.logStreams.map((stream: any) => stream.logStreamName));
        nextToken = answer.nextToken;
      } while (nextToken);
      return names.join('');
    };
    expect(await list({})).toBe('abcd');
    expect(await list({ descending: true })).toBe('dcba');
    expect(await list({ orderBy: 'LastEventTime' })).toBe('badc');
    expect(await list({ orderBy: 'LastEventTime', descending: true })).toBe('cdab');
    expect(await list({ logStreamNamePrefix: 'c' })).toBe('c');
    await expect(list({ orderBy: 'LastEventTime', logStreamNamePrefix: 'c' })).rejects.toMatchObject({
      message: 'Cannot order by LastEventTime with a logStreamNamePrefix.',
    });
  });
});

describe('PutLogEvents', () => {
  test('refuses what AWS refuses', async () => {
    const stream = await createStream();
    const put = (...logEvents: object[]) => call('PutLogEvents', { ...stream, logEvents });
    await expect(put(event('b', nowMs()), event('a', nowMs() - 5))).rejects.toThrow('must be in chronological order');
    await expect(put(event('a', nowMs() - 25 * 3_600_000), event('b'))).rejects.toThrow(
      'cannot span more than 24 hours',
    );
    await expect(put(event('é'.repeat(524_280)))).rejects.toThrow('Log event too large: 1048586 bytes');
    const big = 'x'.repeat(300_000);
    await expect(put(event(big), event(big), event(big), event(big))).rejects.toThrow('Upload too large');
    await expect(
      call('PutLogEvents', { ...stream, logStreamName: 'none', logEvents: [event('a')] }),
    ).rejects.toMatchObject({
      message: 'The specified log stream does not exist.',
    });
    expect((await call('GetLogEvents', stream)).events).toEqual([]);
  });

  test('says which events were too old, expired or too new, and stores the others', async () => {
    const stream = await createStream();
    await call('PutRetentionPolicy', { logGroupName: group, retentionInDays: 3 });
    const hourMs = 3_600_000;
    const logEvents = [
      event('too old', nowMs() - 15 * 24 * hourMs),
      event('expired', nowMs() - 4 * 24 * hourMs),
      event('good'),
      event('too new', nowMs() + 3 * hourMs),
    ];
    const answer = await call('PutLogEvents', { ...stream, logEvents });
    expect(answer.rejectedLogEventsInfo).toEqual({
      tooOldLogEventEndIndex: 1,
      expiredLogEventEndIndex: 2,
      tooNewLogEventStartIndex: 3,
    });
    expect(messages(await call('GetLogEvents', stream))).toEqual(['good']);
  });

  test('an acknowledged event is found by the next call', async () => {
    const stream = await createStream();
    for (let index = 0; index < 5; index += 1) {
      await call('PutLogEvents', { ...stream, logEvents: [event(`line ${index}`)] });
      expect(messages(await call('GetLogEvents', stream)).at(-1)).toBe(`line ${index}`);
    }
  });
});

describe('GetLogEvents', () => {
  test('goes forward and backward by tokens and ends with the same token', async () => {
    const stream = await createStream();
    const startMs = nowMs() - 1_000;
    const put = (number: number) =>
      call('PutLogEvents', { ...stream, logEvents: [event(String(number), startMs + number)] });
    for (let number = 1; number <= 5; number += 1) await put(number);
    const get = (more: object) => call('GetLogEvents', { ...stream, limit: 2, ...more });

    let page = await get({ startFromHead: true });
    expect(messages(page)).toEqual(['1', '2']);
    expect(page.nextForwardToken).toMatch(/^f\/\d{56}\/s$/);
    expect((await get({ nextToken: page.nextBackwardToken })).events).toEqual([]);
    page = await get({ nextToken: page.nextForwardToken });
    expect(messages(page)).toEqual(['3', '4']);
    page = await get({ nextToken: page.nextForwardToken });
    expect(messages(page)).toEqual(['5']);
    const end = await get({ nextToken: page.nextForwardToken });
    expect(end.events).toEqual([]);
    expect(end.nextForwardToken).toBe(page.nextForwardToken);
    await put(6);
    expect(messages(await get({ nextToken: end.nextForwardToken }))).toEqual(['6']);

    let back = await get({});
    expect(messages(back)).toEqual(['5', '6']);
    back = await get({ nextToken: back.nextBackwardToken });
    expect(messages(back)).toEqual(['3', '4']);
    back = await get({ nextToken: back.nextBackwardToken });
    expect(messages(back)).toEqual(['1', '2']);
    const top = await get({ nextToken: back.nextBackwardToken });
    expect([top.events, top.nextBackwardToken]).toEqual([[], back.nextBackwardToken]);

    expect(messages(await get({ startFromHead: true, startTime: startMs + 2, endTime: startMs + 3 }))).toEqual(['2']);
    await expect(get({ nextToken: 'nonsense' })).rejects.toThrow('The specified nextToken is invalid.');
  });

  test('keeps events of one millisecond in order and pages below a megabyte', async () => {
    const stream = await createStream();
    const at = nowMs();
    const all = Array.from({ length: 30 }, (_, index) => `${String(index).padStart(2, '0')}${'x'.repeat(99_998)}`);
    for (let from = 0; from < 30; from += 10) {
      const logEvents = all.slice(from, from + 10).map((message) => event(message, at));
      await call('PutLogEvents', { ...stream, logEvents });
    }
    const seen: string[] = [];
    let nextToken: string | undefined;
    for (;;) {
      const page = await call('GetLogEvents', { ...stream, startFromHead: true, nextToken });
      if (page.events.length === 0) break;
      expect(page.events.length).toBeLessThanOrEqual(10);
      seen.push(...messages(page));
      nextToken = page.nextForwardToken;
    }
    expect(seen).toEqual(all);
  });
});

describe('FilterLogEvents', () => {
  test('searches all streams in the order of time, page by page', async () => {
    const startMs = nowMs() - 60_000;
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      const stream = await createStream(name);
      const logEvents = Array.from({ length: 20 }, (_, line) =>
        event(line % 2 === 0 ? `ERROR 100% ${name}_${line}` : `fine ${line}`, startMs + line * 10 + index),
      );
      await call('PutLogEvents', { ...stream, logEvents });
    }
    const found: any[] = [];
    let nextToken: string | undefined;
    do {
      const page = await call('FilterLogEvents', {
        logGroupName: group,
        filterPattern: 'ERROR "100%"',
        limit: 7,
        nextToken,
      });
      found.push(...page.events);
      nextToken = page.nextToken;
    } while (nextToken);
    expect(found).toHaveLength(30);
    expect(found.map(({ timestamp }) => timestamp)).toEqual(found.map(({ timestamp }) => timestamp).sort());
    expect(new Set(found.map(({ eventId }) => eventId)).size).toBe(30);

    const search = async (more: object) =>
      messages(await call('FilterLogEvents', { logGroupName: group, ...more })).length;
    expect(await search({})).toBe(60);
    expect(await search({ logStreamNames: ['a', 'b'] })).toBe(40);
    expect(await search({ logStreamNamePrefix: 'c' })).toBe(20);
    expect(await search({ startTime: startMs, endTime: startMs })).toBe(1);
    expect(await search({ filterPattern: '"c_4"' })).toBe(1);
    expect(await search({ filterPattern: 'error' })).toBe(0);
    const { nextToken: token } = await call('FilterLogEvents', { logGroupName: group, limit: 1 });
    await expect(search({ filterPattern: 'other', nextToken: token })).rejects.toThrow('nextToken is invalid');
    await expect(search({ logStreamNames: ['a'], logStreamNamePrefix: 'a' })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    });
    await expect(search({ filterPattern: '{ $.a = }' })).rejects.toThrow('Invalid filter pattern');
  });
});

describe('metric filters', () => {
  test('make data of events that come after them', async () => {
    const stream = await createStream();
    const put = (message: string) => call('PutLogEvents', { ...stream, logEvents: [event(message)] });
    await put('{"level":"ERROR","ms":1}');
    await call('PutMetricFilter', {
      logGroupName: group,
      filterName: 'slow',
      filterPattern: '{ $.level = "ERROR" }',
      metricTransformations: [
        { metricName: 'Slow', metricNamespace: 'Shop', metricValue: '$.ms', dimensions: { Op: '$.op' } },
      ],
    });
    await put('{"level":"ERROR","ms":250,"op":"buy"}');
    await put('{"level":"ERROR","ms":"n/a","op":"buy"}');
    await put('{"level":"ERROR","ms":1}');
    await put('{"level":"INFO","ms":1,"op":"buy"}');
    const data = await until(
      async () => recorded.flatMap((each) => each.data),
      (all) => all.length > 0,
    );
    expect(data).toMatchObject([{ name: 'Slow', value: 250, dimensions: { Op: 'buy' }, unit: 'None' }]);
    const { metricFilters } = await call('DescribeMetricFilters', { logGroupName: group });
    expect(metricFilters).toMatchObject([{ filterName: 'slow', metricTransformations: [{ metricName: 'Slow' }] }]);
    await call('DeleteMetricFilter', { logGroupName: group, filterName: 'slow' });
    await expect(call('DeleteMetricFilter', { logGroupName: group, filterName: 'slow' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });

  test('can be tried without storing anything', async () => {
    const answer = await call('TestMetricFilter', {
      filterPattern: '[w1=ERROR, rest]',
      logEventMessages: ['ok', 'ERROR disk full'],
    });
    expect(answer.matches).toEqual([
      { eventNumber: 2, eventMessage: 'ERROR disk full', extractedValues: { $w1: 'ERROR', $rest: 'disk full' } },
    ]);
  });
});

test('a tail shows what is stored after it began and what it asks for', async () => {
  const stream = await createStream('web/1');
  const seen: StoredLogEvent[] = [];
  const selector = { ...scope, logGroupName: group, logStreamName: 'web/*', filterPattern: 'ERROR' };
  const stop = logs.tail(selector, (events) => void seen.push(...events));
  await call('PutLogEvents', { ...stream, logEvents: [event('ERROR a'), event('fine')] });
  const other = await createStream('db/1');
  await call('PutLogEvents', { ...other, logEvents: [event('ERROR b')] });
  stop();
  await call('PutLogEvents', { ...stream, logEvents: [event('ERROR c')] });
  expect(seen.map(({ message }) => message)).toEqual(['ERROR a']);
  const stored = await call('FilterLogEvents', { logGroupName: group, filterPattern: '"ERROR a"' });
  expect(seen[0]!.eventId).toBe(stored.events[0].eventId);
});

const workload: WorkloadIdentity = {
  ...scope,
  clusterName: 'shop',
  serviceName: 'web',
  taskArn: `arn:aws:ecs:${region}:${account}:task/shop/1`,
  taskDefinitionFamily: 'web',
  taskDefinitionRevision: 3,
  deploymentId: 'd',
  containerName: 'app',
  image: 'web:1',
  availabilityZone: 'a',
};

test('the events of a trace are those that name it and those of its tasks that name no other', async () => {
  const startMs = nowMs() - 5_000;
  const task = `${workload.taskArn}/${groupCount}`;
  const append = (stream: string, lines: string[], own = true) =>
    logs.append(
      scope,
      group,
      stream,
      lines.map((message, index) => ({ timestampMs: startMs + index, message })),
      own ? { ...workload, taskArn: task } : undefined,
    );
  const id = `5f84c7a5${String(groupCount).padStart(24, '0')}`;
  await append('a', [
    `start trace 1-5f84c7a5-${id.slice(8)}`,
    'plain line',
    'other trace_id=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  ]);
  await append('b', [`{"traceId":"${id}"}`, 'plain line of somebody else'], false);
  const trace = { traceId: `1-5f84c7a5-${id.slice(8)}`, startMs, endMs: startMs + 100, taskArns: [task] };
  const events = await logs.eventsOfTrace(scope, trace, 100);
  expect(events.map(({ message }) => message).sort()).toEqual([
    'plain line',
    `start trace 1-5f84c7a5-${id.slice(8)}`,
    `{"traceId":"${id}"}`,
  ]);
});

describe('following a task output', () => {
  let file: string;

  beforeEach(() => {
    file = path.join(directory, `output-${groupCount}.log`);
    writeFileSync(file, '');
  });

  const follow = () =>
    logs.followTaskOutput({ path: file, logGroupName: group, logStreamName: 'app', multiline: {}, workload });
  const stored = async () => {
    const all: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await call('FilterLogEvents', { logGroupName: group, nextToken });
      all.push(...messages(page));
      nextToken = page.nextToken;
    } while (nextToken);
    return all;
  };
  const storedCount = (count: number) =>
    until(
      () => stored().catch(() => []),
      (all) => all.length >= count,
    );

  test('stores lines as they come, joins traces, and ends with the last line', async () => {
    const output = follow();
    appendFileSync(file, 'first\nsecond\n');
    await storedCount(2);
    appendFileSync(file, '\nError: boom\n    at run (/a.js:1:1)\nth');
    appendFileSync(file, 'ird\r\nlast without end');
    await output.finish();
    expect(await stored()).toEqual([
      'first',
      'second',
      'Error: boom\n    at run (/a.js:1:1)',
      'third',
      'last without end',
    ]);
    const [row] = await telemetry.query<Record<string, string>>(
      'SELECT task, service, revision, source_path FROM log_events WHERE log_group = {group:String} LIMIT 1',
      { group },
    );
    expect(row).toEqual({ task: workload.taskArn, service: 'web', revision: 'web:3', source_path: file });
  });

  test('goes on exactly where stored events end, as often as it is stopped', async () => {
    const expected: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const lines = Array.from({ length: 300 }, (_, index) => `round ${round} line ${index} ${'é'.repeat(index % 40)}`);
      expected.push(...lines);
      follow();
      appendFileSync(file, `${lines.join('\n')}\n`);
      if (round % 2 === 0) await storedCount(expected.length - 150);
      await logs.stop();
      logs = await startLogs();
    }
    await follow().finish();
    expect(await stored()).toEqual(expected.map((line) => line.trimEnd()));
  });

  test('fills a hole that a crash over midnight may leave', async () => {
    appendFileSync(file, 'a\nb\nc\nd\n');
    await follow().finish();
    await telemetry.command("DELETE FROM log_events WHERE log_group = {group:String} AND message IN ('b', 'c')", {
      group,
    });
    appendFileSync(file, 'e\n');
    await follow().finish();
    expect((await stored()).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('reads on after copy-truncate and after a rename', async () => {
    const output = follow();
    appendFileSync(file, 'one\ntwo\n');
    await storedCount(2);
    truncateSync(file);
    appendFileSync(file, '3\n');
    await storedCount(3);
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'four\n');
    await storedCount(4);
    await output.finish();
    appendFileSync(file, 'five\n');
    await follow().finish();
    expect(await stored()).toEqual(['one', 'two', '3', 'four', 'five']);
  });

  test('what was deleted does not come back; what is written later does', async () => {
    const output = follow();
    appendFileSync(file, 'old\n');
    await storedCount(1);
    await output.finish();
    await call('DeleteLogGroup', { logGroupName: group });
    appendFileSync(file, 'new\n');
    await follow().finish();
    expect(await stored()).toEqual(['new']);
  });

  test('cuts a line that is longer than an event may be', async () => {
    appendFileSync(file, `${'é'.repeat(700_000)}\nnext\n`);
    await follow().finish();
    const lines = await stored();
    expect(lines.join('')).toBe(`${'é'.repeat(700_000)}next`);
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(1_048_550);
  });
});
