import type { ListMetricsCommandInput, ListMetricsCommandOutput } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../platform/clock.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { dimensionList, dimensionsText } from '../model.ts';
import { type ListFilter, listMetricIdentities } from '../store.ts';
import { decodePageToken, encodePageToken } from './page-token.ts';

const pageSize = 500;
const hourMs = 3_600_000;

type Position = NonNullable<ListFilter['after']>;

const isPosition = (token: Partial<Record<keyof Position, unknown>>): token is Position =>
  [token.namespace, token.name, token.dimensions].every((part) => typeof part === 'string');

/** Metrics with data in the last two weeks, or the last three hours when RecentlyActive says so. */
export const listMetrics =
  (telemetry: TelemetryStore, clock: Clock) =>
  async (
    input: ListMetricsCommandInput,
    context: AccountRegion,
  ): Promise<Omit<ListMetricsCommandOutput, '$metadata'>> => {
    const windowMs = input.RecentlyActive === 'PT3H' ? 3 * hourMs : 14 * 24 * hourMs;
    const metrics = await listMetricIdentities(telemetry, context, {
      ...(input.Namespace === undefined ? {} : { namespace: input.Namespace }),
      ...(input.MetricName === undefined ? {} : { name: input.MetricName }),
      dimensions: (input.Dimensions ?? []).map((filter) => ({
        name: filter.Name ?? '',
        ...(filter.Value === undefined ? {} : { value: filter.Value }),
      })),
      sinceMs: clock.now().getTime() - windowMs,
      limit: pageSize + 1,
      ...(input.NextToken === undefined ? {} : { after: decodePageToken(input.NextToken, isPosition) }),
    });
    const page = metrics.slice(0, pageSize);
    const last = page.at(-1);
    const token =
      metrics.length > pageSize && last ? { ...last, dimensions: dimensionsText(last.dimensions) } : undefined;
    return {
      Metrics: page.map((metric) => ({
        Namespace: metric.namespace,
        MetricName: metric.name,
        Dimensions: dimensionList(metric.dimensions),
      })),
      ...(token ? { NextToken: encodePageToken(token) } : {}),
    };
  };
