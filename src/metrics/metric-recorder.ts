import type { Clock } from '../platform/clock.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { MetricDatum } from './index.ts';
import { type MetricRow, toMetricRow } from './model.ts';

interface Pending {
  readonly row: MetricRow;
  sampleCount: number;
  sum: number;
  minimum: number;
  maximum: number;
  /** Undefined once a statistic set without values came in. */
  counts: Map<number, number> | undefined;
}

const flushIntervalMs = 1_000;
const pendingSeriesMax = 20_000;
const exactValuesMax = 64;

/**
 * Our own measurements on their way to the store: what falls into one second of one metric becomes one row, so that a
 * measurement per request costs no row per request. Never waits; what does not fit is counted.
 */
export class MetricRecorder {
  private readonly telemetry: TelemetryStore;
  private readonly clock: Clock;
  private pending = new Map<string, Pending>();
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();
  private refused = 0;

  constructor(telemetry: TelemetryStore, clock: Clock) {
    this.telemetry = telemetry;
    this.clock = clock;
  }

  /** Data that were not kept: too many metrics at once, or a full store. */
  get refusedCount(): number {
    return this.refused;
  }

  record(scope: AccountRegion, namespace: string, data: readonly MetricDatum[]): void {
    for (const datum of data) {
      const row = toMetricRow(scope, namespace, { ...datum, timestampMs: Math.floor(datum.timestampMs / 1000) * 1000 });
      if (row.sample_count === 0) continue;
      const key = `${row.account}\0${row.region}\0${namespace}\0${row.name}\0${row.dimensions}\0${row.unit}\0${row.timestamp}`;
      const before = this.pending.get(key);
      if (before) mergeInto(before, row);
      else if (this.pending.size >= pendingSeriesMax) this.refused += 1;
      else this.pending.set(key, pendingOf(row));
    }
  }

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    await this.flush();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.clock.sleep(flushIntervalMs, this.stopping.signal).catch(() => {});
      // Not awaited: a store that is away must not pile up flushes here, its own bounded queue refuses instead.
      this.flush();
    }
  }

  private async flush(): Promise<void> {
    if (this.pending.size === 0) return;
    const rows = [...this.pending.values()].map(rowOf);
    this.pending = new Map();
    await this.telemetry.insert('metric_data', rows, { acknowledged: false }).catch(() => {
      this.refused += rows.length;
    });
  }
}

const pendingOf = (row: MetricRow): Pending => ({
  row,
  sampleCount: row.sample_count,
  sum: row.sum,
  minimum: row.minimum,
  maximum: row.maximum,
  counts:
    row.value_list.length > 0 ? new Map(row.value_list.map((value, i) => [value, row.count_list[i]!])) : undefined,
});

function mergeInto(pending: Pending, row: MetricRow): void {
  pending.sampleCount += row.sample_count;
  pending.sum += row.sum;
  pending.minimum = Math.min(pending.minimum, row.minimum);
  pending.maximum = Math.max(pending.maximum, row.maximum);
  if (row.value_list.length === 0) pending.counts = undefined;
  const { counts } = pending;
  if (!counts) return;
  for (const [index, exact] of row.value_list.entries()) {
    const value = counts.size < exactValuesMax ? exact : roundToBucket(exact);
    counts.set(value, (counts.get(value) ?? 0) + row.count_list[index]!);
  }
}

/** Two significant digits and a half: a relative error of at most half a percent, few distinct values. */
function roundToBucket(value: number): number {
  if (value === 0) return 0;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  return Number((Math.round(value / step) * step).toPrecision(3));
}

const rowOf = (pending: Pending): MetricRow => ({
  ...pending.row,
  sample_count: pending.sampleCount,
  sum: pending.sum,
  minimum: pending.minimum,
  maximum: pending.maximum,
  value_list: pending.counts ? [...pending.counts.keys()] : [],
  count_list: pending.counts ? [...pending.counts.values()] : [],
});
