import type { Service } from '@aws-sdk/client-xray';
import type { StateStore } from '../../stores/state/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion, CallContext } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { traceCondition } from '../find-traces.ts';
import { buildGraph } from '../graph/build-graph.ts';
import { addLinkEdges } from '../links/add-link-edges.ts';
import { readLinkGroups } from '../links/read-links.ts';
import { parseTraceId } from '../model.ts';
import { type Moment, type PageReadingDeps, readPageOfMoment } from '../paging/read-pages.ts';
import type { GraphSelection } from '../read-graph-groups.ts';
import type { Settling } from '../settle/index.ts';
import { findGroup, readGroupExpressions, toRequestError } from './groups.ts';
import { readRange } from './query-range.ts';

type XRay = typeof import('@aws-sdk/client-xray');

export const servicesPageSize = 1000;
const traceIdsMax = 1000;

/**
 * Links with either end in the named traces: what they took, and who took what they made. Each column has an index of its
 * own, which an OR alone would not use.
 */
const linkedWithTraces = `trace_id IN (
    SELECT trace_id FROM span_links WHERE trace_id IN {traceIds:Array(String)}
    UNION ALL SELECT trace_id FROM span_links WHERE linked_trace_id IN {traceIds:Array(String)})
  AND (trace_id IN {traceIds:Array(String)} OR linked_trace_id IN {traceIds:Array(String)})`;

export interface GraphDeps extends PageReadingDeps {
  readonly state: StateStore;
  readonly settling: Settling;
}

/** GetServiceGraph and GetTraceGraph. */
export function graphHandlers(deps: GraphDeps): Pick<Handlers<XRay>, 'GetServiceGraph' | 'GetTraceGraph'> {
  return {
    async GetServiceGraph(input, context) {
      const range = readRange(input.StartTime, input.EndTime);
      const call = deps.paging.open('GetServiceGraph', input, context, servicesPageSize);
      const read = async ({ now, ...asOf }: Moment) =>
        readServices(deps, await selectGroup(deps, context, { ...range, ...asOf }, input), now, context);
      const { items, next } = await readPageOfMoment(deps, call, read, serviceKey);
      return {
        StartTime: input.StartTime,
        EndTime: input.EndTime,
        Services: [...items],
        ContainsOldGroupVersions: false,
        ...next,
      };
    },

    async GetTraceGraph(input, context) {
      const asked = input.TraceIds ?? [];
      if (asked.length > traceIdsMax) {
        throw awsError('InvalidRequestException', `Exceeding maximum query size: ${traceIdsMax}`);
      }
      const traceIds = asked.map(parseTraceId).filter((id): id is string => id !== undefined);
      const call = deps.paging.open('GetTraceGraph', input, context, servicesPageSize);
      const read = ({ now, ...asOf }: Moment) => {
        const selection = {
          account: context.account,
          region: context.region,
          // A trace graph has no range: everything that is kept.
          startMs: 0,
          endMs: now.getTime() + 86_400_000,
          traceCondition: 'trace_id IN {traceIds:Array(String)}',
          parameters: { traceIds },
          isOfWholeTraces: true,
          ...asOf,
        };
        return readServices(deps, selection, now, context, linkedWithTraces);
      };
      const { items, next } = await readPageOfMoment(deps, call, read, serviceKey);
      return { Services: [...items], ...next };
    },
  };
}

/** The part of the store that a range, a group's filter expression if one is named, and another one together select. */
export async function selectGroup(
  deps: Pick<GraphDeps, 'state'>,
  scope: AccountRegion,
  range: Pick<GraphSelection, 'startMs' | 'endMs' | 'asOfMs'>,
  by: { GroupName?: string | undefined; GroupARN?: string | undefined },
  filterExpression = '',
): Promise<GraphSelection> {
  const selection = { account: scope.account, region: scope.region, ...range };
  const ofGroup =
    by.GroupName || by.GroupARN ? ((await findGroup(deps.state, scope, by)).value.FilterExpression ?? '') : '';
  const expressions = [ofGroup, filterExpression].filter((text) => text !== '');
  if (expressions.length === 0) return selection;
  const [only] = expressions;
  return selectFilter(
    deps,
    selection,
    expressions.length === 1 ? only! : expressions.map((one) => `(${one})`).join(' AND '),
  );
}

/** Narrows a selection to the traces that a filter expression selects. */
async function selectFilter(
  deps: Pick<GraphDeps, 'state'>,
  selection: GraphSelection,
  filterExpression: string,
): Promise<GraphSelection> {
  try {
    const { condition, values } = traceCondition({
      account: selection.account,
      region: selection.region,
      startMs: selection.startMs,
      endMs: selection.endMs,
      rangeType: 'TraceId',
      filterExpression,
      groups: await readGroupExpressions(deps.state, selection),
      ...(selection.asOfMs === undefined ? {} : { asOfMs: selection.asOfMs }),
    });
    return { ...selection, traceCondition: condition, parameters: values };
  } catch (error) {
    throw toRequestError(error);
  }
}

async function readServices(
  deps: GraphDeps,
  selection: GraphSelection,
  now: Date,
  context: CallContext,
  linkCondition = selection.traceCondition,
) {
  const linked = { ...selection, ...(linkCondition ? { traceCondition: linkCondition } : {}) };
  const [{ nodes, edges }, links] = await Promise.all([
    deps.settling.readGroups(selection, now, context.signal),
    readLinkGroups(deps.telemetry, linked, context.signal),
  ]);
  return addLinkEdges(buildGraph(nodes, edges, context.account, now), links, context.account);
}

/** A client bears the name of the service that it calls; a service may say that it is of type client, too. */
export const serviceKey = ({ Name, Type, SummaryStatistics }: Service): string =>
  JSON.stringify([Name, Type, SummaryStatistics ? 1 : 0]);
