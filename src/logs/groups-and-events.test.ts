import { describe, expect, test } from 'vitest';
import { systemClock } from '../platform/clock.ts';
import { filterLogEventsOperation } from './api/filter-log-events.ts';
import {
  account,
  call,
  context,
  createStream,
  event,
  group,
  messages,
  nowMs,
  region,
  state,
  telemetry,
} from './logs.fixture.ts';
import { LogsStore } from './store.ts';

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

  test('a page ends when its time is over, wherever that is; the next one goes on from there', async () => {
    const stream = await createStream();
    const logEvents = Array.from({ length: 5 }, (_, line) => event(`line ${line}`, nowMs() - 1_000 + line));
    await call('PutLogEvents', { ...stream, logEvents });
    let elapsedMs = 0;
    const clock = { ...systemClock, monotonicMs: () => (elapsedMs += 6_000) };
    const store = new LogsStore(state);
    const { FilterLogEvents } = filterLogEventsOperation({ store, telemetry, clock, appender: undefined as never });
    const input = { logGroupName: group, filterPattern: '%l[a-z]*e 4%' };
    let page: any = await FilterLogEvents!(input, context);
    const found: string[] = messages(page);
    let pages = 1;
    for (; page.nextToken; pages += 1) {
      page = await FilterLogEvents!({ ...input, nextToken: page.nextToken }, context);
      found.push(...messages(page));
    }
    expect(found).toEqual(['line 4']);
    expect(pages).toBe(6);
  });
});
