import type { BareEngine } from './support/engine.ts';

/**
 * Spans in the shape that Jaeger's benchmark publishes: traces of 10 spans, 10 services, 11 attributes each from 97 keys
 * with 1,000 values, spread evenly over seven days. Of each trace five spans are segments of services that call each
 * other in a chain; the other five are the calls, the last of them to a database that reports nothing. Everything is a
 * hash of the seed and a number, so a seed gives the same rows anywhere; the engine makes them itself.
 */
export interface DataPlan {
  readonly spans: number;
  readonly seed: number;
  /** Epoch seconds of the newest trace. */
  readonly endSeconds: number;
}

const spanDays = 7;
export const spansPerTrace = 10;
const rangeSeconds = spanDays * 86_400;
const chunkSpans = 100_000;

/** Epoch microseconds at which a trace starts. */
const traceStart = (plan: DataPlan, trace: string): string =>
  `toInt64(${(plan.endSeconds - rangeSeconds) * 1e6} + ${trace} * ${(rangeSeconds * 1e6) / (plan.spans / spansPerTrace)})`;

const hash = (plan: DataPlan, ...parts: (string | number)[]) => `sipHash64(${[plan.seed, ...parts].join(', ')})`;

const traceIdSql = (plan: DataPlan, trace: string): string =>
  `lower(concat(leftPad(hex(toUInt32(intDiv(${traceStart(plan, trace)}, 1000000))), 8, '0'), substring(hex(sipHash128(${plan.seed}, ${trace})), 1, 24)))`;

export const traceIdsSql = (plan: DataPlan, traces: readonly number[]): string =>
  `SELECT ${traceIdSql(plan, 'n')} AS id FROM (SELECT arrayJoin([${traces.join(', ')}]::Array(UInt64)) AS n)`;

const createSource = `CREATE TABLE IF NOT EXISTS source (
  trace UInt64, position UInt8, trace_id String, id String, parent_id String, service String, callee String,
  operation String, start Int64, end Int64, status UInt16, keys Array(String), values Array(String)) ENGINE = Memory`;

/** One chunk of spans, as plain columns that both layouts are made of. */
function sourceSql(plan: DataPlan, first: number, count: number): string {
  const spanId = (number: string) => `leftPad(lower(hex(${hash(plan, number)})), 16, '0')`;
  const service = (step: string) =>
    `concat('service-', toString((${hash(plan, 'trace', 1)} + (${step}) * (1 + ${hash(plan, 'trace', 2)} % 3)) % 10))`;
  return `INSERT INTO source SELECT
    intDiv(number, ${spansPerTrace}) AS trace, number % ${spansPerTrace} AS position, ${traceIdSql(plan, 'trace')},
    ${spanId('number')}, if(position = 0, '', ${spanId('number - 1')}),
    ${service('intDiv(position, 2)')}, if(position = 9, 'db.local', ${service('intDiv(position, 2) + 1')}),
    concat('op-', toString(${hash(plan, 'trace', 3)} % 20)),
    ${traceStart(plan, 'trace')} + position * intDiv(total, 40) AS start, start + intDiv(total * (20 - position), 20),
    multiIf(${hash(plan, 'trace', 4)} % 100 = 0, 500, ${hash(plan, 'trace', 4)} % 100 < 4, 404, 200),
    arrayMap(i -> concat('attr_', toString((${hash(plan, 'number', 5)} + i * 8) % 97)), range(11)),
    arrayMap(i -> concat('value-', toString(${hash(plan, 'number', 'i + 10')} % 1000)), range(11))
  FROM (SELECT number, toInt64(10000 - 200000 * log((${hash(plan, `intDiv(number, ${spansPerTrace})`, 6)} % 1000000 + 1) / 1000001)) AS total
    FROM numbers(${first}, ${count}))
  SETTINGS max_insert_threads = 1`;
}

const isCall = 'position % 2 = 1';
const url =
  "concat('http://', if(position % 2 = 1, callee, service), '.local/api/', operation, '?page=', toString(trace % 50))";
