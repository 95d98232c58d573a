import { describe, expect, test } from 'vitest';
import type { StoredLogEvent } from './index.ts';
import {
  call,
  createStream,
  event,
  group,
  groupCount,
  logs,
  nowMs,
  recorded,
  scope,
  until,
  workload,
} from './logs.fixture.ts';

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
