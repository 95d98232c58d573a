import type { InsightImpactGraphService, InsightSummary, Service } from '@aws-sdk/client-xray';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { buildGraph } from '../graph/build-graph.ts';
import { keyOf, reachableFrom } from '../insights/find-root-cause.ts';
import { serviceId, statistics } from '../insights/insight-events.ts';
import type { InsightStore } from '../insights/insight-store.ts';
import type { Impact, InsightRecord, NodeId } from '../insights/model.ts';
import { type GraphDeps, selectGroup } from './get-graph.ts';
import { findGroup } from './groups.ts';
import { readRange } from './query-range.ts';

type XRay = typeof import('@aws-sdk/client-xray');

const summariesPageSize = 100;
const eventsPageSize = 50;
const graphPageSize = 1000;
const graphRangeMs = 6 * 3_600_000;

/** What the insight loop has found. */
export function insightHandlers(
  deps: GraphDeps & { insights: InsightStore },
): Pick<Handlers<XRay>, 'GetInsight' | 'GetInsightSummaries' | 'GetInsightEvents' | 'GetInsightImpactGraph'> {
  const { insights, state, settling, clock } = deps;
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
      const after = readSummaryToken(input.NextToken);
      const all = (await insights.list(context)).map(({ value }) => value);
      const found = all
        .filter((insight) => insight.groupArn === GroupARN)
        .filter(({ state: own }) => !input.States?.length || input.States.includes(own))
        // What was going on in the range; an active one has not ended.
        .filter(({ startMs, endMs }) => startMs < range.endMs && (endMs ?? Number.POSITIVE_INFINITY) > range.startMs)
        .toSorted(newestFirst)
        .filter((insight) => !after || newestFirst(after, insight) < 0);
      const page = found.slice(0, input.MaxResults ?? summariesPageSize);
      const last = page.at(-1);
      return {
        InsightSummaries: page.map(
          (insight): InsightSummary => ({
            ...toInsight(insight),
            LastUpdateTime: new Date(insight.updatedMs),
          }),
        ),
        ...(last && found.length > page.length ? { NextToken: `${last.startMs}.${last.id}` } : {}),
      };
    },

    async GetInsightEvents(input, context) {
      const { id } = await find(context, input.InsightId);
      const before = readTime(input.NextToken);
      const found = (await insights.events(context, id))
        .toReversed()
        .filter(({ atMs }) => before === undefined || atMs < before);
      const page = found.slice(0, input.MaxResults ?? eventsPageSize);
      return {
        InsightEvents: page.map((event) => ({
          Summary: event.summary,
          EventTime: new Date(event.atMs),
          ...impacts(event),
          TopAnomalousServices: toAnomalous(event.anomalous, context.account),
        })),
        ...(page.length > 0 && found.length > page.length ? { NextToken: String(page.at(-1)!.atMs) } : {}),
      };
    },

    async GetInsightImpactGraph(input, context) {
      const insight = await find(context, input.InsightId);
      const range = readRange(input.StartTime, input.EndTime);
      if (range.endMs - range.startMs > graphRangeMs) {
        throw awsError('InvalidRequestException', 'The time range cannot be longer than 6 hours.');
      }
      const selection = await selectGroup(deps, context, range, { GroupARN: insight.groupArn });
      const now = clock.now();
      const groups = await settling.readGroups(selection, now, context.signal);
      const services = impactOf(buildGraph(groups.nodes, groups.edges, context.account, now), insight.anomalous);
      const from = readTime(input.NextToken) ?? 0;
      const page = services.slice(from, from + graphPageSize);
      const times = services.map(({ times: [first, last] }) => [first.getTime(), last.getTime()] as const);
      return {
        InsightId: insight.id,
        StartTime: input.StartTime,
        EndTime: input.EndTime,
        ServiceGraphStartTime: new Date(Math.min(range.endMs, ...times.map(([first]) => first))),
        ServiceGraphEndTime: new Date(Math.max(range.startMs, ...times.map(([, last]) => last))),
        Services: page.map(({ service }) => service),
        ...(from + page.length < services.length ? { NextToken: String(from + page.length) } : {}),
      };
    },
  };
}

const newestFirst = (a: { startMs: number; id: string }, b: { startMs: number; id: string }): number =>
  b.startMs - a.startMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

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

function readSummaryToken(token: string | undefined): { startMs: number; id: string } | undefined {
  if (!token) return undefined;
  const parts = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(token);
  if (!parts) throw awsError('InvalidRequestException', 'NextToken is invalid.');
  return { startMs: Number(parts[1]), id: parts[2]! };
}

function readTime(token: string | undefined): number | undefined {
  if (!token) return undefined;
  if (!/^\d{1,15}$/.test(token)) throw awsError('InvalidRequestException', 'NextToken is invalid.');
  return Number(token);
}
