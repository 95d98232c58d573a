/**
 * Reading traces through the public API, beside the same spans in the same engine under the layout that Jaeger
 * publishes for ClickHouse. Times are until the last byte of an answer, over many runs with different values.
 *
 *   node --import tsx bench/query.ts [spans | --full] [--no-baseline] [--keep DIRECTORY [--only-load]] [--only PART-OF-NAME]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/platform/clock.ts';
import { ensureTables, readTableDefinitions } from '../src/stores/telemetry/load-tables.ts';
import { startHatoba } from '../test/support/hatoba-process.ts';
import { type DataPlan, loadData, loadGiantTrace, spansPerTrace, traceIdsSql } from './query-data.ts';
import { callXray, closeConnections } from './support/api.ts';
import { type BareEngine, openEngine } from './support/engine.ts';
import './support/end-on-signal.ts';
import { cpuMs, describeMachine, engineOf } from './support/machine.ts';
import { printBar, quantile, round } from './support/report.ts';

const hourSeconds = 3600;
const sixHours = 6 * hourSeconds;
const sevenDays = 7 * 86_400;
const giantSpans = 100_000;
const settleMsMax = 3_600_000;
/** Of every question over hours, and over days. */
const runsOfShort = Number(process.env.BENCH_RUNS ?? 20);
const runsOfLong = Math.ceil(runsOfShort / 5);

interface Range {
  readonly start: number;
  readonly end: number;
}

/** One question, asked of both. `random` gives numbers from 0 to 1 that are the same for both. */
interface Question {
  readonly name: string;
  readonly barMs?: number;
  readonly runs: number;
  readonly limitedBy?: string;
  ours(endpoint: string, random: () => number): Promise<number>;
  baseline(random: () => number): string;
}

const options = process.argv.slice(2);
const isFull = options.includes('--full');
const keepAt = options.indexOf('--keep');
const keepDirectory = keepAt === -1 ? undefined : options[keepAt + 1];
const spans = Number(options.find((option) => /^\d+$/.test(option)) ?? (isFull ? 10_000_000 : 1_000_000));
const withBaseline = !options.includes('--no-baseline');
const onlyLoad = options.includes('--only-load');
const onlyAt = options.indexOf('--only');
const only = onlyAt === -1 ? '' : (options[onlyAt + 1] ?? '');

async function main(): Promise<void> {
  const dataDirectory = keepDirectory ?? mkdtempSync(join(tmpdir(), 'hatoba-bench-'));
  // Whole minutes, and a minute of rest before now, so that nothing counts as on its way.
  const plan = readPlan(dataDirectory) ?? {
    spans,
    seed: 42,
    endSeconds: Math.floor(systemClock.now().getTime() / 60_000) * 60 - 600,
  };
  console.log(`query: ${plan.spans / 1e6} million spans; ${describeMachine()}`);
  try {
    await load(dataDirectory, plan);
    if (onlyLoad) return;
    const all = makeQuestions(plan, await pickTraceIds(dataDirectory, plan));
    const questions = all.filter(({ name }) => name.includes(only));
    const ours = await askHatoba(dataDirectory, questions);
    const baseline = withBaseline ? await askBaseline(dataDirectory, questions) : new Map();
    report(questions, ours, baseline);
  } finally {
    closeConnections();
    if (!keepDirectory) rmSync(dataDirectory, { recursive: true, force: true });
  }
}

