import { expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../platform/clock.ts';
import type { FailureKind } from './connection.ts';
import type { EncodedRows } from './rows/encode-rows.ts';
import { TelemetryDiskFullError } from './store.ts';
import { TableWriter, type TableWriterOptions, writerPolicy } from './table-writer.ts';

class EngineError extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind) {
    super(kind);
    this.kind = kind;
  }
}

/** An engine that keeps each token once, fails as told, and sometimes fails only after it has stored. */
function fakeEngine(failures: (FailureKind | 'lost-answer' | undefined)[]) {
  const stored = new Map<string, string>();
  const sent: { token: string; format: string; lines: string }[] = [];
  const send: TableWriterOptions['send'] = async ({ token, format, bytes }) => {
    const text = bytes.toString();
    sent.push({ token, format, lines: text });
    const failure = failures.shift();
    if (failure === 'lost-answer') stored.set(token, text);
    if (failure === 'lost-answer') throw new EngineError('unreachable');
    if (failure) throw new EngineError(failure);
    if (text.includes('bad')) throw new EngineError('refused');
    if (!stored.has(token)) stored.set(token, text);
  };
  const writer = new TableWriter({
    table: 'events',
    clock: systemClock,
    send,
    classify: (error) => (error as EngineError).kind,
    serving: async () => {},
    activeParts: () => 0,
  });
  return { writer, sent, lines: () => [...stored.values()].join('').split('\n').filter(Boolean).sort() };
}

const text = (id: number | string): string => `{"id":"${id}"}\n`;
const line = (id: number | string, rows = 1, format: EncodedRows['format'] = 'JSONEachRow'): EncodedRows => ({
  format,
  bytes: Buffer.from(text(id)),
  rows,
});
const trimmed = (ids: readonly (number | string)[]): string[] => ids.map((id) => text(id).trim()).sort();

test('what comes while an insert runs goes into the next one, together', async () => {
  const { writer, sent, lines } = fakeEngine([]);
  const ids = Array.from({ length: 100 }, (_, id) => id);
  await Promise.all(ids.map((id) => writer.add(line(id), true)));
  expect(sent).toHaveLength(1);
  expect(lines()).toEqual(trimmed(ids));
});

test('a batch whose fate is unknown is sent again with its token and its bytes', async () => {
  const { writer, sent, lines } = fakeEngine(['unreachable', 'lost-answer', 'busy']);
  await Promise.all([writer.add(line(1), true), writer.add(line(2), true)]);
  expect(new Set(sent.map(({ token }) => token)).size).toBe(1);
  expect(new Set(sent.map((batch) => batch.lines)).size).toBe(1);
  expect(lines()).toEqual(trimmed([1, 2]));
  expect(writer.statistics()).toMatchObject({ storedRows: 2, refusedRows: 0, queuedRows: 0 });
});

test('rows that the engine refuses do not take others with them', async () => {
  const { writer, lines } = fakeEngine([]);
  const results = await Promise.allSettled(['a', 'bad', 'c'].map((id) => writer.add(line(id), true)));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(lines()).toEqual(trimmed(['a', 'c']));
});

test('a full disk is an error of its own, and the writer goes on afterwards', async () => {
  const { writer, lines } = fakeEngine(['disk-full']);
  await expect(writer.add(line(1), true)).rejects.toBeInstanceOf(TelemetryDiskFullError);
  await writer.add(line(2), true);
  expect(lines()).toEqual(trimmed([2]));
});

test('stopping stores what waits and takes no more; a batch is never larger than its bound', async () => {
  const { writer, sent } = fakeEngine([]);
  const half = writerPolicy.batchRowsMax / 2 + 1;
  const waiting = [1, 2, 3].map((id) => writer.add(line(id, half), false));
  await writer.stop();
  await Promise.all(waiting);
  expect(sent).toHaveLength(3);
  await expect(writer.add(line(9), true)).rejects.toThrow('stopped');
});

test('rows of two formats never share an insert', async () => {
  const { writer, sent, lines } = fakeEngine([]);
  const formats = ['RowBinary', 'RowBinary', 'JSONEachRow', 'RowBinary'] as const;
  await Promise.all(formats.map((format, id) => writer.add(line(id, 1, format), true)));
  expect(sent.map(({ format, lines: text }) => [format, text.trim().split('\n').length])).toEqual([
    ['RowBinary', 2],
    ['JSONEachRow', 1],
    ['RowBinary', 1],
  ]);
  expect(lines()).toEqual(trimmed([0, 1, 2, 3]));
});

test('who was just acknowledged is waited for, but not for long; who comes to an idle table is stored at once', async () => {
  const clock = new ManualClock();
  const inserts: number[] = [];
  let answer = () => {};
  const writer = new TableWriter({
    table: 'events',
    clock,
    send: ({ rows }) => {
      inserts.push(rows);
      return new Promise((resolve) => {
        answer = () => resolve();
      });
    },
    classify: () => 'refused',
    serving: async () => {},
    activeParts: () => 0,
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const pass = async (ms: number) => {
    await settle();
    clock.advance(ms);
    await settle();
  };
  const sends = [1, 2].map((id) => writer.add(line(id), true));
  await pass(writerPolicy.acknowledgedWaitMs);
  expect(inserts).toEqual([2]);
  sends.push(writer.add(line(3), true));
  await pass(90);
  answer();
  await settle();
  // One of the two is back: the other may still come, for a third of what the insert took.
  sends.push(writer.add(line(4), true));
  await pass(29);
  expect(inserts).toEqual([2]);
  sends.push(writer.add(line(5), true));
  await pass(0);
  expect(inserts).toEqual([2, 3]);
  answer();
  await settle();
  await pass(1000);
  sends.push(writer.add(line(6), true));
  await pass(writerPolicy.acknowledgedWaitMs);
  expect(inserts).toEqual([2, 3, 1]);
  answer();
  await Promise.all(sends);
});
