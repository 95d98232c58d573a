import { TelemetryQueueFullError } from '../../stores/telemetry/store.ts';
import { AwsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { Ingest } from '../receive/ingest.ts';

type XRay = typeof import('@aws-sdk/client-xray');

/** PutTraceSegments and PutTelemetryRecords: what the daemon and the SDKs send. */
export function putHandlers(deps: {
  ingest: Ingest;
}): Pick<Handlers<XRay>, 'PutTraceSegments' | 'PutTelemetryRecords'> {
  return {
    async PutTraceSegments(input, context) {
      const source = {
        name: 'api',
        account: context.account,
        region: context.region,
        ...(context.workload ? { workload: context.workload } : {}),
      };
      try {
        const refused = await deps.ingest.documents(input.TraceSegmentDocuments ?? [], source, { acknowledged: true });
        return {
          UnprocessedTraceSegments: refused.map(({ id, code, message }) => ({
            ...(id === undefined ? {} : { Id: id }),
            ErrorCode: code,
            Message: message,
          })),
        };
      } catch (error) {
        if (error instanceof TelemetryQueueFullError) throw new AwsError('ThrottledException', error.message);
        throw error;
      }
    },
    PutTelemetryRecords() {
      return {};
    },
  };
}
