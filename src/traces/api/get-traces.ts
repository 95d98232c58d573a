import type { Clock } from '../../platform/clock.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { parseTraceId, toXrayTraceId } from '../model.ts';
import { readTraces } from '../store.ts';
import { toDocumentText } from '../trace/merge-trace.ts';

type XRay = typeof import('@aws-sdk/client-xray');

/** The service answers at most five; more are no burden here. */
const traceIdsMax = 100;

export function getTracesHandlers(deps: {
  telemetry: TelemetryStore;
  clock: Clock;
  /** A larger trace says so. */
  traceBytesMax: number;
}): Pick<Handlers<XRay>, 'BatchGetTraces'> {
  return {
    async BatchGetTraces(input, context) {
      const asked = input.TraceIds ?? [];
      if (input.NextToken) throw awsError('InvalidRequestException', 'NextToken is currently not supported');
      if (asked.length > traceIdsMax) {
        throw awsError('InvalidRequestException', `Exceeding maximum query size: ${traceIdsMax}`);
      }
      const ids = new Map(asked.map((text) => [text, parseTraceId(text)]));
      const known = [...new Set([...ids.values()].filter((id): id is string => id !== undefined))];
      const traces = await readTraces(deps.telemetry, context, known, deps.clock.now(), { signal: context.signal });
      return {
        Traces: known.flatMap((id) => {
          const stored = traces.get(id);
          if (!stored) return [];
          const { trace, bytes } = stored;
          return [
            {
              Id: toXrayTraceId(id),
              Duration: Math.round((trace.end - trace.start) * 1e6) / 1e6,
              LimitExceeded: bytes > deps.traceBytesMax,
              Segments: trace.segments.map((part) => ({ Id: part.id, Document: toDocumentText(part) })),
            },
          ];
        }),
        UnprocessedTraceIds: [...ids].filter(([, id]) => id === undefined || !traces.has(id)).map(([text]) => text),
      };
    },
  };
}