const xrayTraceId = "concat('1-', substring(trace_id, 1, 8), '-', substring(trace_id, 9))";
const pairs = `arrayMap((k, v) -> concat('"', k, '":"', v, '"'), keys, values)`;
const seconds = (column: string) =>
  `concat(toString(intDiv(${column}, 1000000)), '.', leftPad(toString(${column} % 1000000), 6, '0'))`;
const documentSql = `concat('{"id":"', id, '","name":"', if(${isCall}, callee, service), '","trace_id":"', ${xrayTraceId},
  '","start_time":', ${seconds('source.start')}, ',"end_time":', ${seconds('source.end')},
  if(position = 0, '', concat(',"parent_id":"', parent_id, '"')), if(${isCall}, ',"type":"subsegment","namespace":"remote"', ''),
  multiIf(status >= 500, ',"fault":true', status >= 400, ',"error":true', ''),
  ',"http":{"request":{"method":"GET","url":"', ${url}, '"},"response":{"status":', toString(status), '}}',
  ',"annotations":{', arrayStringConcat(${pairs}, ','), '}}')`;
const times = 'fromUnixTimestamp64Micro(source.start) AS start, fromUnixTimestamp64Micro(source.end) AS end';
const flags = 'status >= 500 AS fault, status >= 400 AND status < 500 AS error';

/** The rows that hatoba would have stored for these spans. */
const segmentsSql = `INSERT INTO segments (account, region, trace_id, id, parent_id, kind, name, start, end, fault, error,
    http_method, http_url, http_status, annotations, source, document, stored)
  SELECT '000000000000', 'us-east-1', trace_id, id, parent_id, if(${isCall}, 'subsegment', 'segment'), if(${isCall}, callee, service),
    ${times}, ${flags}, 'GET', ${url}, status, arrayMap((k, v) -> concat(k, '="', v, '"'), keys, values), 'otlp-http',
    ${documentSql}, fromUnixTimestamp64Milli(intDiv(source.end, 1000) + 1000)
  FROM source ORDER BY trace SETTINGS max_insert_threads = 1`;

const callsSql = `INSERT INTO calls (account, region, trace_id, id, parent_id, owner_name, owner_known, name, namespace, target_name,
    target_type, path, start, end, fault, error, http_method, http_url, http_status, stored)
  SELECT '000000000000', 'us-east-1', trace_id, id, parent_id, service, 1, callee, 'remote', callee, 'remote',
    concat('/api/', operation), ${times}, ${flags}, 'GET', ${url}, status, fromUnixTimestamp64Milli(intDiv(source.end, 1000) + 1000)
  FROM source WHERE ${isCall} ORDER BY trace SETTINGS max_insert_threads = 1`;

/**
 * The layout that Jaeger publishes for ClickHouse, as far as these spans fill it: ordered by service, operation and
 * second, attributes as arrays of keys and of values by type, a bloom filter on the trace id, a least and a greatest
 * duration, and a table with the times of each trace that a view keeps.
 */
const baselineTables = [
  `CREATE TABLE IF NOT EXISTS baseline_spans (
    id String, trace_id String, trace_state String, parent_span_id String, name String, kind String,
    start_time DateTime64(9), status_code String, status_message String, duration Int64,
    bool_attributes Nested (key String, value Bool), double_attributes Nested (key String, value Float64),
    int_attributes Nested (key String, value Int64), str_attributes Nested (key String, value String),
    complex_attributes Nested (key String, value String), service_name String,
    resource_str_attributes Nested (key String, value String), scope_name String, scope_version String,
    INDEX bloom_trace trace_id TYPE bloom_filter GRANULARITY 1, INDEX minmax_duration duration TYPE minmax GRANULARITY 1
  ) ENGINE = MergeTree PARTITION BY toDate(start_time) ORDER BY (service_name, name, toDateTime(start_time))`,
  `CREATE TABLE IF NOT EXISTS baseline_trace_times (trace_id String, start SimpleAggregateFunction(min, DateTime64(9)),
    end SimpleAggregateFunction(max, DateTime64(9))) ENGINE = AggregatingMergeTree ORDER BY trace_id`,
  `CREATE MATERIALIZED VIEW IF NOT EXISTS baseline_trace_times_view TO baseline_trace_times AS
    SELECT trace_id, min(start_time) AS start, max(start_time) AS end FROM baseline_spans GROUP BY trace_id`,
];

