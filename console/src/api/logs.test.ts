import { afterEach, expect, it } from 'vitest';
import { newestLogEvents } from './logs.ts';

const scope = { account: '000000000000', region: 'us-east-1' };
const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

/** FilterLogEvents over events at the given times: oldest first, page by page. */
function serveEvents(times: readonly number[]) {
  let calls = 0;
  globalThis.fetch = async (_url, init) => {
    calls += 1;
    const { startTime, endTime, limit, nextToken } = JSON.parse(String(init?.body));
    const from = Number(nextToken ?? 0);
    const matching = times.filter((time) => time >= startTime && time <= endTime);
    const events = matching
      .slice(from, from + limit)
      .map((timestamp) => ({ eventId: String(timestamp), timestamp, message: '' }));
    const more = matching.length > from + limit ? { nextToken: String(from + limit) } : {};
    return new Response(JSON.stringify({ events, ...more }));
  };
  return () => calls;
}

it('the newest of many events are read without reading all', async () => {
  const times = Array.from({ length: 900_000 }, (_, index) => index);
  const calls = serveEvents(times);
  const { events, complete } = await newestLogEvents(scope, { group: 'g', start: 0, end: 900_000 }, 500);
  expect(events.slice(0, 500).map((event) => event.timestamp)).toEqual(times.slice(-500).reverse());
  expect(complete).toBe(false);
  expect(calls()).toBeLessThan(30);
});

it('all of few events are found, however far apart', async () => {
  serveEvents([3, 40_000, 899_999]);
  const { events, complete } = await newestLogEvents(scope, { group: 'g', start: 0, end: 900_000 }, 500);
  expect(events.map((event) => event.timestamp)).toEqual([899_999, 40_000, 3]);
  expect(complete).toBe(true);
});
