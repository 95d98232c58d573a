import { RowReader } from '../stores/telemetry/rows/row-reader.ts';
import type { StoredCall, StoredRequest } from './graph/count-requests.ts';
import { calleeMinutes, type GraphSource, ownerMinutes, startsIn, widen } from './graph/graph-sql.ts';

/** With more rows than this the engine counts them: here they would keep others waiting. */
const rowsMax = 10_000;

const micros = (column: string) => `toUnixTimestamp64Micro(${column})`;
const common = `trace_id, id, parent_id, name, toUInt8(fault * 4 + throttle * 2 + error), in_progress, ${micros('start')}, ${micros('end')}`;

/** Segments of the traces that have a request in the ranges; of the ranges alone where no edges are asked for. */
function segmentsSql({ scope, ranges }: GraphSource, withoutEdges: boolean): string {
  const columns = `SELECT ${common}, type, hash FROM segments WHERE ${scope} AND kind = 'segment'`;
  if (withoutEdges) return `${columns} AND ${startsIn(ranges)} LIMIT ${rowsMax + 1}`;
  const near = { before: ownerMinutes.before, after: calleeMinutes.after };
  return `${columns} AND ${startsIn(widen(ranges, near))} AND trace_id IN (
      SELECT trace_id FROM segments WHERE ${scope} AND ${startsIn(ranges)} AND kind = 'segment'
      UNION ALL SELECT trace_id FROM calls WHERE ${scope} AND ${startsIn(ranges)}) LIMIT ${rowsMax + 1}`;
}

function callsSql({ scope, ranges }: GraphSource): string {
  return `SELECT ${common}, owner_name, owner_type, owner_known, path, target_name, target_type, namespace = 'aws' FROM calls
    WHERE ${scope} AND ${startsIn(widen(ranges, ownerMinutes))} AND (${startsIn(ranges)} OR (namespace = 'aws' AND trace_id IN (
      SELECT trace_id FROM calls WHERE ${scope} AND ${startsIn(ranges)}))) LIMIT ${rowsMax + 1}`;
}

/** What `countRequests` counts; undefined when there is too much of it. */
export async function readRequests(
  queryBytes: (sql: string) => Promise<Buffer>,
  source: GraphSource,
  withoutEdges: boolean,
): Promise<{ segments: StoredRequest[]; calls: StoredCall[] } | undefined> {
  const [segments, calls] = await Promise.all([
    queryBytes(segmentsSql(source, withoutEdges)).then((rows) => readAll(rows, readSegment)),
    withoutEdges ? [] : queryBytes(callsSql(source)).then((rows) => readAll(rows, readCall)),
  ]);
  return segments.length > rowsMax || calls.length > rowsMax ? undefined : { segments, calls };
}

function readAll<Row>(rows: Buffer, readRow: (reader: RowReader) => Row): Row[] {
  const reader = new RowReader(rows);
  const found: Row[] = [];
  while (!reader.isAtEnd) found.push(readRow(reader));
  return found;
}

const readCommon = (reader: RowReader) => ({
  traceId: reader.fixedText(32),
  id: reader.fixedText(16),
  parentId: reader.text(),
  name: reader.text(),
  flags: reader.uint8(),
  inProgress: reader.uint8() === 1,
  startMicros: reader.int64(),
  endMicros: reader.int64(),
});

const readSegment = (reader: RowReader): StoredRequest => ({
  ...readCommon(reader),
  type: reader.text(),
  hash: reader.biguint64(),
});

const readCall = (reader: RowReader): StoredCall => ({
  ...readCommon(reader),
  type: '',
  hash: 0n,
  ownerName: reader.text(),
  ownerType: reader.text(),
  ownerKnown: reader.uint8() === 1,
  path: reader.text(),
  targetName: reader.text(),
  targetType: reader.text(),
  isAws: reader.uint8() === 1,
});