/** What a kept directory holds. */
function readPlan(dataDirectory: string): DataPlan | undefined {
  const file = join(dataDirectory, 'plan.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

const giantTraceId = (plan: DataPlan): string => (plan.endSeconds - 60).toString(16).padStart(8, '0') + 'ab'.repeat(12);

async function load(dataDirectory: string, plan: DataPlan): Promise<void> {
  if (readPlan(dataDirectory)) return;
  const engine = await openEngine(dataDirectory);
  await ensureTables(readTableDefinitions(), { query: (sql) => engine.query(sql), command: (sql) => engine.run(sql) });
  const cpu = await loadData(engine, plan, withBaseline);
  await loadGiantTrace(engine, giantTraceId(plan), giantSpans, plan.endSeconds);
  await mergesDone(engine);
  const bytes = await bytesByTable(engine);
  const ours = (bytes.get('segments') ?? 0) + (bytes.get('calls') ?? 0);
  const theirs = (bytes.get('baseline_spans') ?? 0) + (bytes.get('baseline_trace_times') ?? 0);
  console.log(
    `bytes a span: ${round(ours / plan.spans, 0)} (segments ${round((bytes.get('segments') ?? 0) / plan.spans, 0)}, with the document as it was sent)`,
  );
  console.log(`processor time to insert: ${round(cpu.ours)} us a span`);
  if (withBaseline) {
    console.log(`baseline: ${round(theirs / plan.spans, 0)} bytes, ${round(cpu.baseline)} us a span`);
    console.log(
      `ratio: ${round(ours / theirs, 2)} of its bytes, ${round(cpu.ours / cpu.baseline, 2)} of its time to insert`,
    );
  }
  await engine.stop();
  writeFileSync(join(dataDirectory, 'plan.json'), JSON.stringify(plan));
}

async function mergesDone(engine: BareEngine): Promise<void> {
  for (let wait = 0; wait < 60; wait += 1) {
    const [row] = await engine.query<{ count: string }>('SELECT count() AS count FROM system.merges');
    if (row?.count === '0') return;
    await systemClock.sleep(1000);
  }
}

async function bytesByTable(engine: BareEngine): Promise<Map<string, number>> {
  const rows = await engine.query<{ table: string; bytes: string }>(
    'SELECT table, sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table',
  );
  return new Map(rows.map(({ table, bytes }) => [table, Number(bytes)]));
}

async function pickTraceIds(dataDirectory: string, plan: DataPlan): Promise<string[]> {
  const engine = await openEngine(dataDirectory);
  const random = randomNumbers(7);
  const numbers = Array.from({ length: 100 }, () => Math.floor(random() * (plan.spans / spansPerTrace)));
  const rows = await engine.query<{ id: string }>(traceIdsSql(plan, numbers));
  await engine.stop();
  return rows.map(({ id }) => id);
}

function makeQuestions(plan: DataPlan, traceIds: readonly string[]): Question[] {
  const newest = { start: plan.endSeconds - sevenDays, end: plan.endSeconds };
  const rangeOf =
    (seconds: number) =>
    (random: () => number): Range => {
      const end = plan.endSeconds - Math.floor(random() * (sevenDays - seconds));
      return { start: end - seconds, end };
    };
  const anyTrace = (random: () => number) => traceIds[Math.floor(random() * traceIds.length)]!;
  const questions: Question[] = [
    {
      name: 'trace by id',
      barMs: 25,
      runs: runsOfShort * 2,
      limitedBy: 'unpacking the granules that hold its documents',
      ours: (endpoint, random) => readTrace(endpoint, anyTrace(random), spansPerTrace),
      baseline: (random) => baselineTrace(`'${anyTrace(random)}'`),
    },
    {
      name: `trace of ${giantSpans.toLocaleString('en')} spans`,
      runs: 3,
      ours: (endpoint) => readTrace(endpoint, giantTraceId(plan), 1),
      baseline: () => '',
    },
  ];
  for (const [label, seconds, runs] of [
    ['6 h', sixHours, runsOfShort],
    ['7 d', sevenDays, runsOfLong],
  ] as const) {
    const range = seconds === sevenDays ? () => newest : rangeOf(seconds);
    for (const filter of filters) {
      questions.push({
        name: `summaries ${filter.name}, ${label}`,
        barMs: filter.barMs,
        runs,
        ours: (endpoint, random) => readSummaries(endpoint, range(random), filter.expression(random)),
        baseline: (random) => baselineSearch(range(random), filter.sql(random)),
      });
    }
  }
  for (const [label, seconds, runs, barMs] of [
    ['1 h', hourSeconds, runsOfShort, undefined],
    ['6 h', sixHours, runsOfShort, 100],
    ['7 d', sevenDays, Math.ceil(runsOfLong / 2), undefined],
  ] as const) {
    const range = seconds === sevenDays ? () => newest : rangeOf(seconds);
    questions.push({
      name: `map over ${label}`,
      ...(barMs === undefined ? {} : { barMs }),
      runs,
      limitedBy: 'planning the queries of the minutes that the range cuts, which are joined',
      ours: (endpoint, random) => readMap(endpoint, range(random)),
      baseline: (random) => baselineMap(range(random)),
    });
  }
  for (const [label, seconds, period] of [
    ['1 h', hourSeconds, 60],
    ['6 h', sixHours, 60],
    ['7 d', sevenDays, 3600],
  ] as const) {
    const range = seconds === sevenDays ? () => newest : rangeOf(seconds);
    questions.push({
      name: `time series over ${label}, by ${period} s`,
      runs: runsOfShort,
      ours: (endpoint, random) => readSeries(endpoint, range(random), period),
      baseline: (random) => baselineSeries(range(random), period),
    });
  }
  return questions;
}

interface Filter {
  readonly name: string;
  readonly barMs: number;
  expression(random: () => number): string;
  sql(random: () => number): string;
}

const pick = (random: () => number, count: number) => Math.floor(random() * count);
const attributeSql = (key: number, value: number) =>
  `arrayExists((k, v) -> k = 'attr_${key}' AND v = 'value-${value}', str_attributes.key, str_attributes.value)`;

const filters: readonly Filter[] = [
  { name: 'unfiltered', barMs: 50, expression: () => '', sql: () => 'true' },
  {
    name: 'by service',
    barMs: 50,
    expression: (random) => `service("service-${pick(random, 10)}")`,
    sql: (random) => `service_name = 'service-${pick(random, 10)}'`,
  },
  {
    name: 'by service and operation',
    barMs: 50,
    expression: (random) => `service("service-${pick(random, 10)}") { http.url CONTAINS "/op-${pick(random, 20)}?" }`,
    sql: (random) => `service_name = 'service-${pick(random, 10)}' AND name = 'op-${pick(random, 20)}'`,
  },
  {
    name: 'by duration range',
    barMs: 50,
    expression: (random) => durationRange(random, (from, to) => `duration >= ${from} AND duration < ${to}`),
    sql: (random) => durationRange(random, (from, to) => `duration >= ${from * 1e9} AND duration < ${to * 1e9}`),
  },
  {
    name: 'by annotation equality',
    barMs: 100,
    expression: (random) => `annotation.attr_${pick(random, 97)} = "value-${pick(random, 1000)}"`,
    sql: (random) => attributeSql(pick(random, 97), pick(random, 1000)),
  },
  {
    name: 'by all of them',
    barMs: 100,
    expression: (random) =>
      `service("service-${pick(random, 10)}") AND annotation.attr_${pick(random, 97)} = "value-${pick(random, 1000)}" AND duration > 0.05`,
    sql: (random) =>
      `service_name = 'service-${pick(random, 10)}' AND ${attributeSql(pick(random, 97), pick(random, 1000))} AND duration > 50000000`,
  },
];

function durationRange(random: () => number, format: (from: number, to: number) => string): string {
  const from = Math.round((0.4 + random() * 0.4) * 1000) / 1000;
  return format(from, Math.round((from + 0.1) * 1000) / 1000);
}

async function readTrace(endpoint: string, traceId: string, segmentsMin: number): Promise<number> {
  const id = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
  const { output, ms } = await callXray(endpoint, '/Traces', { TraceIds: [id] });
  if (!(output.Traces[0]?.Segments.length >= 1)) throw new Error(`trace ${id} was not found`);
  if (segmentsMin > 1 && JSON.stringify(output.Traces[0]).split('\\"id\\"').length - 1 < segmentsMin) {
    throw new Error(`trace ${id} is not whole`);
  }
  return ms;
}

async function readSummaries(endpoint: string, range: Range, filterExpression: string): Promise<number> {
  const { ms } = await callXray(endpoint, '/TraceSummaries', {
    StartTime: range.start,
    EndTime: range.end,
    ...(filterExpression ? { FilterExpression: filterExpression } : {}),
  });
  return ms;
}

async function readMap(endpoint: string, range: Range): Promise<number> {
  const { output, ms } = await callXray(endpoint, '/ServiceGraph', { StartTime: range.start, EndTime: range.end });
  if (output.Services.length < 12) throw new Error('the map lacks services');
  return ms;
}

async function readSeries(endpoint: string, range: Range, period: number): Promise<number> {
  const { output, ms } = await callXray(endpoint, '/TimeSeriesServiceStatistics', {
    StartTime: range.start,
    EndTime: range.end,
    Period: period,
  });
  if (output.TimeSeriesServiceStatistics.length < 30) throw new Error('the time series lacks windows');
  return ms;
}

const inRange = ({ start, end }: Range) =>
  `start_time >= toDateTime64(${start}, 9) AND start_time < toDateTime64(${end}, 9)`;
const baselineColumns = `id, trace_id, parent_span_id, name, kind, start_time, status_code, duration, int_attributes.key,
  int_attributes.value, str_attributes.key, str_attributes.value, service_name`;

function baselineTrace(traceId: string): string {
  return `SELECT ${baselineColumns} FROM baseline_spans WHERE trace_id = ${traceId}
    AND start_time >= (SELECT min(start) FROM baseline_trace_times WHERE trace_id = ${traceId})
    AND start_time <= (SELECT max(end) FROM baseline_trace_times WHERE trace_id = ${traceId})`;
}

/** Any hundred traces that match, whole: the newest would cost it a sort. */
function baselineSearch(range: Range, condition: string): string {
  return `SELECT ${baselineColumns} FROM baseline_spans WHERE trace_id IN (
    SELECT DISTINCT trace_id FROM baseline_spans WHERE ${inRange(range)} AND ${condition} LIMIT 100) AND ${inRange(range)}`;
}

function baselineMap(range: Range): string {
  return `SELECT parent.service_name AS caller, child.service_name AS callee, count() AS calls FROM (
      SELECT trace_id, parent_span_id, service_name FROM baseline_spans WHERE ${inRange(range)} AND parent_span_id != '') AS child
    INNER JOIN (SELECT trace_id, id, service_name FROM baseline_spans WHERE ${inRange(range)}) AS parent
      ON child.trace_id = parent.trace_id AND child.parent_span_id = parent.id
    WHERE caller != callee GROUP BY caller, callee`;
}

/** The same counts and percentiles of the first spans, without the histogram. */
function baselineSeries(range: Range, period: number): string {
  return `SELECT toStartOfInterval(start_time, INTERVAL ${period} SECOND) AS time, count(), countIf(status_code = 'Error'),
      quantiles(0.5, 0.9, 0.99)(duration) FROM baseline_spans WHERE ${inRange(range)} AND parent_span_id = '' GROUP BY time`;
}

/** What has just been loaded is added up in the background; questions are asked when that is done. */
async function settled(url: string, cpu: () => number): Promise<void> {
  const startedMs = performance.now();
  const before = cpu();
  for (;;) {
    const answer = await fetch(`${url}/_hatoba/traces/thinning`);
    const { pendingMinutes } = (await answer.json()) as { pendingMinutes: number };
    if (pendingMinutes === 0) break;
    if (performance.now() - startedMs > settleMsMax) throw new Error(`${pendingMinutes} minutes are not settled`);
    await systemClock.sleep(2000);
  }
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  console.log(`settled in ${seconds} s, ${round((cpu() - before) / 1000)} s of CPU`);
}

async function askHatoba(dataDirectory: string, questions: readonly Question[]): Promise<Answers> {
  const hatoba = await startHatoba({
    dataDir: dataDirectory,
    args: ['--runtime', 'fake'],
    env: { HATOBA_THINNING: 'off' },
  });
  const engine = engineOf(hatoba.pid);
  try {
    await settled(hatoba.url, () => cpuMs(hatoba.pid) + cpuMs(engine));
    return await ask(
      questions,
      () => cpuMs(hatoba.pid) + cpuMs(engine),
      (question, random) => question.ours(hatoba.url, random),
    );
  } finally {
    await hatoba.stop();
  }
}

async function askBaseline(dataDirectory: string, questions: readonly Question[]): Promise<Answers> {
  const engine = await openEngine(dataDirectory);
  const run = async (question: Question, random: () => number) => {
    const sql = question.baseline(random);
    if (!sql) return Number.NaN;
    const startedMs = performance.now();
    await engine.query(sql);
    return performance.now() - startedMs;
  };
  try {
    return await ask(questions, () => engine.cpuMs(), run);
  } finally {
    await engine.stop();
  }
}

/** Of each question: the time of every run, and the processor time of one. */
type Answers = Map<string, { times: number[]; cpu: number }>;

async function ask(
  questions: readonly Question[],
  cpu: () => number,
  run: (question: Question, random: () => number) => Promise<number>,
): Promise<Answers> {
  const answers: Answers = new Map();
  for (const question of questions) {
    const random = randomNumbers(11);
    const times: number[] = [];
    try {
      await run(question, random);
      const before = cpu();
      for (let index = 0; index < question.runs; index += 1) times.push(await run(question, random));
      answers.set(question.name, { times, cpu: (cpu() - before) / question.runs });
      const median = quantile(times, 0.5);
      process.stderr.write(`  ${question.name}: ${Number.isNaN(median) ? 'not asked' : `${round(median, 0)} ms`}\n`);
    } catch (error) {
      // One that takes too long must not cost the others.
      console.log(`  ${question.name} failed: ${String(error).slice(0, 200)}`);
      answers.set(question.name, { times: [Number.NaN], cpu: Number.NaN });
    }
  }
  return answers;
}

function report(questions: readonly Question[], ours: Answers, baseline: Answers): void {
  for (const { name, barMs, limitedBy } of questions) {
    const { times, cpu } = ours.get(name)!;
    const theirs = quantile(baseline.get(name)?.times ?? [], 0.5);
    const [p50, p95] = [quantile(times, 0.5), quantile(times, 0.95)];
    const beside = Number.isNaN(theirs) ? '' : `, ${round(p50 / theirs, 2)} of the baseline's ${round(theirs, 0)} ms`;
    if (Number.isNaN(p50)) {
      printBar({
        what: name,
        measured: 'failed',
        bar: 'an answer',
        isHeld: false,
        ...(limitedBy ? { limitedBy } : {}),
      });
      continue;
    }
    const measured = `p50 ${round(p50, 0)} ms, p95 ${round(p95, 0)} ms (${round(cpu, 0)} ms of CPU)${beside}`;
    if (barMs === undefined) console.log(`  ${name}: ${measured}`);
    else {
      const isHeld = p95 <= barMs;
      printBar({
        what: name,
        measured,
        bar: `p95 ${barMs} ms`,
        isHeld,
        ...(!isHeld && limitedBy ? { limitedBy } : {}),
      });
    }
  }
}

/** The same numbers for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

await main();
