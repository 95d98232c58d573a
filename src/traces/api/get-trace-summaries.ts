import type { Clock } from '../../platform/clock.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { readNewestStored, type TracePage } from '../find-traces.ts';
import { countListed, type ListDeps, type ListedTrace, listTraces, TraceDensity } from '../list-traces.ts';
import type { TraceId } from '../model.ts';
import type { Paging } from '../paging/paged-call.ts';
import type { Settling } from '../settle/index.ts';
import { readGroupExpressions, toRequestError } from './groups.ts';
import { readRange } from './query-range.ts';

type XRay = typeof import('@aws-sdk/client-xray');

const summariesPageSize = 100;

/** GetTraceSummaries: newest first, each trace once, however much arrives between two pages. */
export function traceSummariesHandlers(deps: {
  telemetry: TelemetryStore;
  state: StateStore;
  clock: Clock;
  settling: ListDeps['settling'] & Pick<Settling, 'countThinned'>;
  paging: Paging;
}): Pick<Handlers<XRay>, 'GetTraceSummaries'> {
  const { telemetry, clock } = deps;
  const density = new TraceDensity();
  return {
    async GetTraceSummaries(input, context) {
      const range = readRange(input.StartTime, input.EndTime);
      const call = deps.paging.open('GetTraceSummaries', input, context, summariesPageSize);
      const { position } = call;
      const { seenMs } = deps.settling.open(context) ?? {};
      const asOfMs = position?.asOfMs ?? (await readNewestStored(telemetry, clock.now(), seenMs));
      const share =
        input.Sampling && input.SamplingStrategy?.Name === 'FixedRate' ? input.SamplingStrategy.Value : undefined;
      const query: TracePage = {
        account: context.account,
        region: context.region,
        ...range,
        rangeType: input.TimeRangeType ?? 'TraceId',
        filterExpression: input.FilterExpression ?? '',
        groups: await readGroupExpressions(deps.state, context),
        asOfMs,
        limit: call.size,
        ...(context.takesRawJson ? { takesRawJson: true } : {}),
        ...(share === undefined ? {} : { share: Math.min(1, Math.max(0, share)) }),
        ...(position ? { after: toTrace(position.after) } : {}),
      };
      const list = { telemetry, clock, settling: deps.settling, density };
      const [found, processed] = await Promise.all([
        listTraces(list, query, context.signal),
        position?.processed ?? countListed(list, query),
      ]).catch((error: unknown) => {
        throw toRequestError(error);
      });
      const last = found.at(-1);
      return {
        TraceSummaries: found.flatMap(({ summary }) => summary ?? []),
        ApproximateTime: new Date(found[0] ? Number(found[0].startMicros) / 1000 : range.endMs),
        TracesProcessedCount: processed,
        ...(last && found.length >= call.size ? call.next({ after: toKey(last), asOfMs, processed }) : {}),
      };
    },
  };
}

const toKey = ({ startMicros, traceId }: ListedTrace): string => `${startMicros}/${traceId}`;

function toTrace(key: string): { startMicros: string; traceId: TraceId } {
  const [, startMicros, traceId] = /^(\d{1,18})\/([0-9a-f]{32})$/.exec(key) ?? [];
  if (startMicros && traceId) return { startMicros, traceId };
  throw awsError('InvalidRequestException', 'NextToken is invalid.');
}
