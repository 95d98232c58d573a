import type { TimeSeriesServiceStatistics } from '@aws-sdk/client-xray';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { Expression, Selector } from '../filter/expression.ts';
import { parseFilter } from '../filter/parse-filter.ts';
import { add, type Counted, emptyCounts, statisticsOf } from '../graph/build-graph.ts';
import { toHistogram } from '../graph/histogram.ts';
import type { RequestCount } from '../insights/expected-band.ts';
import { readForecast } from '../insights/forecast.ts';
import type { NodeId } from '../insights/model.ts';
import { type Moment, readPageOfMoment } from '../paging/read-pages.ts';
import type { GraphSelection } from '../read-graph-groups.ts';
import type { AllGroups } from '../settle/index.ts';
import type { SettledCondition } from '../settle/read-settled.ts';
import { type GraphDeps, selectGroup } from './get-graph.ts';
import { findGroup, toRequestError } from './groups.ts';
import { readRange } from './query-range.ts';

type XRay = typeof import('@aws-sdk/client-xray');
type EntitySelector = Extract<Expression, { kind: 'service' | 'edge' }>;

/** Windows are cut at whole periods: there may be one more. */
const windowsMax = 2000;

/** GetTimeSeriesServiceStatistics: windows without a request are left out. */
export function timeSeriesHandlers(deps: GraphDeps): Pick<Handlers<XRay>, 'GetTimeSeriesServiceStatistics'> {
  return {
    async GetTimeSeriesServiceStatistics(input, context) {
      const range = readRange(input.StartTime, input.EndTime);
      const call = deps.paging.open('GetTimeSeriesServiceStatistics', input, context, windowsMax + 1);
      const periodSeconds = input.Period ?? 60;
      if (!(periodSeconds > 0) || (range.endMs - range.startMs) / 1000 / periodSeconds > windowsMax) {
        const advice = 'take a longer Period or a shorter range.';
        throw awsError('InvalidRequestException', `The range may have 1 to ${windowsMax} periods: ${advice}`);
      }
      const text = input.EntitySelectorExpression;
      const selector = text === undefined ? undefined : readSelector(text);
      const ofOneService = selector?.kind === 'service' ? selector : undefined;
      if (input.ForecastStatistics && !ofOneService) {
        throw awsError(
          'InvalidRequestException',
          'ForecastStatistics needs an EntitySelectorExpression of one service().',
        );
      }
      const condition = selector && selector.condition.kind !== 'all' ? text : undefined;
      const read = async ({ now, ...asOf }: Moment) => {
        if (selector && isElsewhere(selector, context.account)) return [];
        const selection = await selectGroup(deps, context, { ...range, ...asOf }, input, condition);
        const readGroups = (more: Pick<GraphSelection, 'periodSeconds'> & Partial<GraphSelection>) =>
          deps.settling.readGroups({ ...selection, ...more }, now, context.signal, settledCondition(selector));
        const groups = await readGroups({ periodSeconds, withoutEdges: selector === undefined });
        const rows = toRows(groups, selector);
        if (!input.ForecastStatistics || !ofOneService) return rows;
        const isNamed = input.GroupName || input.GroupARN;
        const groupName = isNamed ? (await findGroup(deps.state, context, input)).value.GroupName! : 'Default';
        const forecast = await readForecast(
          deps.telemetry,
          { account: context.account, region: context.region, groupName },
          nodesOf(groups, ofOneService),
          range,
          async (startMs, endMs) => countMinutes(await readGroups({ startMs, endMs, periodSeconds: 60 }), ofOneService),
        );
        return rows.map((row) => ({
          ...row,
          ServiceForecastStatistics: forecast(row.Timestamp!.getTime(), row.ServiceSummaryStatistics?.TotalCount ?? 0),
        }));
      };
      const { items, next } = await readPageOfMoment(deps, call, read, windowKey);
      return { TimeSeriesServiceStatistics: [...items], ContainsOldGroupVersions: false, ...next };
    },
  };
}

const windowKey = ({ Timestamp }: TimeSeriesServiceStatistics): string =>
  String(Timestamp!.getTime()).padStart(15, '0');

function readSelector(text: string): EntitySelector {
  let expression: Expression;
  try {
    expression = parseFilter(text);
  } catch (error) {
    throw toRequestError(error);
  }
  if (expression.kind === 'service' || expression.kind === 'edge') return expression;
  throw awsError('InvalidRequestException', 'EntitySelectorExpression takes one service() or edge().');
}

