import { expect, test } from 'vitest';
import { ManualClock } from './clock.ts';
import { EveryMinute } from './every-minute.ts';

const minuteMs = 60_000;
const start = new Date('2026-01-01T00:00:30Z');
const settled = () => new Promise((resolve) => setImmediate(resolve));

function recorded(clock: ManualClock, run: () => Promise<void> = async () => {}) {
  const runs: [number, number][] = [];
  const errors: unknown[] = [];
  const loop = new EveryMinute(
    async (fromMs, toMs) => {
      runs.push([fromMs / minuteMs, toMs / minuteMs]);
      await run();
    },
    { clock, delayMs: 20_000, onError: (error) => errors.push(error) },
  );
  loop.start();
  const first = Math.floor(start.getTime() / minuteMs);
  return { loop, errors, runs: () => runs.map(([from, to]) => [from - first, to - first]) };
}

/** Wakes sleepers this much before they wanted to be woken, as timers do. */
class EarlyClock extends ManualClock {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(Math.max(0, ms - 2), signal);
  }
}

test('each minute once, twenty seconds after its end, however early timers wake', async () => {
  for (const clock of [new ManualClock(start), new EarlyClock(start)]) {
    const { loop, runs } = recorded(clock);
    for (let step = 0; step < 4 * 60_000; step += 10_000) {
      clock.advance(9_998);
      await settled();
      clock.advance(2);
      await settled();
    }
    expect(runs()).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    await loop.stop();
  }
});

test('what was missed comes in one run, and a run that fails is reported and is not the last', async () => {
  const clock = new ManualClock(start);
  const { loop, runs, errors } = recorded(clock, async () => {
    throw new Error('no');
  });
  clock.advance(5 * minuteMs);
  await settled();
  clock.advance(minuteMs);
  await settled();
  expect(runs()).toEqual([
    [0, 5],
    [5, 6],
  ]);
  expect(errors).toHaveLength(2);
  await loop.stop();
  clock.advance(10 * minuteMs);
  await settled();
  expect(runs()).toHaveLength(2);
});
