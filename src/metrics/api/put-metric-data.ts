import type { PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../platform/clock.ts';
import { TelemetryQueueFullError } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { checkDatum } from '../check-datum.ts';
import type { Metrics } from '../index.ts';

const dataMax = 1000;

/** All or nothing: every datum is checked before the first is stored. */
export const putMetricData =
  (put: Metrics['put'], clock: Clock) =>
  async (input: PutMetricDataCommandInput, context: AccountRegion): Promise<Record<string, never>> => {
    const namespace = input.Namespace ?? '';
    if (namespace.startsWith('AWS/')) {
      throw awsError(
        'InvalidParameterValueException',
        'The value AWS/ for parameter Namespace is invalid: it is reserved.',
      );
    }
    const data = [
      ...(input.MetricData ?? []),
      ...(input.EntityMetricData ?? []).flatMap((entity) => entity.MetricData ?? []),
    ];
    if (data.length === 0) {
      throw awsError('MissingRequiredParameterException', 'The parameter MetricData is required.');
    }
    if (data.length > dataMax) {
      throw awsError(
        'InvalidParameterValueException',
        `The collection MetricData must not have a size greater than ${dataMax}.`,
      );
    }
    const now = clock.now();
    const checked = data.map((datum, index) => checkDatum(datum, index, now));
    await storeOrThrottle(() => put(context, namespace, checked));
    return {};
  };

async function storeOrThrottle(store: () => Promise<void>): Promise<void> {
  try {
    await store();
  } catch (error) {
    if (error instanceof TelemetryQueueFullError) throw awsError('ThrottlingException', error.message, 400);
    throw error;
  }
}
