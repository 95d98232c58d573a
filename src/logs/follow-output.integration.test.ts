import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  call,
  directory,
  group,
  groupCount,
  logs,
  messages,
  restartLogs,
  telemetry,
  until,
  workload,
} from './logs.fixture.ts';

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

  test('lines that are written while others are stored keep their own times', async () => {
    const output = follow();
    const written: number[] = [];
    for (let line = 0; line < 9; line += 1) {
      appendFileSync(file, `line ${line}\n`);
      written.push(Date.now());
      await setTimeout(100);
    }
    await output.finish();
    const { events } = await call('FilterLogEvents', { logGroupName: group });
    const times: number[] = events.map(({ timestamp }: { timestamp: number }) => timestamp);
    expect(times).toHaveLength(9);
    // On a busy machine some share the time of the next one.
    const own = times.filter((time, line) => time <= written[line]! + 50);
    expect(own.length).toBeGreaterThan(4);
    expect(times.every((time, line) => time >= written[line]! - 50)).toBe(true);
  });

  test('goes on exactly where stored events end, as often as it is stopped', async () => {
    const expected: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const lines = Array.from({ length: 300 }, (_, index) => `round ${round} line ${index} ${'é'.repeat(index % 40)}`);
      expected.push(...lines);
      follow();
      appendFileSync(file, `${lines.join('\n')}\n`);
      if (round % 2 === 0) await storedCount(expected.length - 150);
      await restartLogs();
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
