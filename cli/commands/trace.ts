import { awsClients } from '../aws-clients.ts';
import { CommandError } from '../command-error.ts';
import { type ConnectionOptions, connectionFrom } from '../instance.ts';
import { formatSeconds, paint, safeText } from '../output/style.ts';
import { layOutTimeline, type SegmentDocument, type TimelineRow } from '../output/timeline.ts';

interface TraceOptions extends ConnectionOptions {
  json?: boolean;
}

export async function trace(id: string, options: TraceOptions): Promise<void> {
  const traceId = /^[0-9a-f]{32}$/.test(id) ? `1-${id.slice(0, 8)}-${id.slice(8)}` : id;
  const xray = await awsClients(connectionFrom(options)).xray();
  const { Traces = [] } = await xray.batchGetTraces({ TraceIds: [traceId] });
  const found = Traces[0];
  if (!found) throw new CommandError(`there is no trace ${traceId} here (any more)`);
  if (options.json) return console.log(JSON.stringify(found));
  const documents = (found.Segments ?? []).map((segment) => JSON.parse(segment.Document ?? '{}') as SegmentDocument);
  const rows = layOutTimeline(documents);
  const start = Math.min(...rows.map((row) => row.start));
  const end = Math.max(...rows.map((row) => row.end));
  console.log(`${traceId}  ${formatSeconds(end - start)}  ${new Date(start * 1000).toISOString()}\n`);
  const nameWidth = Math.min(48, Math.max(...rows.map((row) => row.depth * 2 + row.name.length)));
  const barWidth = Math.max(20, (process.stdout.columns ?? 100) - nameWidth - 24);
  for (const row of rows) console.log(formatRow(row, { start, end, nameWidth, barWidth }));
  for (const row of rows) printExceptions(row);
}

function formatRow(
  row: TimelineRow,
  scale: { start: number; end: number; nameWidth: number; barWidth: number },
): string {
  const total = Math.max(scale.end - scale.start, 1e-9);
  const from = Math.floor(((row.start - scale.start) / total) * (scale.barWidth - 1));
  const length = Math.max(1, Math.round(((row.end - row.start) / total) * scale.barWidth));
  const name = `${'  '.repeat(row.depth)}${safeText(row.name)}`.slice(0, scale.nameWidth).padEnd(scale.nameWidth);
  const bar = ' '.repeat(from) + '█'.repeat(Math.min(length, scale.barWidth - from));
  const colour = row.outcome === 'fault' ? 'red' : row.outcome === 'ok' ? 'green' : 'yellow';
  return `${name} ${formatSeconds(row.end - row.start).padStart(9)} ${row.outcome.padEnd(8)} ${paint(colour, bar)}`;
}

function printExceptions(row: TimelineRow): void {
  for (const exception of row.exceptions) {
    console.log(
      `\n${paint('red', `${safeText(row.name)}: ${safeText(exception.type ?? 'exception')}`)}: ${safeText(exception.message ?? '')}`,
    );
    for (const frame of exception.stack ?? []) {
      console.log(`    at ${safeText(frame.label ?? '')} (${safeText(frame.path ?? '')}:${frame.line ?? 0})`);
    }
  }
}
