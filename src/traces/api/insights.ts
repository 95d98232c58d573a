import type { InsightImpactGraphService, InsightSummary, Service } from '@aws-sdk/client-xray';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { buildGraph } from '../graph/build-graph.ts';
import { keyOf, reachableFrom } from '../insights/find-root-cause.ts';
import { serviceId, statistics } from '../insights/insight-events.ts';
import type { InsightStore } from '../insights/insight-store.ts';
import type { Impact, InsightRecord, NodeId } from '../insights/model.ts';
import { newestFirstKey } from '../paging/paged-call.ts';
import { type Moment, readPageOfMoment } from '../paging/read-pages.ts';
import { type GraphDeps, selectGroup, servicesPageSize } from './get-graph.ts';
import { findGroup } from './groups.ts';
import { readRange } from './query-range.ts';

type XRay = typeof import('@aws-sdk/client-xray');

const summariesPageSize = 100;
const eventsPageSize = 50;
const graphRangeMs = 6 * 3_600_000;

/** What the insight loop has found. */
export function insightHandlers(
  deps: GraphDeps & { insights: InsightStore },
): Pick<Handlers<XRay>, 'GetInsight' | 'GetInsightSummaries' | 'GetInsightEvents' | 'GetInsightImpactGraph'> {
  const { insights, state, settling, paging } = deps;
  const find = async (scope: AccountRegion, id: string | undefined): Promise<InsightRecord> => {
    const found = await insights.find(scope, id ?? '');
    if (!found) throw awsError('InvalidRequestException', `Insight not found: ${id}`);
    return found.value;
  };
  return {
    async GetInsight(input, context) {
      return { Insight: toInsight(await find(context, input.InsightId)) };
    },

    async GetInsightSummaries(input, context) {
      const range = readRange(input.StartTime, input.EndTime);
      const { GroupARN } = (await findGroup(state, context, input)).value;
      const call = paging.open('GetInsightSummaries', input, context, summariesPageSize);
      const all = (await insights.list(context)).map(({ value }) => value);
      const found = all
        .filter((insight) => insight.groupArn === GroupARN)
        .filter(({ state: own }) => !input.States?.length || input.States.includes(own))
        // What was going on in the range; an active one has not ended.
        .filter(({ startMs, endMs }) => startMs < range.endMs && (endMs ?? Number.POSITIVE_INFINITY) > range.startMs)
        .toSorted((a, b) => (insightKey(a) < insightKey(b) ? -1 : 1));
      const { items, next } = call.cut(found, insightKey);
      return {
        InsightSummaries: items.map(
          (insight): InsightSummary => ({
            ...toInsight(insight),
            LastUpdateTime: new Date(insight.updatedMs),
          }),
        ),
        ...next,
      };
    },

    async GetInsightEvents(input, context) {
      const { id } = await find(context, input.InsightId);
      const call = paging.open('GetInsightEvents', input, context, eventsPageSize);
      const events = (await insights.events(context, id)).toReversed();
      const { items, next } = call.cut(events, ({ atMs }) => newestFirstKey(atMs));
      return {
        InsightEvents: items.map((event) => ({
          Summary: event.summary,
          EventTime: new Date(event.atMs),
          ...impacts(event),
          TopAnomalousServices: toAnomalous(event.anomalous, context.account),
        })),
        ...next,
      };
    },

    async GetInsightImpactGraph(input, context) {
      const insight = await find(context, input.InsightId);
      const range = readRange(input.StartTime, input.EndTime);
      if (range.endMs - range.startMs > graphRangeMs) {
        throw awsError('InvalidRequestException', 'The time range cannot be longer than 6 hours.');
      }
      const call = paging.open('GetInsightImpactGraph', input, context, servicesPageSize);
      const read = async ({ now, ...asOf }: Moment) => {
        const selection = await selectGroup(deps, context, { ...range, ...asOf }, { GroupARN: insight.groupArn });
        const groups = await settling.readGroups(selection, now, context.signal);
        return impactOf(buildGraph(groups.nodes, groups.edges, context.account, now), insight.anomalous);
      };
      const { items, next, all } = await readPageOfMoment(deps, call, read, impactKey);
      const times = all.map(({ times: [first, last] }) => [first.getTime(), last.getTime()] as const);
      return {
        InsightId: insight.id,
        StartTime: input.StartTime,
        EndTime: input.EndTime,
        ServiceGraphStartTime: new Date(Math.min(range.endMs, ...times.map(([first]) => first))),
        ServiceGraphEndTime: new Date(Math.max(range.startMs, ...times.map(([, last]) => last))),
        Services: items.map(({ service }) => service),
        ...next,
      };
    },
  };
}

const insightKey = ({ startMs, id }: InsightRecord): string => `${newestFirstKey(startMs)}/${id}`;

const impactKey = ({ service: { Name, Type, AccountId } }: ImpactedService): string =>
  JSON.stringify([Name, Type, AccountId]);

function toInsight(insight: InsightRecord) {
  return {
    InsightId: insight.id,
    GroupARN: insight.groupArn,
    GroupName: insight.groupName,
    RootCauseServiceId: serviceId(insight.rootCause, insight.account),
    Categories: ['FAULT' as const],
    State: insight.state,
    StartTime: new Date(insight.startMs),
    ...(insight.endMs === undefined ? {} : { EndTime: new Date(insight.endMs) }),
    Summary: insight.summary,
    ...impacts(insight),
    TopAnomalousServices: toAnomalous(insight.anomalous, insight.account),
  };
}

const impacts = ({ clientImpact, rootCauseImpact }: { clientImpact: Impact; rootCauseImpact: Impact }) => ({
  ClientRequestImpactStatistics: statistics(clientImpact),
  RootCauseServiceRequestImpactStatistics: statistics(rootCauseImpact),
});

const toAnomalous = (nodes: readonly NodeId[], account: string) =>
  nodes.map((node) => ({ ServiceId: serviceId(node, account) }));

interface ImpactedService {
  readonly service: InsightImpactGraphService;
  readonly times: readonly [Date, Date];
}

/** Of a map, the anomalous nodes and whatever calls them, clients included: structure without numbers. */
function impactOf(map: readonly Service[], anomalous: readonly NodeId[]): ImpactedService[] {
  const keys = new Set(anomalous.map(keyOf));
  // A client bears the name of the service that it calls; its type tells them apart.
  const nodeKey = (service: Service) => keyOf({ name: service.Name!, type: service.Type! });
  const byReference = new Map(map.map((service) => [service.ReferenceId, nodeKey(service)]));
  const calls = new Map(
    map.map((service) => [nodeKey(service), (service.Edges ?? []).map((edge) => byReference.get(edge.ReferenceId)!)]),
  );
  const related = map.filter((service) => {
    const key = nodeKey(service);
    return keys.has(key) || [...reachableFrom(key, calls)].some((target) => keys.has(target));
  });
  const references = new Set(related.map(({ ReferenceId }) => ReferenceId));
  return related.map((service) => ({
    service: {
      ReferenceId: service.ReferenceId,
      Type: service.Type,
      Name: service.Name,
      Names: service.Names,
      ...(service.AccountId === undefined ? {} : { AccountId: service.AccountId }),
      Edges: (service.Edges ?? [])
        .filter(({ ReferenceId }) => references.has(ReferenceId))
        .map(({ ReferenceId }) => ({ ReferenceId })),
    },
    times: [service.StartTime!, service.EndTime!],
  }));
}
