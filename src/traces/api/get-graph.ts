import type { Clock } from '../../platform/clock.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion, CallContext } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { readNewestStored, traceCondition } from '../find-traces.ts';
import { buildGraph } from '../graph/build-graph.ts';
import { addLinkEdges } from '../links/add-link-edges.ts';
import { readLinkGroups } from '../links/read-links.ts';
import { parseTraceId } from '../model.ts';
import type { GraphSelection } from '../read-graph-groups.ts';
import type { Settling } from '../settle/index.ts';
import { findGroup, readGroupExpressions, toRequestError } from './groups.ts';
import { readRange } from './query-range.ts';

type XRay = typeof import('@aws-sdk/client-xray');

const servicesPageSize = 1000;
const traceIdsMax = 1000;
/** A trace graph has no range: everything that is kept. */
const keptMs = 31 * 86_400_000;

/**
 * Links with either end in the named traces: what they took, and who took what they made. Each column has an index of its
 * own, which an OR alone would not use.
 */
const linkedWithTraces = `trace_id IN (
    SELECT trace_id FROM span_links WHERE trace_id IN {traceIds:Array(String)}
    UNION ALL SELECT trace_id FROM span_links WHERE linked_trace_id IN {traceIds:Array(String)})
  AND (trace_id IN {traceIds:Array(String)} OR linked_trace_id IN {traceIds:Array(String)})`;

export interface GraphDeps {
  readonly telemetry: TelemetryStore;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly settling: Settling;
  /** Of a page of the lists that have pages; smaller only than what each has by itself. */
  readonly pageSizeMax?: number;
}

/** GetServiceGraph and GetTraceGraph. */
export function graphHandlers(deps: GraphDeps): Pick<Handlers<XRay>, 'GetServiceGraph' | 'GetTraceGraph'> {
  const pageSize = Math.min(servicesPageSize, deps.pageSizeMax ?? servicesPageSize);
  return {
    async GetServiceGraph(input, context) {
      const range = readRange(input.StartTime, input.EndTime);
      const selection = await selectGroup(deps, context, range, input);
      const token = readToken(input.NextToken);
      let asOfMs = token?.asOfMs;
      let services = await readServices(deps, asOfMs === undefined ? selection : { ...selection, asOfMs }, context);
      if (!token && services.length > pageSize) {
        // More than one page: all of them are of one moment, so that numbers and order hold while segments arrive.
        asOfMs = await readNewestStored(deps.telemetry, deps.clock.now());
        services = await readServices(deps, { ...selection, asOfMs }, context);
      }
      const start = token?.offset ?? 0;
      const page = services.slice(start, start + pageSize);
      const next = start + page.length;
      return {
        StartTime: input.StartTime,
        EndTime: input.EndTime,
        Services: page,
        ContainsOldGroupVersions: false,
        ...(next < services.length ? { NextToken: `${next}.${asOfMs}` } : {}),
      };
    },

    async GetTraceGraph(input, context) {
      const asked = input.TraceIds ?? [];
      if (asked.length > traceIdsMax) {
        throw awsError('InvalidRequestException', `Exceeding maximum query size: ${traceIdsMax}`);
      }
      const traceIds = asked.map(parseTraceId).filter((id): id is string => id !== undefined);
      const nowMs = deps.clock.now().getTime();
      const services = await readServices(
        deps,
        {
          account: context.account,
          region: context.region,
          startMs: nowMs - keptMs,
          endMs: nowMs + 86_400_000,
          traceCondition: 'trace_id IN {traceIds:Array(String)}',
          parameters: { traceIds },
          isOfWholeTraces: true,
        },
        context,
        linkedWithTraces,
      );
      return { Services: services };
    },
  };
}

/** The part of the store that a range, and a group's filter expression if one is named, selects. */
export async function selectGroup(
  deps: Pick<GraphDeps, 'state'>,
  scope: AccountRegion,
  range: { startMs: number; endMs: number },
  by: { GroupName?: string | undefined; GroupARN?: string | undefined },
): Promise<GraphSelection> {
  const selection = { account: scope.account, region: scope.region, ...range };
  if (!by.GroupName && !by.GroupARN) return selection;
  const filterExpression = (await findGroup(deps.state, scope, by)).value.FilterExpression ?? '';
  return filterExpression ? selectFilter(deps, selection, filterExpression) : selection;
}

/** Narrows a selection to the traces that a filter expression selects. */
export async function selectFilter(
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
    });
    return { ...selection, traceCondition: condition, parameters: values };
  } catch (error) {
    throw toRequestError(error);
  }
}

async function readServices(
  deps: GraphDeps,
  selection: GraphSelection,
  context: CallContext,
  linkCondition = selection.traceCondition,
) {
  const now = deps.clock.now();
  const linked = { ...selection, ...(linkCondition ? { traceCondition: linkCondition } : {}) };
  const [{ nodes, edges }, links] = await Promise.all([
    deps.settling.readGroups(selection, now, context.signal),
    readLinkGroups(deps.telemetry, linked, context.signal),
  ]);
  return addLinkEdges(buildGraph(nodes, edges, context.account, now), links, context.account);
}

function readToken(token: string | undefined): { offset: number; asOfMs: number } | undefined {
  if (token === undefined || token === '') return undefined;
  const parts = /^(\d{1,9})\.(\d{1,15})$/.exec(token);
  if (!parts) throw awsError('InvalidRequestException', 'NextToken is invalid.');
  return { offset: Number(parts[1]), asOfMs: Number(parts[2]) };
}
