import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogSelector, StoredLogEvent } from './index.ts';
import { logsRoutes } from './routes.ts';
import { selectTailed } from './tail.ts';

const event = (message: string): StoredLogEvent => ({
  timestampMs: 1,
  message,
  eventId: '0'.repeat(56),
  ingestionTimeMs: 1,
  logGroupName: 'g',
  logStreamName: 's',
});

let server: Server;
let tails: { selector: LogSelector; onEvents: (events: readonly StoredLogEvent[]) => void }[];
let base: string;

beforeEach(async () => {
  tails = [];
  const door: Parameters<typeof logsRoutes>[0] = {
    logGroupExists: async (_, name) => name === 'g',
    tail(selector, onEvents) {
      selectTailed(selector);
      const tail = { selector, onEvents };
      tails.push(tail);
      return () => {
        tails = tails.filter((each) => each !== tail);
      };
    },
    eventsOfTrace: async (scope, trace, limit) => [
      event(`${scope.account} ${scope.region} ${trace.traceId} ${trace.taskArns} ${limit}`),
    ],
  };
  const routes = logsRoutes(door, { account: '123456789012', region: 'eu-west-1' });
  server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    void routes.find(({ path }) => path === url.pathname)!.handle(request, response, url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/_hatoba/logs`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Reads the stream until `accept` likes what has come so far. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, accept: (text: string) => boolean) {
  let text = '';
  const decoder = new TextDecoder();
  // What is new ends the search; looking at everything each time would take minutes.
  while (!accept(text.slice(-300_000))) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended after ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

test('a tail streams events, and says how many a slow reader missed', async () => {
  const stopping = new AbortController();
  const response = await fetch(`${base}/tail?group=g&stream=s&pattern=ERROR`, { signal: stopping.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = response.body!.getReader();
  await readUntil(reader, (text) => text.includes('event: started'));
  expect(tails[0]!.selector).toMatchObject({ logGroupName: 'g', logStreamName: 's', filterPattern: 'ERROR' });

  tails[0]!.onEvents([event('one\ntwo')]);
  const text = await readUntil(reader, (all) => all.includes('\n\n'));
  const [first] = JSON.parse(/^data: (.*)$/m.exec(text)![1]!) as StoredLogEvent[];
  expect(first!.message).toBe('one\ntwo');

  // Far more than socket buffers hold: the queue fills, the rest is dropped and counted.
  const long = event('x'.repeat(10_000));
  for (let round = 0; round < 10; round += 1) tails[0]!.onEvents(Array<StoredLogEvent>(500).fill(long));
  const rest = await readUntil(reader, (all) => all.includes('event: dropped'));
  const dropped = JSON.parse(/event: dropped\ndata: (.*)/.exec(rest)![1]!) as { count: number };
  const received = rest.match(/x{10000}/g)!.length;
  expect(received + dropped.count).toBe(5_000);

  stopping.abort();
  while (tails.length > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('what is wrong with a request is said', async () => {
  expect((await fetch(`${base}/tail?group=none`)).status).toBe(404);
  const bad = await fetch(`${base}/tail?group=g&pattern=${encodeURIComponent('{ $.a')}`);
  expect([bad.status, await bad.json()]).toEqual([400, { message: expect.stringContaining('Invalid filter pattern') }]);
  expect((await fetch(`${base}/trace?traceId=x`)).status).toBe(400);
});

test('the events of a trace, of the account and region that are meant', async () => {
  const traceId = '1-5f84c7a5-000000000000000000000001';
  const response = await fetch(`${base}/trace?traceId=${traceId}&start=1&end=2&task=a&task=b&limit=9`);
  expect(await response.json()).toMatchObject({ events: [{ message: `123456789012 eu-west-1 ${traceId} a,b 9` }] });
  const elsewhere = await fetch(`${base}/trace?account=1&region=x&traceId=${traceId}&start=1&end=2`);
  expect(await elsewhere.json()).toMatchObject({ events: [{ message: `1 x ${traceId}  1000` }] });
});
