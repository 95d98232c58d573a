import { awsClients } from '../aws-clients.ts';
import { CommandError } from '../command-error.ts';
import { type Connection, type ConnectionOptions, connectionFrom } from '../instance.ts';
import { formatSeconds, paint, safeText } from '../output/style.ts';
import { layOutTimeline, type SegmentDocument, type SegmentException, type TimelineRow } from '../output/timeline.ts';
import { signedFetch } from '../signed-fetch.ts';

interface TraceOptions extends ConnectionOptions {
  json?: boolean;
  all?: boolean;
}

/** Of a larger trace the first rows are printed, unless all are asked for. */
const rowsMax = 200;

export async function trace(id: string, options: TraceOptions): Promise<void> {
  const traceId = /^[0-9a-f]{32}$/.test(id) ? `1-${id.slice(0, 8)}-${id.slice(8)}` : id;
  const connection = connectionFrom(options);
  const xray = await awsClients(connection).xray();
  const { Traces = [] } = await xray.batchGetTraces({ TraceIds: [traceId] });
  const found = Traces[0];
  if (!found) throw new CommandError(`there is no trace ${traceId} here (any more)`);
  if (options.json) return console.log(JSON.stringify(found));
  const documents = (found.Segments ?? []).map((segment) => JSON.parse(segment.Document ?? '{}') as SegmentDocument);
  const rows = layOutTimeline(documents);
  const start = rows.reduce((least, row) => Math.min(least, row.start), Number.POSITIVE_INFINITY);
  const end = rows.reduce((most, row) => Math.max(most, row.end), 0);
  console.log(`${traceId}  ${formatSeconds(end - start)}  ${new Date(start * 1000).toISOString()}\n`);
  printRows(options.all ? rows : rows.slice(0, rowsMax), { start, end });
  if (!options.all && rows.length > rowsMax) console.log(`... ${rows.length - rowsMax} more rows: --all prints them`);
  const exceptions = rows.flatMap((row) => row.exceptions.map((exception) => ({ row, exception })));
  for (const { row, exception } of exceptions.slice(0, rowsMax)) printException(row, exception, exceptions);
  await printLogLines(connection, traceId, { start, end }, documents);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function printRows(rows: readonly TimelineRow[], { start, end }: Span): void {
  const textOf = (row: TimelineRow) =>
    `${'  '.repeat(Math.min(row.depth, 12))}${safeText(row.name)}${row.folded > 1 ? ` (${row.folded} alike)` : ''}`;
  const nameWidth = Math.min(
    48,
    rows.reduce((most, row) => Math.max(most, textOf(row).length), 0),
  );
  const barWidth = Math.max(20, (process.stdout.columns ?? 100) - nameWidth - 24);
  const total = Math.max(end - start, 1e-9);
  for (const row of rows) {
    const from = Math.floor(((row.start - start) / total) * (barWidth - 1));
    const length = Math.max(1, Math.round(((row.end - row.start) / total) * barWidth));
    // The response waited for what is drawn full.
    const bar = ' '.repeat(from) + (row.critical ? '█' : '▒').repeat(Math.min(length, barWidth - from));
    const colour = row.outcome === 'fault' ? 'red' : row.outcome === 'ok' ? 'green' : 'yellow';
    const name = textOf(row).slice(0, nameWidth).padEnd(nameWidth);
    console.log(
      `${name} ${formatSeconds(row.end - row.start).padStart(9)} ${row.outcome.padEnd(8)} ${paint(colour, bar)}`,
    );
  }
  console.log(`${''.padEnd(nameWidth)} ${''.padStart(18)} █ on the critical path, ▒ beside it`);
}

/** With the one that led to it, if it names one. */
function printException(
  row: TimelineRow,
  exception: SegmentException,
  all: readonly { readonly exception: SegmentException }[],
): void {
  const seen = new Set<SegmentException>();
  let heading = paint('red', `${safeText(row.name)}: ${safeText(exception.type ?? 'exception')}`);
  for (let at: SegmentException | undefined = exception; at && !seen.has(at); ) {
    seen.add(at);
    console.log(`\n${heading}: ${safeText(at.message ?? '')}`);
    for (const frame of at.stack ?? []) {
      console.log(`    at ${safeText(frame.label ?? '')} (${safeText(frame.path ?? '')}:${frame.line ?? 0})`);
    }
    const cause: string | undefined = at.cause;
    at = cause === undefined ? undefined : all.find((other) => other.exception.id === cause)?.exception;
    if (at) heading = `  caused by ${paint('red', safeText(at.type ?? 'exception'))}`;
  }
}

interface LogLine {
  readonly timestampMs: number;
  readonly logStreamName: string;
  readonly message: string;
}

/** Lines that name the trace, and what its tasks wrote meanwhile, with the time since its beginning. */
async function printLogLines(
  connection: Connection,
  traceId: string,
  { start, end }: Span,
  documents: readonly SegmentDocument[],
): Promise<void> {
  const query = new URLSearchParams({
    account: connection.account,
    region: connection.region,
    traceId,
    start: String(Math.floor(start * 1000)),
    end: String(Math.ceil(end * 1000)),
  });
  const tasks = new Set(documents.flatMap(({ aws }) => aws?.ecs?.task_arn ?? []));
  for (const arn of [...tasks].slice(0, 50)) query.append('task', arn);
  const answer = await signedFetch(connection, `/_hatoba/logs/trace?${query}`);
  if (!answer.ok) throw new CommandError(`log lines of the trace: ${answer.status} ${await answer.text()}`);
  const { events } = (await answer.json()) as { events: LogLine[] };
  if (events.length === 0) return;
  console.log(`\n${events.length} log lines`);
  for (const { timestampMs, logStreamName, message } of events) {
    const offset = timestampMs / 1000 - start;
    const time = `${offset < 0 ? '-' : '+'}${formatSeconds(Math.abs(offset))}`.padStart(10);
    console.log(`${paint('gray', time)} ${paint('cyan', safeText(logStreamName))} ${safeText(message).trimEnd()}`);
  }
}
