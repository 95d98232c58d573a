import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { SegmentDocument, TraceId } from '../model.ts';
import { hintCondition } from '../store.ts';
import { readStoredDocument } from '../trace/merge-trace.ts';
import type { DurationPercentiles } from './read-percentiles.ts';
import { type Weighted, weightedPercentiles } from './weighted-percentiles.ts';

const holdersMax = 20;
const namesMax = 200;
const documentsOfTraceMax = 200;
/** Of all holders together; a place among two thousand is right within a percent or two. */
const documentsMax = 4_000;
const slices = 48;
/** Greater ones are not looked at: they would take all the time. */
const documentBytesMax = 65_536;
const parsedAtATime = 200;

/** Documents that hold local subsegments: of one service, or streamed subsegments of one name. */
interface Holder {
  readonly name: string;
  readonly kind: string;
  /** Of the local subsegments in it, as far as this trace has them. */
  readonly names: Set<string>;
}

interface Day {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * How long subsegments took that lie inside other documents and call nobody. No table has them, so documents of each
 * holder are looked at, from every half hour as many, each weighing as much as that half hour had.
 */
export async function sampleNestedPercentiles(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceId: TraceId,
  day: Day,
  now: Date,
): Promise<DurationPercentiles[]> {
  const holders = await readHolders(telemetry, scope, traceId, now);
  const each = Math.floor(documentsMax / Math.max(1, holders.length));
  const found: DurationPercentiles[] = [];
  for (const holder of holders) found.push(...(await sampleHolder(telemetry, scope, holder, day, each)));
  return found;
}

async function readHolders(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceId: TraceId,
  now: Date,
): Promise<Holder[]> {
  const rows = await telemetry.query<{ name: string; kind: string; document: string }>(
    `SELECT name, kind, document FROM segments
     WHERE account = {account:String} AND region = {region:String} AND trace_id = {traceId:String} ${hintCondition([traceId], now)}
       AND notEmpty(subsegment_ids) AND length(document) < ${documentBytesMax} LIMIT ${documentsOfTraceMax}`,
    { account: scope.account, region: scope.region, traceId },
    { timeoutMs: 30_000 },
  );
  const holders = new Map<string, Holder>();
  let names = 0;
  for (const { name, kind, document } of rows) {
    const key = JSON.stringify([name, kind]);
    const holder = holders.get(key) ?? { name, kind, names: new Set<string>() };
    for (const part of localParts(document)) {
      if (names >= namesMax || holder.names.has(part.name)) continue;
      holder.names.add(part.name);
      names += 1;
    }
    if (holder.names.size > 0 && holders.size < holdersMax) holders.set(key, holder);
  }
  return [...holders.values()];
}

async function sampleHolder(
  telemetry: TelemetryStore,
  { account, region }: AccountRegion,
  { name, kind, names }: Holder,
  { fromMs, toMs }: Day,
  limit: number,
): Promise<DurationPercentiles[]> {
  const sliceMs = Math.ceil((toMs - fromMs) / slices);
  const parameters = { account, region, name, kind, from: fromMs, to: toMs };
  const ofHolder = `FROM segments WHERE account = {account:String} AND region = {region:String} AND name = {name:String}
    AND kind = {kind:String} AND in_progress = 0 AND notEmpty(subsegment_ids)
    AND start >= fromUnixTimestamp64Milli({from:Int64}) AND start < fromUnixTimestamp64Milli({to:Int64})`;
  const sliceOf = `toInt32(intDiv(toUnixTimestamp64Milli(start) - {from:Int64}, ${sliceMs}))`;
  const counts = await telemetry.query<{ slice: number; count: number }>(
    `SELECT ${sliceOf} AS slice, count() AS count ${ofHolder} GROUP BY slice`,
    parameters,
    { timeoutMs: 30_000, settings: { output_format_json_quote_64bit_integers: 0 } },
  );
  if (counts.length === 0) return [];
  const ofSlice = Math.max(1, Math.floor(limit / counts.length));
  const sliceSql = ({ slice }: { slice: number }) => {
    const at = (index: number) => `fromUnixTimestamp64Milli(toInt64(${fromMs + index * sliceMs}))`;
    return `SELECT ${slice} AS slice, document ${ofHolder} AND start >= ${at(slice)} AND start < ${at(slice + 1)}
      AND length(document) < ${documentBytesMax} LIMIT ${ofSlice}`;
  };
  const rows = await telemetry.query<{ slice: number; document: string }>(
    counts.map(sliceSql).join('\nUNION ALL\n'),
    parameters,
    // In blocks as large as a granule: no more is read than is taken.
    { timeoutMs: 30_000, settings: { max_block_size: 1024, max_threads: 2 } },
  );
  const taken = new Map<number, number>();
  for (const { slice } of rows) taken.set(slice, (taken.get(slice) ?? 0) + 1);
  const weights = new Map(counts.map(({ slice, count }) => [slice, count / Math.max(1, taken.get(slice) ?? 0)]));
  const isSample = counts.some(({ count }) => count > ofSlice);
  const durations = await durationsIn(rows, names, (slice) => weights.get(slice) ?? 0);
  return [...durations].map(([part, values]) => ({
    kind: 'part',
    service: name,
    name: part,
    count: Math.round(values.reduce((sum, { weight }) => sum + weight, 0)),
    ...(isSample ? { sampled: values.length } : {}),
    micros: weightedPercentiles(values),
  }));
}

async function durationsIn(
  rows: readonly { slice: number; document: string }[],
  names: ReadonlySet<string>,
  weightOf: (slice: number) => number,
): Promise<Map<string, Weighted[]>> {
  const durations = new Map<string, Weighted[]>();
  for (const [index, { slice, document }] of rows.entries()) {
    // Others wait for the same thread.
    if (index % parsedAtATime === parsedAtATime - 1) await nextTurn();
    for (const { name, start_time, end_time } of localParts(document)) {
      if (!names.has(name) || typeof end_time !== 'number') continue;
      const value = { value: Math.max(0, Math.round((end_time - start_time) * 1e6)), weight: weightOf(slice) };
      const values = durations.get(name);
      if (values) values.push(value);
      else durations.set(name, [value]);
    }
  }
  return durations;
}

/** Subsegments inside a document that call nobody; calls are in a table of their own. Not recursive. */
function localParts(text: string): SegmentDocument[] {
  const document = readStoredDocument(text)?.document;
  if (!document) return [];
  const found: SegmentDocument[] = [];
  const waiting = [document];
  for (const part of waiting) {
    for (const child of part.subsegments ?? []) {
      waiting.push(child);
      if (child.namespace !== 'aws' && child.namespace !== 'remote') found.push(child);
    }
  }
  return found;
}
