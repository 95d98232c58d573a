import { TelemetryQueueFullError } from '../../stores/telemetry/store.ts';
import { AwsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { partitionBatch } from '../partition-batch.ts';
import { type LogsDependencies, oldestKeptMs } from './shared.ts';

type PutLogEvents = Pick<Handlers<typeof import('@aws-sdk/client-cloudwatch-logs')>, 'PutLogEvents'>;

/** Sequence tokens have no meaning any more, but old clients want to read one. */
const nextSequenceToken = '49039859593654832';

export function putLogEventsOperation({ store, appender, clock }: LogsDependencies): PutLogEvents {
  return {
    async PutLogEvents(input, context) {
      const [group] = await Promise.all([
        store.getGroup(context, input.logGroupName!),
        store.getStream(context, input.logGroupName!, input.logStreamName!),
      ]);
      const nowMs = clock.now().getTime();
      const events = input.logEvents!.map(({ timestamp, message }) => ({ timestampMs: timestamp!, message: message! }));
      const { accepted, rejected } = partitionBatch(events, oldestKeptMs(group, nowMs), nowMs);
      await appender
        .append(context, group.name, input.logStreamName!, accepted, { acknowledged: true, workload: context.workload })
        .catch(toThrottling);
      return { nextSequenceToken, ...(rejected && { rejectedLogEventsInfo: rejected }) };
    },
  };
}

function toThrottling(error: unknown): never {
  if (!(error instanceof TelemetryQueueFullError)) throw error;
  throw new AwsError('ThrottlingException', 'Rate exceeded', {
    httpStatus: 400,
    extra: { retryAfterSeconds: Math.ceil(error.retryAfterMs / 1000) },
  });
}
