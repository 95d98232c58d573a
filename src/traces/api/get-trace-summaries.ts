import type { Clock } from '../../platform/clock.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { evaluateRest } from '../filter/match-root-cause.ts';
import { countAllTraces, type FoundTrace, findTraces, readNewestStored, type TracePage } from '../find-traces.ts';
import { readTraces } from '../store.ts';
import { summarizeTrace } from '../trace/summarize-trace.ts';
import { readGroupExpressions, toRequestError } from './groups.ts';
import { readRange } from './query-range.ts';

type XRay = typeof import('@aws-sdk/client-xray');

const pageSize = 100;

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
}): Pick<Handlers<XRay>, 'GetTraceSummaries'> {
  const { telemetry, clock } = deps;
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
      const [{ found, filter }, processed] = await Promise.all([
        findTraces(telemetry, query, context.signal),
        token ? token.processed : countAllTraces(telemetry, query),
      ]).catch((error: unknown) => {
        throw toRequestError(error);
      });
      const traces = await readTraces(
        telemetry,
        context,
        found.map(({ traceId }) => traceId),
        clock.now(),
        { asOfMs, signal: context.signal },
      );
      const summaries = found.flatMap(({ traceId, startMicros, atoms }) => {
        const stored = traces.get(traceId);
        if (!stored) return [];
        // What begins before the window that it was found in is listed there, or not at all.
        const beginsEarlier = query.rangeType === 'TraceId' && stored.trace.start * 1e6 < Number(startMicros) - 1000;
        if (beginsEarlier) return [];
        const summary = summarizeTrace(stored.trace, context.account, stored.revision);
        const { rest } = filter;
        return !rest || evaluateRest(rest.expression, atoms.map(Boolean), summary) ? [summary] : [];
      });
      const last = found.at(-1);
      return {
        TraceSummaries: summaries,
        ApproximateTime: new Date(found[0] ? Number(found[0].startMicros) / 1000 : range.endMs),
        TracesProcessedCount: processed,
        ...(last && found.length === pageSize ? { NextToken: writeToken(last, asOfMs, processed) } : {}),
      };
    },
  };
}

function writeToken(last: FoundTrace, asOfMs: number, processed: number): string {
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
