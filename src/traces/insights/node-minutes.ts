import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { buildGraph } from '../graph/build-graph.ts';
import type { GraphSelection } from '../read-graph-groups.ts';
import type { AllGroups } from '../settle/index.ts';
import { keyOf } from './find-root-cause.ts';
import type { Impact, NodeId } from './model.ts';
import type { NodeMinute } from './node-history.ts';

/** Requests of one node in one minute; `client` counts those of them that begin a trace. */
export interface NodeMinuteCounts extends NodeId {
  readonly atMs: number;
  readonly requests: number;
  readonly ok: number;
  readonly faults: number;
  readonly clientRequests: number;
  readonly clientOk: number;
  readonly clientFaults: number;
}

export interface MinutesOfMap {
  readonly minutes: readonly NodeMinuteCounts[];
  /** Calls of the whole range, by node key. */
  readonly calls: ReadonlyMap<string, readonly string[]>;
  readonly entries: readonly NodeId[];
}

export interface GroupScope extends AccountRegion {
  readonly groupName: string;
}

/** Counts of a selection, as Settling has them. */
export type ReadGroups = (selection: GraphSelection, now: Date) => Promise<AllGroups>;

/** The map of a range, minute by minute: inferred nodes are counted from their callers' calls, as on the map. */
export async function readMinutesOfMap(
  readGroups: ReadGroups,
  selection: GraphSelection,
  now: Date,
): Promise<MinutesOfMap> {
  const groups = await readGroups({ ...selection, periodSeconds: 60 }, now);
  const windows = [...new Set([...groups.nodes, ...groups.edges].map(({ window }) => window))].sort((a, b) => a - b);
  const minutes = windows.flatMap((window) => {
    const inWindow = (group: { window: number }) => group.window === window;
    const services = buildGraph(groups.nodes.filter(inWindow), groups.edges.filter(inWindow), selection.account, now);
    const clients = new Map(
      services.filter(({ Type }) => Type === 'client').map(({ Edges }) => [Edges![0]!.ReferenceId, Edges![0]!]),
    );
    return services
      .filter(({ Type }) => Type !== 'client')
      .map((service) => {
        const own = service.SummaryStatistics;
        const client = clients.get(service.ReferenceId)?.SummaryStatistics;
        return {
          name: service.Name!,
          type: service.Type!,
          atMs: window * 1000,
          requests: own?.TotalCount ?? 0,
          ok: own?.OkCount ?? 0,
          faults: own?.FaultStatistics?.TotalCount ?? 0,
          clientRequests: client?.TotalCount ?? 0,
          clientOk: client?.OkCount ?? 0,
          clientFaults: client?.FaultStatistics?.TotalCount ?? 0,
        };
      });
  });
  const whole = buildGraph(groups.nodes, groups.edges, selection.account, now);
  const idOf = new Map(whole.map((service) => [service.ReferenceId, { name: service.Name!, type: service.Type! }]));
  const calls = new Map(
    whole
      .filter(({ Type }) => Type !== 'client')
      .map(({ Name, Type, Edges = [] }) => [
        keyOf({ name: Name!, type: Type! }),
        Edges.map(({ ReferenceId }) => keyOf(idOf.get(ReferenceId)!)),
      ]),
  );
  const entries = whole.filter(({ Type }) => Type === 'client').map(({ Edges }) => idOf.get(Edges![0]!.ReferenceId)!);
  return { minutes, calls, entries };
}

/** Writes minutes with what was decided of them; the last one written counts. */
export async function storeMinutes(
  telemetry: TelemetryStore,
  scope: GroupScope,
  minutes: readonly NodeMinuteCounts[],
  isOutside: (minute: NodeMinuteCounts) => boolean,
): Promise<void> {
  if (minutes.length === 0) return;
  const rows = minutes.map((minute) => ({
    account: scope.account,
    region: scope.region,
    group_name: scope.groupName,
    name: minute.name,
    type: minute.type,
    minute: minute.atMs / 1000,
    requests: minute.requests,
    ok: minute.ok,
    faults: minute.faults,
    client_requests: minute.clientRequests,
    client_ok: minute.clientOk,
    client_faults: minute.clientFaults,
    outside: isOutside(minute) ? 1 : 0,
  }));
  await telemetry.insert('node_minutes', rows, { acknowledged: true });
}

const ofGroup = 'account = {account:String} AND region = {region:String} AND group_name = {groupName:String}';

