import type { Clock } from '../../platform/clock.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { readNewestStored, type TracePage } from '../find-traces.ts';
import { countListed, type ListDeps, type ListedTrace, listTraces, TraceDensity } from '../list-traces.ts';
import type { Settling } from '../settle/index.ts';
import { readGroupExpressions, toRequestError } from './groups.ts';
import { readRange } from './query-range.ts';

type XRay = typeof import('@aws-sdk/client-xray');

const summariesPageSize = 100;

/** Where the next page begins, and what was visible when the first one was read. */
interface PageToken {
  readonly asOfMs: number;
  readonly startMicros: string;
  readonly traceId: string;
  readonly processed: number;
}

/** GetTraceSummaries: newest first, each trace once, however much arrives between two pages. */
export function traceSummariesHandlers(deps: {
  telemetry: TelemetryStore;
  state: StateStore;
  clock: Clock;
  settling: ListDeps['settling'] & Pick<Settling, 'countThinned'>;
  pageSizeMax?: number;
}): Pick<Handlers<XRay>, 'GetTraceSummaries'> {
  const { telemetry, clock } = deps;
  const density = new TraceDensity();
  const pageSize = Math.min(summariesPageSize, deps.pageSizeMax ?? summariesPageSize);
  return {
    async GetTraceSummaries(input, context) {
      const range = readRange(input.StartTime, input.EndTime);
      const token = input.NextToken ? readToken(input.NextToken) : undefined;
      const asOfMs = token?.asOfMs ?? (await readNewestStored(telemetry, clock.now()));
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
        limit: pageSize,
        ...(share === undefined ? {} : { share: Math.min(1, Math.max(0, share)) }),
        ...(token ? { after: { startMicros: token.startMicros, traceId: token.traceId } } : {}),
      };
      const list = { telemetry, clock, settling: deps.settling, density };
      const [found, processed] = await Promise.all([
        listTraces(list, query, context.signal),
        token ? token.processed : countListed(list, query),
      ]).catch((error: unknown) => {
        throw toRequestError(error);
      });
      const last = found.at(-1);
      return {
        TraceSummaries: found.flatMap(({ summary }) => summary ?? []),
        ApproximateTime: new Date(found[0] ? Number(found[0].startMicros) / 1000 : range.endMs),
        TracesProcessedCount: processed,
        ...(last && found.length >= pageSize ? { NextToken: writeToken(last, asOfMs, processed) } : {}),
      };
    },
  };
}

function writeToken(last: ListedTrace, asOfMs: number, processed: number): string {
  const token: PageToken = { asOfMs, startMicros: last.startMicros, traceId: last.traceId, processed };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function readToken(text: string): PageToken {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as PageToken;
    const isWhole =
      Number.isSafeInteger(token.asOfMs) &&
      /^\d{1,18}$/.test(token.startMicros) &&
      /^[0-9a-f]{32}$/.test(token.traceId) &&
      Number.isSafeInteger(token.processed);
    if (isWhole) return token;
  } catch {
    // Answered below.
  }
  throw awsError('InvalidRequestException', 'NextToken is invalid.');
}
