import { newUuid } from '../../platform/ids.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { buildGraph } from '../graph/build-graph.ts';
import { addLinkEdges } from '../links/add-link-edges.ts';
import { readLinkGroups, readServiceLinks } from '../links/read-links.ts';
import { parseTraceId, toXrayTraceId } from '../model.ts';
import { type Moment, type PageReadingDeps, readPageOfMoment, readPageOfTraces } from '../paging/read-pages.ts';
import { readGraphGroups } from '../read-graph-groups.ts';
import { toDocumentText } from '../trace/merge-trace.ts';
import { serviceKey, servicesPageSize } from './get-graph.ts';

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
export function retrievalHandlers(
  deps: PageReadingDeps,
): Pick<
  Handlers<XRay>,
  'StartTraceRetrieval' | 'ListRetrievedTraces' | 'GetRetrievedTracesGraph' | 'CancelTraceRetrieval'
> {
  const { telemetry, clock, paging } = deps;
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
      const call = paging.open('ListRetrievedTraces', input, context, tracesPageSize);
      const { items, next } = await readPageOfTraces(deps, call, context, retrieval.traceIds, context.signal);
      return {
        RetrievalStatus: 'COMPLETE',
        TraceFormat: 'XRAY',
        Traces: items.map(([id, { trace }]) => ({
          Id: toXrayTraceId(id),
          Duration: Math.round((trace.end - trace.start) * 1e6) / 1e6,
          Spans: trace.segments.map((part) => ({ Id: part.id, Document: toDocumentText(part) })),
        })),
        ...next,
      };
    },

    async GetRetrievedTracesGraph(input, context) {
      const retrieval = find(context, input.RetrievalToken);
      if (retrieval.isCancelled) return { RetrievalStatus: 'CANCELLED', Services: [] };
      const call = paging.open('GetRetrievedTracesGraph', input, context, servicesPageSize);
      const read = (moment: Moment) => readRetrievedGraph(telemetry, retrieval, moment, context.signal);
      const { items, next } = await readPageOfMoment(deps, call, read, ({ Service }) => serviceKey(Service));
      return { RetrievalStatus: 'COMPLETE', Services: [...items], ...next };
    },

    CancelTraceRetrieval(input, context) {
      find(context, input.RetrievalToken).isCancelled = true;
      return {};
    },
  };
}

/** The map of the retrieved traces; with each service which traces it took up. */
async function readRetrievedGraph(
  telemetry: TelemetryStore,
  retrieval: Retrieval,
  { now, ...asOf }: Moment,
  signal: AbortSignal,
) {
  const { account, region, startMs, endMs, traceIds } = retrieval;
  const selection = {
    account,
    region,
    startMs,
    endMs,
    traceCondition: 'trace_id IN {traceIds:Array(String)}',
    parameters: { traceIds },
    isOfWholeTraces: true,
    ...asOf,
  };
  const [groups, linkGroups, links] = await Promise.all([
    readGraphGroups(telemetry, selection, now, signal),
    readLinkGroups(telemetry, selection, signal),
    readServiceLinks(telemetry, selection, signal),
  ]);
  const map = buildGraph(groups.nodes, groups.edges, account, now);
  return addLinkEdges(map, linkGroups, account).map((Service) => ({
    Service,
    Links: links
      .filter(({ name, type }) => name === Service.Name && type === Service.Type)
      .map(({ before, after }) => ({
        ReferenceType: 'link',
        SourceTraceId: toXrayTraceId(before),
        DestinationTraceIds: after.map(toXrayTraceId),
      })),
  }));
}
