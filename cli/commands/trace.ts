import { CommandError } from '../command-error.ts';
import { type Connection, type ConnectionOptions, connectionFrom } from '../instance.ts';
import { paint } from '../output/style.ts';
import { chainExceptions } from '../trace/chain-exceptions.ts';
import { describeComparison } from '../trace/compare-traces.ts';
import { describeRow } from '../trace/describe-row.ts';
import {
  describeAnnotations,
  describeDeployments,
  describeExceptions,
  describeHead,
  describeLogLines,
  describeMap,
  describeOwnTimes,
  describeSql,
  describeTasks,
  describeThrottles,
  lanesOf,
  section,
} from '../trace/describe-trace.ts';
import { drawTimeline } from '../trace/draw-timeline.ts';
import { standingsOf } from '../trace/find-percent.ts';
import { layOutTrace, type TraceRow } from '../trace/lay-out-trace.ts';
import { readDocuments, readTrace, type WholeTrace } from '../trace/read-trace.ts';

interface TraceOptions extends ConnectionOptions {
  json?: boolean;
  all?: boolean;
  row?: number;
  compare?: string;
}

/** Of a larger trace the first rows are printed, unless all are asked for. */
const rowsMax = 200;
const columnsUsual = 100;

export async function trace(id: string, options: TraceOptions): Promise<void> {
  const connection = connectionFrom(options);
  const whole = await readTrace(connection, id);
  const rows = layOutTrace(whole.documents);
  if (options.json) return console.log(JSON.stringify(toJson(whole, rows)));
  if (options.row !== undefined) return printRow(whole, rows, options.row);
  if (options.compare !== undefined) return printComparison(connection, whole, rows, options.compare);
  printTrace(connection, whole, rows, options.all === true);
}

function printTrace(connection: Connection, whole: WholeTrace, rows: readonly TraceRow[], all: boolean): void {
  const columns = Math.max(60, columnsOf() ?? columnsUsual);
  // What goes into a file or another program keeps its lines.
  const size = { columns: columnsOf() ?? Number.POSITIVE_INFINITY, all };
  const { start, context, logLines } = whole;
  const shown = all ? rows : rows.slice(0, rowsMax);
  const lanes = lanesOf(rows, context, logLines);
  const lines = [
    ...describeHead(whole, rows),
    consoleLink(connection, whole.id),
    '',
    ...drawTimeline(shown, lanes, { start, end: whole.end, columns }, standingsOf(whole.percentiles)),
    paint('gray', '     █ critical path, ▒ beside it; p95: slower than 95 % of its like in 24 h'),
    ...(shown.length < rows.length ? [`... ${rows.length - shown.length} more rows: --all prints them`] : []),
    ...section('Where the time went', describeOwnTimes(rows, size)),
    ...section('Exceptions', describeExceptions(chainExceptions(rows), size)),
    ...section('Throttled', describeThrottles(rows, start, size)),
    ...section('Deployments', describeDeployments(context, size)),
    ...section('Tasks', describeTasks(context, start, size)),
    ...section('Map', describeMap(whole, size)),
    ...section('SQL', describeSql(rows, size)),
    ...section('Annotations', describeAnnotations(rows, size)),
    ...section(`${logLines.length} log lines`, describeLogLines(logLines, start, size)),
    '',
    paint('gray', '--row <number>: its metadata and raw document; --compare <id>: beside another'),
  ];
  console.log(lines.join('\n'));
}

function printRow(whole: WholeTrace, rows: readonly TraceRow[], number: number): void {
  const row = rows[number - 1];
  if (!row) throw new CommandError(`the trace has rows 1 to ${rows.length}`);
  const lines = [
    ...describeRow(row, whole.start, standingsOf(whole.percentiles)(row)),
    ...section(
      'Exceptions',
      describeExceptions(
        chainExceptions(rows).filter((chain) => chain.some((link) => link.row === row)),
        { columns: columnsOf() ?? Number.POSITIVE_INFINITY, all: true },
      ),
    ),
  ];
  console.log(lines.join('\n'));
}

async function printComparison(
  connection: Connection,
  whole: WholeTrace,
  rows: readonly TraceRow[],
  otherId: string,
): Promise<void> {
  const other = await readDocuments(connection, otherId);
  console.log(`here  ${whole.id}\nthere ${other.id}\n`);
  console.log(describeComparison(rows, layOutTrace(other.documents)));
}

/** The answer of BatchGetTraces, and under `hatoba` what that does not tell. */
function toJson({ trace, context, links, percentiles, logLines, services }: WholeTrace, rows: readonly TraceRow[]) {
  const standingOf = standingsOf(percentiles);
  return {
    ...trace,
    hatoba: {
      ...context,
      links,
      services,
      logLines,
      rows: rows.map((row) => ({
        number: row.number,
        ids: row.documents.map((document) => document.id),
        name: row.name,
        kind: row.kind,
        service: row.service,
        depth: row.depth,
        start: row.start,
        end: row.end,
        ownSeconds: row.ownSeconds,
        outcome: row.outcome,
        critical: row.critical,
        standing: standingOf(row) ?? null,
      })),
      exceptions: chainExceptions(rows).map((chain) =>
        chain.map(({ exception, row }) => ({ row: row.number, ...exception })),
      ),
    },
  };
}

const columnsOf = (): number | undefined => process.stdout.columns ?? (Number(process.env.COLUMNS) || undefined);

function consoleLink({ endpoint, account, region }: Connection, id: string): string {
  return `${endpoint.replace(/\/$/, '')}/console/traces/${id}?${new URLSearchParams({ account, region })}`;
}