/** Without a selector, the requests of clients: root segments seen as edges. */
function toRows(groups: AllGroups, selector: EntitySelector | undefined): TimeSeriesServiceStatistics[] {
  const windows = new Map<number, ReturnType<typeof emptyCounts>>();
  for (const group of chooseGroups(groups, selector)) {
    const counts = windows.get(group.window) ?? emptyCounts();
    windows.set(group.window, counts);
    add(counts, group);
  }
  return [...windows]
    .sort(([a], [b]) => a - b)
    .map(([window, counts]) => ({
      Timestamp: new Date(window * 1000),
      [selector?.kind === 'service' ? 'ServiceSummaryStatistics' : 'EdgeSummaryStatistics']: statisticsOf(counts),
      ResponseTimeHistogram: toHistogram(counts.histogram),
    }));
}

/** Requests and faults by minute. */
function countMinutes(groups: AllGroups, selector: EntitySelector): Map<number, RequestCount> {
  const minutes = new Map<number, RequestCount>();
  for (const group of chooseGroups(groups, selector)) {
    const known = minutes.get(group.window * 1000) ?? { requests: 0, faults: 0 };
    const counts = emptyCounts();
    add(counts, group);
    const requests = counts.ok + counts.error + counts.throttle + counts.fault;
    minutes.set(group.window * 1000, { requests: known.requests + requests, faults: known.faults + counts.fault });
  }
  return minutes;
}

/** The nodes that a selector means. */
function nodesOf(groups: AllGroups, { selector }: Extract<EntitySelector, { kind: 'service' }>): NodeId[] {
  const inferred = groups.edges.filter(({ calleeName }) => !calleeName);
  const all = [...groups.nodes, ...inferred.map((edge) => ({ name: edge.targetName, type: edge.targetType }))];
  const wanted = all.filter(({ name, type }) => selects(selector, name, type));
  return [...new Map(wanted.map(({ name, type }) => [JSON.stringify([name, type]), { name, type }])).values()];
}

function chooseGroups(groups: AllGroups, selector: EntitySelector | undefined): (Counted & { window: number })[] {
  if (!selector) return groups.nodes.filter(({ isRoot }) => isRoot);
  const inferred = (group: AllGroups['edges'][number]) => !group.calleeName;
  if (selector.kind === 'service') {
    const { selector: wanted } = selector;
    return [
      ...groups.nodes.filter(({ name, type }) => selects(wanted, name, type)),
      ...groups.edges.filter((edge) => inferred(edge) && selects(wanted, edge.targetName, edge.targetType)),
    ];
  }
  const fromClient = groups.nodes.filter(
    ({ isRoot, name, type }) =>
      isRoot &&
      selects({ ...selector.from, type: 'client' }, name, selector.from.type ?? 'client') &&
      selects(selector.to, name, type),
  );
  const edges = groups.edges.filter(
    (edge) =>
      selects(selector.from, edge.ownerName, edge.ownerType) &&
      selects(selector.to, edge.calleeName || edge.targetName, edge.calleeName ? edge.calleeType : edge.targetType),
  );
  return edges.length > 0 ? edges : fromClient;
}

/** The same choice among settled rows: what it leaves out need not be read. */
function settledCondition(selector: EntitySelector | undefined): SettledCondition {
  if (!selector) return { sql: "kind = 'node' AND is_root = 1", parameters: {} };
  const parameters: Record<string, string> = {};
  const matches = (wanted: Selector, name: string, type: string) => {
    const terms = [
      [name, wanted.name],
      [type, wanted.type],
    ].flatMap(([column, value]) => {
      if (value === undefined) return [];
      const parameter = `selector${Object.keys(parameters).length}`;
      parameters[parameter] = value;
      return [`${column} = {${parameter}:String}`];
    });
    return terms.join(' AND ') || 'true';
  };
  if (selector.kind === 'service') {
    const { selector: wanted } = selector;
    const sql = `((kind = 'node' AND ${matches(wanted, 'name', 'type')})
      OR (kind = 'edge' AND callee_name = '' AND ${matches(wanted, 'target_name', 'target_type')}))`;
    return { sql, parameters };
  }
  const { from, to } = selector;
  const called = "if(callee_name = '', target_name, callee_name)";
  const calledType = "if(callee_name = '', target_type, callee_type)";
  const sql = `((kind = 'node' AND is_root = 1 AND ${matches(to, 'name', 'type')})
    OR (kind = 'edge' AND ${matches(from, 'name', 'type')} AND ${matches(to, called, calledType)}))`;
  return { sql, parameters };
}

/** A selector may name an account; of another one there is nothing here. */
function isElsewhere(entity: EntitySelector, account: string): boolean {
  const selectors = entity.kind === 'service' ? [entity.selector] : [entity.from, entity.to];
  return selectors.some(({ accountId }) => accountId !== undefined && accountId !== account);
}

function selects(selector: Selector, name: string, type: string): boolean {
  return (selector.name ?? name) === name && (selector.type ?? type) === type;
}
