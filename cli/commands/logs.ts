import { awsClients } from '../aws-clients.ts';
import { CommandError } from '../command-error.ts';
import { parseDurationMs } from '../duration.ts';
import { type Connection, type ConnectionOptions, connectionFrom } from '../instance.ts';
import { paint, safeText } from '../output/style.ts';
import { formatTable } from '../output/table.ts';
import { signedFetch } from '../signed-fetch.ts';

interface LogsOptions extends ConnectionOptions {
  follow?: boolean;
  filter?: string;
  stream?: string;
  since: string;
  json?: boolean;
}

interface Event {
  eventId?: string;
  timestamp?: number;
  message?: string;
  logStreamName?: string;
}

export async function logs(group: string | undefined, options: LogsOptions): Promise<void> {
  const connection = connectionFrom(options);
  if (group === undefined) return listGroups(connection, options.json === true);
  const print = (event: Event) => console.log(options.json ? JSON.stringify(event) : formatEvent(event));
  if (!options.follow) return printPast(connection, group, options, print);
  const over = new AbortController();
  const printed = new Set<string>();
  const waiting: Event[] = [];
  let isPastPrinted = false;
  const printLive = (event: Event) => {
    if (!printed.delete(event.eventId ?? '')) print(event);
  };
  // The live stream is opened first, so that no event falls between the past and the present, and held until the past is printed.
  const live = followEvents(connection, group, options, over.signal, (event) => {
    if (isPastPrinted) printLive(event);
    else waiting.push(event);
  });
  const past = printPast(connection, group, options, (event) => {
    printed.add(event.eventId ?? '');
    print(event);
  }).then(() => {
    isPastPrinted = true;
    for (const event of waiting.splice(0)) printLive(event);
  });
  try {
    await Promise.all([past, live]);
  } finally {
    over.abort();
  }
}

async function printPast(
  connection: Connection,
  group: string,
  options: LogsOptions,
  print: (event: Event) => void,
): Promise<void> {
  const client = await awsClients(connection).logs();
  const startTime = Date.now() - parseDurationMs(options.since);
  let nextToken: string | undefined;
  do {
    const page = await client.filterLogEvents({
      logGroupName: group,
      startTime,
      ...(options.filter && { filterPattern: options.filter }),
      ...(options.stream && { logStreamNames: [options.stream] }),
      ...(nextToken && { nextToken }),
    });
    for (const event of page.events ?? []) print(event);
    nextToken = page.nextToken;
  } while (nextToken);
}

const formatEvent = (event: Event): string => {
  const time = new Date(event.timestamp ?? 0).toISOString();
  return `${paint('gray', time)} ${paint('cyan', safeText(event.logStreamName ?? ''))} ${safeText(event.message ?? '').trimEnd()}`;
};

async function listGroups(connection: Connection, asJson: boolean): Promise<void> {
  const client = await awsClients(connection).logs();
  const { logGroups = [] } = await client.describeLogGroups({});
  if (asJson) return console.log(JSON.stringify(logGroups));
  if (logGroups.length === 0) {
    console.log('There is no log group yet. Tasks with the awslogs driver make theirs when they start.');
    return;
  }
  console.log(
    formatTable(
      ['log group', 'bytes', 'retention'],
      logGroups.map((group) => [
        safeText(group.logGroupName ?? ''),
        group.storedBytes ?? 0,
        group.retentionInDays ? `${group.retentionInDays} days` : 'never expires',
      ]),
    ),
  );
}

/** Server-sent events of the live tail until the server goes away or the person presses Ctrl-C. */
async function followEvents(
  connection: Connection,
  group: string,
  options: LogsOptions,
  signal: AbortSignal,
  print: (event: Event) => void,
): Promise<void> {
  const query = new URLSearchParams({ group, account: connection.account, region: connection.region });
  if (options.stream) query.set('stream', options.stream);
  if (options.filter) query.set('pattern', options.filter);
  const response = await signedFetch(connection, `/_hatoba/logs/tail?${query}`, signal);
  if (!response.ok || !response.body) throw new CommandError(`live tail: ${response.status} ${await response.text()}`);
  let buffered = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    buffered += chunk;
    const blocks = buffered.split('\n\n');
    buffered = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/m.exec(block) ?? [];
      if (name === 'dropped') console.error(`hatoba: events come too fast: ${JSON.parse(data).count} were left out`);
      if (name !== 'events') continue;
      const events = JSON.parse(data) as (Event & { timestampMs: number })[];
      for (const { timestampMs, ...event } of events) print({ ...event, timestamp: timestampMs });
    }
  }
}
