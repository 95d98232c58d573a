import type { ServerResponse } from 'node:http';
import { BoundedQueue } from '../platform/bounded-queue.ts';
import { AwsError } from '../wire/aws/aws-error.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { HttpRoute } from '../wire/aws/service-table.ts';
import type { LogSelector, Logs, StoredLogEvent } from './index.ts';

type TailAndTrace = Pick<Logs, 'tail' | 'logGroupExists' | 'eventsOfTrace'>;

/** Events that wait for a slow reader; what comes on top is dropped, counted, and the reader is told. */
const waitingCharactersMax = 16 * 1024 * 1024;
const charactersPerMessageMax = 256 * 1024;
const heartbeatMs = 15_000;
const traceEventsMax = 1_000;

/**
 * `GET /_hatoba/logs/tail?account=&region=&group=[&stream=][&pattern=]`: server-sent events `events` (a JSON array of
 * stored events) and `dropped` (`{"count":n}`).
 * `GET /_hatoba/logs/trace?account=&region=&traceId=&start=&end=[&task=...][&limit=]`: `{"events":[...]}`, times in ms.
 * Account and region are those of `home` where the address names none.
 */
export function logsRoutes(logs: TailAndTrace, home: AccountRegion): HttpRoute[] {
  return [
    {
      method: 'GET',
      path: '/_hatoba/logs/tail',
      async handle(_, response, url) {
        await answerErrors(response, async () => {
          const selector = toSelector(url.searchParams, home);
          if (!(await logs.logGroupExists(selector, selector.logGroupName))) {
            sendJson(response, 404, { message: 'The specified log group does not exist.' });
            return;
          }
          streamTail(logs, selector, response);
        });
      },
    },
    {
      method: 'GET',
      path: '/_hatoba/logs/trace',
      async handle(_, response, url) {
        await answerErrors(response, async () => {
          const query = url.searchParams;
          const [startMs, endMs] = [Number(query.get('start')), Number(query.get('end'))];
          const traceId = query.get('traceId') ?? '';
          if (!/^(1-)?[0-9a-f-]{32,35}$/i.test(traceId) || !(startMs > 0) || !(endMs >= startMs)) {
            sendJson(response, 400, { message: 'traceId, start and end (milliseconds) are needed.' });
            return;
          }
          const limit = Math.min(Number(query.get('limit')) || traceEventsMax, traceEventsMax);
          const trace = { traceId, startMs, endMs, taskArns: query.getAll('task') };
          sendJson(response, 200, { events: await logs.eventsOfTrace(scopeOf(query, home), trace, limit) });
        });
      },
    },
  ];
}

const scopeOf = (query: URLSearchParams, home: AccountRegion) => ({
  account: query.get('account') || home.account,
  region: query.get('region') || home.region,
});

function toSelector(query: URLSearchParams, home: AccountRegion): LogSelector {
  const [stream, pattern] = [query.get('stream'), query.get('pattern')];
  return {
    ...scopeOf(query, home),
    logGroupName: query.get('group') ?? '',
    ...(stream && { logStreamName: stream }),
    ...(pattern && { filterPattern: pattern }),
  };
}

function streamTail(logs: TailAndTrace, selector: LogSelector, response: ServerResponse): void {
  const queue = new BoundedQueue<StoredLogEvent>(waitingCharactersMax);
  let reportedDrops = 0;
  let flowing = true;
  const write = (name: string, data: unknown) => {
    flowing = response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const drain = () => {
    while (flowing && queue.length > 0) write('events', queue.take(charactersPerMessageMax));
    if (!flowing || queue.refusedCount === reportedDrops) return;
    write('dropped', { count: queue.refusedCount - reportedDrops });
    reportedDrops = queue.refusedCount;
  };
  // The pattern is read before the answer begins, so that a bad one is still a 400.
  const stop = logs.tail(selector, (events) => {
    for (const event of events) queue.offer(event, event.message.length + 200);
    drain();
  });
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  write('started', { group: selector.logGroupName });
  response.on('drain', () => {
    flowing = true;
    drain();
  });
  const heartbeat = setInterval(() => {
    if (flowing) flowing = response.write(': still here\n\n');
  }, heartbeatMs);
  response.on('close', () => {
    clearInterval(heartbeat);
    stop();
  });
}

async function answerErrors(response: ServerResponse, answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    sendJson(response, 400, { message: error.message });
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
