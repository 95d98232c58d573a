import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { parseTraceId, toXrayTraceId } from '../model.ts';
import { type PageReadingDeps, readPageOfTraces } from '../paging/read-pages.ts';
import { toDocumentText } from '../trace/merge-trace.ts';

type XRay = typeof import('@aws-sdk/client-xray');

/** The service answers at most five, and without pages; more are no burden here. */
const traceIdsMax = 100;

export function getTracesHandlers(
  deps: PageReadingDeps & {
    /** A larger trace says so. */
    readonly traceBytesMax: number;
  },
): Pick<Handlers<XRay>, 'BatchGetTraces'> {
  return {
    async BatchGetTraces(input, context) {
      const asked = input.TraceIds ?? [];
      if (asked.length > traceIdsMax) {
        throw awsError('InvalidRequestException', `Exceeding maximum query size: ${traceIdsMax}`);
      }
      const ids = new Map(asked.map((text) => [text, parseTraceId(text)]));
      const known = [...new Set([...ids.values()].filter((id): id is string => id !== undefined))];
      const call = deps.paging.open('BatchGetTraces', input, context, traceIdsMax);
      const { items, next, stored } = await readPageOfTraces(deps, call, context, known, context.signal);
      const missing = [...ids].filter(([, id]) => id === undefined || !stored.has(id)).map(([text]) => text);
      return {
        Traces: items.map(([id, { trace, bytes }]) => ({
          Id: toXrayTraceId(id),
          Duration: Math.round((trace.end - trace.start) * 1e6) / 1e6,
          LimitExceeded: bytes > deps.traceBytesMax,
          Segments: trace.segments.map((part) => ({ Id: part.id, Document: toDocumentText(part) })),
        })),
        // The first page names all of them: paginators keep what it says.
        UnprocessedTraceIds: call.position ? [] : missing,
        ...next,
      };
    },
  };
}
