import type { Metrics } from '../metrics/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { EventAppender } from './append-events.ts';
import { extractMetrics } from './extract-metric.ts';
import { type FilterPattern, parseFilterPattern } from './filter/filter-pattern.ts';
import type { MetricFilter } from './model.ts';
import type { LogsStore } from './store.ts';
import type { StoredBatch } from './stored-batch.ts';

interface ActiveFilter {
  readonly filter: MetricFilter;
  readonly pattern: FilterPattern;
}

interface Minute {
  readonly scope: AccountRegion;
  readonly filter: MetricFilter;
  matched: boolean;
}

const minuteMs = 60_000;
const waitingBatchesMax = 1_000;

/** Turns stored events into metric data by the metric filters of their group. Never holds up who stores events. */
export class MetricFilterRunner {
  private readonly store: LogsStore;
  private readonly metrics: Pick<Metrics, 'record'>;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private filtersByGroup = new Map<string, Promise<ActiveFilter[]>>();
  /** Filters with a default value whose groups had events in this minute. */
  private minutes = new Map<string, Minute>();
  private waitingBatches = 0;
  private skippedBatches = 0;
  private stopAll: (() => void)[] = [];

  constructor(store: LogsStore, metrics: Pick<Metrics, 'record'>, clock: Clock, logger: Logger) {
    this.store = store;
    this.metrics = metrics;
    this.clock = clock;
    this.logger = logger;
  }

  start(appender: EventAppender): void {
    const stopping = new AbortController();
    this.stopAll = [
      this.store.watchMetricFilters(() => this.filtersByGroup.clear()),
      appender.observe((batch) => this.take(batch)),
      () => stopping.abort(),
    ];
    void this.runMinutes(stopping.signal);
  }

  stop(): void {
    for (const stop of this.stopAll.splice(0)) stop();
    this.endMinute(this.clock.now().getTime() - minuteMs);
  }

  private take(batch: StoredBatch): void {
    if (this.waitingBatches >= waitingBatchesMax) {
      this.skippedBatches += 1;
      if (this.skippedBatches === 1) this.logger.warn('metric filters cannot keep up; events are not looked at');
      return;
    }
    this.waitingBatches += 1;
    void this.evaluate(batch)
      .catch((error) => this.logger.error({ error, logGroupName: batch.logGroupName }, 'metric filter'))
      .finally(() => {
        this.waitingBatches -= 1;
      });
  }

  private async evaluate(batch: StoredBatch): Promise<void> {
    const scope = { account: batch.account, region: batch.region };
    for (const { filter, pattern } of await this.filtersOf(scope, batch.logGroupName)) {
      const { matched, data } = extractMetrics(pattern, filter.transformation, batch.events);
      if (data.length > 0) this.metrics.record(scope, filter.transformation.metricNamespace, data);
      if (filter.transformation.defaultValue === undefined) continue;
      const key = `${scope.account}/${scope.region}/${filter.logGroupName}:${filter.filterName}`;
      const minute = this.minutes.get(key) ?? { scope, filter, matched: false };
      minute.matched ||= matched;
      this.minutes.set(key, minute);
    }
  }

  private filtersOf(scope: AccountRegion, group: string): Promise<ActiveFilter[]> {
    const key = `${scope.account}/${scope.region}/${group}`;
    const known = this.filtersByGroup.get(key);
    if (known) return known;
    const loading = this.store
      .listMetricFilters(scope, group)
      .then((filters) => filters.map((filter) => ({ filter, pattern: parseFilterPattern(filter.filterPattern) })));
    this.filtersByGroup.set(key, loading);
    loading.catch(() => this.filtersByGroup.delete(key));
    return loading;
  }

  private async runMinutes(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startMs = this.clock.now().getTime();
      await this.clock.sleep(minuteMs - (startMs % minuteMs), signal).catch(() => {});
      if (!signal.aborted) this.endMinute(Math.floor(startMs / minuteMs) * minuteMs);
    }
  }

  /** Events came but none matched: the default value stands for the minute. */
  private endMinute(timestampMs: number): void {
    for (const { scope, filter, matched } of this.minutes.values()) {
      if (matched) continue;
      const { metricNamespace, metricName, defaultValue, unit } = filter.transformation;
      const datum = { name: metricName, dimensions: {}, timestampMs, value: defaultValue!, unit: unit ?? 'None' };
      this.metrics.record(scope, metricNamespace, [datum]);
    }
    this.minutes = new Map();
  }
}
