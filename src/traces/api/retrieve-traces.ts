import type { Clock } from '../../platform/clock.ts';
import { newUuid } from '../../platform/ids.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { buildGraph } from '../graph/build-graph.ts';
import { addLinkEdges } from '../links/add-link-edges.ts';
import { readLinkGroups, readServiceLinks } from '../links/read-links.ts';
import { parseTraceId, toXrayTraceId } from '../model.ts';
import { readGraphGroups } from '../read-graph-groups.ts';
import { readTraces } from '../store.ts';
import { toDocumentText } from '../trace/merge-trace.ts';

type XRay = typeof import('@aws-sdk/client-xray');

interface Retrieval extends AccountRegion {
  readonly traceIds: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  readonly expiresAtMs: number;
  isCancelled: boolean;
}

const traceIdsMax = 100;
const tracesPageSize = 5;
const retrievalTtlMs = 3_600_000;
const retrievalsMax = 1000;

/** The retrieval operations: nothing is archived here, so that a retrieval is complete at once. */
export function retrievalHandlers(deps: {
  telemetry: TelemetryStore;
  clock: Clock;
}): Pick<
  Handlers<XRay>,
  'StartTraceRetrieval' | 'ListRetrievedTraces' | 'GetRetrievedTracesGraph' | 'CancelTraceRetrieval'
> {
  const { telemetry, clock } = deps;
  const retrievals = new Map<string, Retrieval>();
  const find = (scope: AccountRegion, token: string | undefined): Retrieval => {
    const retrieval = retrievals.get(token ?? '');
    const isTheirs = retrieval?.account === scope.account && retrieval.region === scope.region;
    if (retrieval && isTheirs && retrieval.expiresAtMs > clock.now().getTime()) return retrieval;
    throw awsError('ResourceNotFoundException', 'There is no such retrieval, or it has expired.');
  };
  return {
    StartTraceRetrieval(input, context) {
      const asked = input.TraceIds ?? [];
      if (asked.length > traceIdsMax) throw awsError('InvalidRequestException', `At most ${traceIdsMax} trace ids.`);
      const traceIds = asked.map((text) => {
        const id = parseTraceId(text);
        if (!id) throw awsError('InvalidRequestException', `This is no trace id: ${text}`);
        return id;
      });
      const nowMs = clock.now().getTime();
      for (const [token, { expiresAtMs }] of retrievals) if (expiresAtMs <= nowMs) retrievals.delete(token);
      if (retrievals.size >= retrievalsMax) throw awsError('ThrottledException', 'Too many retrievals are open.');
      const token = newUuid();
      retrievals.set(token, {
        account: context.account,
        region: context.region,
        traceIds: [...new Set(traceIds)],
        startMs: input.StartTime?.getTime() ?? 0,
        endMs: input.EndTime?.getTime() ?? nowMs,
        expiresAtMs: nowMs + retrievalTtlMs,
        isCancelled: false,
      });
      return { RetrievalToken: token };
    },

    async ListRetrievedTraces(input, context) {
      const retrieval = find(context, input.RetrievalToken);
      if (input.TraceFormat === 'OTEL') throw awsError('InvalidRequestException', 'Traces are given in format XRAY.');
      if (retrieval.isCancelled) return { RetrievalStatus: 'CANCELLED', TraceFormat: 'XRAY', Traces: [] };
      const from = /^\d{1,6}$/.test(input.NextToken ?? '0') ? Number(input.NextToken ?? 0) : 0;
      const ids = retrieval.traceIds.slice(from, from + tracesPageSize);
      const traces = await readTraces(telemetry, context, ids, clock.now(), { signal: context.signal });
      return {
        RetrievalStatus: 'COMPLETE',
        TraceFormat: 'XRAY',
        Traces: ids.flatMap((id) => {
          const stored = traces.get(id);
          if (!stored) return [];
          const { trace } = stored;
          return [
            {
              Id: toXrayTraceId(id),
              Duration: Math.round((trace.end - trace.start) * 1e6) / 1e6,
              Spans: trace.segments.map((part) => ({ Id: part.id, Document: toDocumentText(part) })),
            },
          ];
        }),
        ...(from + ids.length < retrieval.traceIds.length ? { NextToken: String(from + ids.length) } : {}),
      };
    },

    async GetRetrievedTracesGraph(input, context) {
      const retrieval = find(context, input.RetrievalToken);
      if (retrieval.isCancelled) return { RetrievalStatus: 'CANCELLED', Services: [] };
      const now = clock.now();
      const selection = {
        account: context.account,
        region: context.region,
        startMs: retrieval.startMs,
        endMs: retrieval.endMs,
        traceCondition: 'trace_id IN {traceIds:Array(String)}',
        parameters: { traceIds: retrieval.traceIds },
        isOfWholeTraces: true,
      };
      const [groups, linkGroups, links] = await Promise.all([
        readGraphGroups(telemetry, selection, now, context.signal),
        readLinkGroups(telemetry, selection, context.signal),
        readServiceLinks(telemetry, selection, context.signal),
      ]);
      const map = buildGraph(groups.nodes, groups.edges, context.account, now);
      const services = addLinkEdges(map, linkGroups, context.account).map((Service) => ({
        Service,
        Links: links
          .filter(({ name, type }) => name === Service.Name && type === Service.Type)
          .map(({ before, after }) => ({
            ReferenceType: 'link',
            SourceTraceId: toXrayTraceId(before),
            DestinationTraceIds: after.map(toXrayTraceId),
          })),
      }));
      return { RetrievalStatus: 'COMPLETE', Services: services };
    },

    CancelTraceRetrieval(input, context) {
      find(context, input.RetrievalToken).isCancelled = true;
      return {};
    },
  };
}