/** The HTTP attributes that hatoba has columns for are attributes there. */
const baselineSql = `INSERT INTO baseline_spans (id, trace_id, parent_span_id, name, kind, start_time, status_code, duration,
    int_attributes.key, int_attributes.value, str_attributes.key, str_attributes.value, service_name)
  SELECT id, trace_id, parent_id, operation, if(${isCall}, 'client', 'server'), fromUnixTimestamp64Micro(source.start),
    if(status >= 400, 'Error', 'Ok'), (end - start) * 1000, ['http.response.status_code'], [toInt64(status)],
    arrayConcat(keys, ['http.request.method', 'url.full']), arrayConcat(values, ['GET', ${url}]), service
  FROM source ORDER BY trace SETTINGS max_insert_threads = 1`;

export interface LoadResult {
  /** Processor time of the engine a span, merges of that time included. */
  readonly ours: number;
  readonly baseline: number;
}

/** Fills hatoba's tables, which must exist, and the baseline's. */
export async function loadData(engine: BareEngine, plan: DataPlan, withBaseline: boolean): Promise<LoadResult> {
  await engine.run(createSource);
  for (const sql of withBaseline ? baselineTables : []) await engine.run(sql);
  const used = { ours: 0, baseline: 0 };
  const measured = async (layout: keyof typeof used, statements: readonly string[]) => {
    const beforeMs = engine.cpuMs();
    for (const sql of statements) await engine.run(sql);
    used[layout] += engine.cpuMs() - beforeMs;
  };
  for (let first = 0; first < plan.spans; first += chunkSpans) {
    await engine.run(sourceSql(plan, first, Math.min(chunkSpans, plan.spans - first)));
    await measured('ours', [segmentsSql, callsSql]);
    if (withBaseline) await measured('baseline', [baselineSql]);
    await engine.run('TRUNCATE TABLE source');
    if ((first / chunkSpans) % 10 === 9)
      console.log(`  ${((first + chunkSpans) / 1e6).toFixed(1)} million spans loaded`);
  }
  await engine.run('DROP TABLE source');
  return { ours: (used.ours * 1000) / plan.spans, baseline: (used.baseline * 1000) / plan.spans };
}

/** One trace with the given number of spans, each the child of one of the ten before it. */
export async function loadGiantTrace(
  engine: BareEngine,
  traceId: string,
  spans: number,
  endSeconds: number,
): Promise<void> {
  const id = (number: string) => `leftPad(lower(hex(toUInt64(${number}) + 1)), 16, '0')`;
  const parent = 'toUInt64(number - 1 - least(number - 1, sipHash64(number) % 10))';
  const start = `toInt64(${(endSeconds - 60) * 1e6} + number * 100)`;
  await engine.run(`INSERT INTO segments (account, region, trace_id, id, parent_id, kind, name, start, end, source, document, stored)
    SELECT '000000000000', 'us-east-1', '${traceId}', ${id('number')} AS id, if(number = 0, '', ${id(parent)}) AS parent_id,
      if(number = 0, 'segment', 'subsegment'), if(number = 0, 'giant', concat('step-', toString(number % 100))) AS name,
      fromUnixTimestamp64Micro(${start}), fromUnixTimestamp64Micro(${start} + 5000), 'otlp-http',
      concat('{"id":"', id, '","name":"', name, '","trace_id":"1-', substring('${traceId}', 1, 8), '-', substring('${traceId}', 9),
        '","start_time":', toString(${start} / 1e6), ',"end_time":', toString((${start} + 5000) / 1e6),
        if(number = 0, '', concat(',"parent_id":"', parent_id, '","type":"subsegment"')), '}'),
      fromUnixTimestamp64Milli(${endSeconds * 1000})
    FROM numbers(${spans})`);
}
