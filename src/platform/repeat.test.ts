import { expect, test } from 'vitest';
import { ManualClock } from './clock.ts';
import { Repeat } from './repeat.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('runs at once and after each pause, also after a run that failed, until it is stopped', async () => {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  let runs = 0;
  const repeat = new Repeat(
    async () => {
      runs += 1;
      if (runs === 2) throw new Error('second');
    },
    { clock, pauseMs: 1000, onError: (error) => errors.push(error) },
  );
  repeat.start();
  await turn();
  expect(runs).toBe(1);
  clock.advance(999);
  await turn();
  expect(runs).toBe(1);
  clock.advance(1);
  await turn();
  expect([runs, errors]).toEqual([2, [new Error('second')]]);
  clock.advance(1000);
  await turn();
  expect(runs).toBe(3);
  await repeat.stop();
  clock.advance(5000);
  await turn();
  expect(runs).toBe(3);
});

test('stopping waits for the run that is under way', async () => {
  let finish = () => {};
  let finished = false;
  const run = async () => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    finished = true;
  };
  const repeat = new Repeat(run, { clock: new ManualClock(), pauseMs: 1, onError: () => {} });
  repeat.start();
  const stopped = repeat.stop();
  await turn();
  expect(finished).toBe(false);
  finish();
  await stopped;
  expect(finished).toBe(true);
});
