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
  timestamp?: number;
  message?: string;
  logStreamName?: string;
}

export async function logs(group: string | undefined, options: LogsOptions): Promise<void> {
  const connection = connectionFrom(options);
  if (group === undefined) return listGroups(connection, options.json === true);
  const client = await awsClients(connection).logs();
  const print = (event: Event) => console.log(options.json ? JSON.stringify(event) : formatEvent(event));
  // The live stream is opened first, so that no event falls between the past and the present.
  const live = options.follow ? followEvents(connection, group, options, print) : undefined;
  let nextToken: string | undefined;
  do {
    const page = await client.filterLogEvents({
      logGroupName: group,
      startTime: Date.now() - parseDurationMs(options.since),
      ...(options.filter && { filterPattern: options.filter }),
      ...(options.stream && { logStreamNames: [options.stream] }),
      ...(nextToken && { nextToken }),
    });
    for (const event of page.events ?? []) print(event);
    nextToken = page.nextToken;
  } while (nextToken);
  await live;
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
  print: (event: Event) => void,
) {
  const query = new URLSearchParams({ group, account: connection.account, region: connection.region });
  if (options.stream) query.set('stream', options.stream);
  if (options.filter) query.set('pattern', options.filter);
  const response = await signedFetch(connection, `/_hatoba/logs/tail?${query}`);
  if (!response.ok || !response.body) throw new CommandError(`live tail: ${response.status} ${await response.text()}`);
  let buffered = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    buffered += chunk;
    const blocks = buffered.split('\n\n');
    buffered = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (!data || /^event: (?!events|message)/m.test(block)) continue;
      const parsed = JSON.parse(data) as Event | Event[] | { events: Event[] };
      const events = Array.isArray(parsed) ? parsed : 'events' in parsed ? parsed.events : [parsed];
      for (const event of events)
        print({ ...event, timestamp: event.timestamp ?? (event as { timestampMs?: number }).timestampMs });
    }
  }
}