/** Histories of nodes, by node key, in the ranges given. */
export async function readHistories(
  telemetry: TelemetryStore,
  scope: GroupScope,
  nodes: readonly NodeId[],
  ranges: readonly { fromMs: number; toMs: number }[],
): Promise<Map<string, Map<number, NodeMinute>>> {
  const histories = new Map<string, Map<number, NodeMinute>>();
  if (nodes.length === 0) return histories;
  const inRanges = ranges
    .map((_, index) => `(minute >= {from${index}:UInt32} AND minute < {to${index}:UInt32})`)
    .join(' OR ');
  const rows = await telemetry.query<{
    name: string;
    type: string;
    at: number;
    requests: string;
    faults: string;
    outside: number;
  }>(
    `SELECT name, type, toUnixTimestamp(minute) AS at, requests, faults, outside FROM node_minutes FINAL
     WHERE ${ofGroup} AND name IN {names:Array(String)} AND (${inRanges})`,
    {
      ...parametersOf(scope),
      names: [...new Set(nodes.map(({ name }) => name))],
      ...Object.fromEntries(
        ranges.flatMap(({ fromMs, toMs }, index) => [
          [`from${index}`, Math.max(0, Math.floor(fromMs / 1000))],
          [`to${index}`, Math.max(0, Math.ceil(toMs / 1000))],
        ]),
      ),
    },
    { timeoutMs: 30_000 },
  );
  const wanted = new Set(nodes.map(keyOf));
  for (const row of rows) {
    const key = keyOf(row);
    if (!wanted.has(key)) continue;
    const history = histories.get(key) ?? new Map<number, NodeMinute>();
    histories.set(key, history);
    history.set(Number(row.at) * 1000, {
      requests: Number(row.requests),
      faults: Number(row.faults),
      isOutside: Number(row.outside) === 1,
    });
  }
  return histories;
}

/** Start of the newest minute that was looked at; undefined for a group that never was. */
export async function readNewestMinute(
  telemetry: TelemetryStore,
  scope: GroupScope,
  sinceMs: number,
): Promise<number | undefined> {
  const [row] = await telemetry.query<{ newest: number }>(
    `SELECT toUnixTimestamp(max(minute)) AS newest FROM node_minutes WHERE ${ofGroup} AND minute >= {since:UInt32}`,
    { ...parametersOf(scope), since: Math.floor(sinceMs / 1000) },
  );
  return Number(row?.newest ?? 0) > 0 ? Number(row!.newest) * 1000 : undefined;
}

/** Requests of a node, and requests of clients to some services, since a minute. */
export async function readImpact(
  telemetry: TelemetryStore,
  scope: GroupScope,
  rootCause: NodeId,
  clientNodes: readonly NodeId[],
  range: { fromMs: number; toMs: number },
): Promise<{ clientImpact: Impact; rootCauseImpact: Impact }> {
  const rows = await telemetry.query<Record<string, string>>(
    `SELECT name, type, sum(requests) AS total, sum(ok) AS okay, sum(faults) AS fault, sum(client_requests) AS clientTotal,
       sum(client_ok) AS clientOkay, sum(client_faults) AS clientFault
     FROM node_minutes FINAL WHERE ${ofGroup} AND name IN {names:Array(String)} AND minute >= {from:UInt32} AND minute < {to:UInt32}
     GROUP BY name, type`,
    {
      ...parametersOf(scope),
      names: [...new Set([rootCause, ...clientNodes].map(({ name }) => name))],
      from: Math.floor(range.fromMs / 1000),
      to: Math.ceil(range.toMs / 1000),
    },
  );
  const clientKeys = new Set(clientNodes.map(keyOf));
  const clientImpact = { fault: 0, ok: 0, total: 0 };
  const rootCauseImpact = { fault: 0, ok: 0, total: 0 };
  for (const row of rows) {
    const key = keyOf({ name: row.name!, type: row.type! });
    if (key === keyOf(rootCause)) addTo(rootCauseImpact, row.fault, row.okay, row.total);
    if (clientKeys.has(key)) addTo(clientImpact, row.clientFault, row.clientOkay, row.clientTotal);
  }
  return { clientImpact, rootCauseImpact };
}

function addTo(impact: { fault: number; ok: number; total: number }, ...[fault, ok, total]: (string | undefined)[]) {
  impact.fault += Number(fault);
  impact.ok += Number(ok);
  impact.total += Number(total);
}

/** Where anything at all came in since then. */
export async function readBusyScopes(
  telemetry: TelemetryStore,
  sinceMs: number,
  untilMs: number,
): Promise<AccountRegion[]> {
  const rows = await telemetry.query<AccountRegion>(
    `SELECT DISTINCT account, region FROM segments
     WHERE start >= fromUnixTimestamp64Milli({since:Int64}) AND start < fromUnixTimestamp64Milli({until:Int64})`,
    { since: sinceMs, until: untilMs },
  );
  return rows.map(({ account, region }) => ({ account, region }));
}

/** Where something failed in the range: all that can begin an anomaly. */
export async function readFailingScopes(
  telemetry: TelemetryStore,
  sinceMs: number,
  untilMs: number,
): Promise<AccountRegion[]> {
  const failed = (table: string) =>
    `SELECT account, region FROM ${table} WHERE fault = 1
       AND start >= fromUnixTimestamp64Milli({since:Int64}) AND start < fromUnixTimestamp64Milli({until:Int64})`;
  const rows = await telemetry.query<AccountRegion>(
    `SELECT DISTINCT account, region FROM (${failed('segments')} UNION ALL ${failed('calls')})`,
    { since: sinceMs, until: untilMs },
  );
  return rows.map(({ account, region }) => ({ account, region }));
}

const parametersOf = ({ account, region, groupName }: GroupScope) => ({ account, region, groupName });
