import type { CountGroup, EdgeKey, NodeKey } from './build-graph.ts';
import { calleeMinutes, ownerMinutes, type TimeRange, widen } from './graph-sql.ts';
import { bucketOf } from './histogram.ts';

/** A segment as it was stored, once for each version. Times are epoch microseconds. */
export interface StoredRequest {
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string;
  readonly name: string;
  readonly type: string;
  readonly startMicros: number;
  readonly endMicros: number;
  /** 4: fault, 2: throttle, 1: error. */
  readonly flags: number;
  readonly inProgress: boolean;
  /** Decides between versions that end at the same time. */
  readonly hash: bigint;
}

export interface StoredCall extends StoredRequest {
  readonly ownerName: string;
  readonly ownerType: string;
  readonly ownerKnown: boolean;
  readonly path: string;
  readonly targetName: string;
  readonly targetType: string;
  readonly isAws: boolean;
}

type Windowed = { readonly window: number };
type Node = NodeKey & CountGroup & Windowed;
type Edge = EdgeKey & CountGroup & Windowed;

/**
 * Counts the requests that start in the ranges, as `nodesSql`, `edgesSql` and `directEdgesSql` do: of a minute or two,
 * planning those takes the engine ten times longer than this takes here. `segments` are those of the traces concerned near
 * the ranges, `calls` those of the ranges and, near them, those to AWS.
 */
export function countRequests(
  { segments, calls }: { readonly segments: readonly StoredRequest[]; readonly calls: readonly StoredCall[] },
  ranges: readonly TimeRange[],
  options: { readonly periodSeconds: number; readonly recentAfterMicros: number },
): { nodes: Node[]; edges: Edge[] } {
  const nodes = new Groups<NodeKey>(options.periodSeconds);
  const edges = new Groups<EdgeKey>(options.periodSeconds);
  const counted = segments.filter((row) => !row.inProgress && isIn(ranges, row));
  for (const { name, type, parentId, ...request } of newestVersions(counted, segmentTexts)) {
    nodes.add({ name, type, isRoot: parentId === '' }, request);
  }

  const nearCallees = widen(ranges, calleeMinutes);
  const nearOwners = widen(ranges, ownerMinutes);
  const callees = byKey(
    segments.filter((row) => row.parentId !== '' && isIn(nearCallees, row)),
    parentKey,
  );
  const awsCalls = new Set(calls.filter((call) => call.isAws && isIn(nearOwners, call)).map(ownKey));
  const made = calls.filter((call) => call.ownerKnown && !call.inProgress && isIn(ranges, call));
  for (const call of newestVersions(made, callTexts)) {
    const minute = minuteOf(call.startMicros);
    const near = (callees.get(ownKey(call)) ?? []).filter(
      ({ first, last }) => first <= minute + calleeMinutes.after && last + calleeMinutes.before >= minute,
    );
    // A call directly inside an AWS call is how that call was made, unless it reached a service of its own.
    const isInside = awsCalls.has(parentKey(call));
    for (const callee of near.length > 0 ? near : [{ name: '', type: '' }]) {
      if (callee.name === '' && isInside) continue;
      const key = {
        ownerName: call.ownerName,
        ownerType: call.ownerType,
        callName: call.name,
        hint: loopback.test(call.name) ? call.path.replace(/[0-9]+/g, '#') : '',
        calleeName: callee.name,
        calleeType: callee.type,
        targetName: call.targetName,
        targetType: call.targetType,
        isRecent: call.endMicros > options.recentAfterMicros,
      };
      edges.add(key, call);
    }
  }

  // Segments whose parent is a segment itself: the callee's own time stands for the call.
  const owners = byKey(
    segments.filter((row) => isIn(nearOwners, row)),
    ownKey,
  );
  const owned = counted.filter((row) => row.parentId !== '' && owners.has(parentKey(row)));
  for (const callee of newestVersions(owned, segmentTexts)) {
    const minute = minuteOf(callee.startMicros);
    for (const owner of owners.get(parentKey(callee)) ?? []) {
      if (owner.first > minute + ownerMinutes.after || owner.last + ownerMinutes.before < minute) continue;
      const key = {
        ownerName: owner.name,
        ownerType: owner.type,
        callName: '',
        hint: '',
        calleeName: callee.name,
        calleeType: callee.type,
        targetName: callee.name,
        targetType: 'remote',
        isRecent: false,
      };
      edges.add(key, callee);
    }
  }
  return { nodes: nodes.all(), edges: edges.all() };
}

const loopback = /^(127[.]|localhost$|.*::1)/;
const segmentTexts = ['name', 'type', 'parentId'] as const;
const callTexts = [...segmentTexts, 'ownerName', 'ownerType', 'path', 'targetName', 'targetType'] as const;

const minuteOf = (micros: number) => Math.floor(micros / 60_000_000);
const ownKey = ({ traceId, id }: StoredRequest) => traceId + id;
const parentKey = ({ traceId, parentId }: StoredRequest) => traceId + parentId;
const isIn = (ranges: readonly TimeRange[], { startMicros }: StoredRequest) =>
  ranges.some(
    ({ startMs, endMs }) => startMicros >= Math.round(startMs * 1000) && startMicros < Math.round(endMs * 1000),
  );

/** One for each id: the greatest of every text and time, as the engine joins them, and the flags of the newest. */
function newestVersions<Row extends StoredRequest, Text extends keyof Row>(
  rows: readonly Row[],
  texts: readonly Text[],
): Row[] {
  const found = new Map<string, { joined: Row; newest: Row }>();
  for (const row of rows) {
    const known = found.get(ownKey(row));
    if (!known) {
      found.set(ownKey(row), { joined: row, newest: row });
      continue;
    }
    const { joined, newest } = known;
    const isNewer = row.endMicros > newest.endMicros || (row.endMicros === newest.endMicros && row.hash > newest.hash);
    known.newest = isNewer ? row : newest;
    known.joined = {
      ...joined,
      ...Object.fromEntries(texts.map((text) => [text, greater(joined[text] as string, row[text] as string)])),
      startMicros: Math.max(joined.startMicros, row.startMicros),
      endMicros: Math.max(joined.endMicros, row.endMicros),
      flags: known.newest.flags,
    };
  }
  return [...found.values()].map(({ joined }) => joined);
}

const greater = (a: string, b: string) => (a === b || Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0 ? a : b);

interface Service {
  readonly name: string;
  readonly type: string;
  first: number;
  last: number;
}

/** Names and types by key, with the first and last minute in which a version starts. */
function byKey(rows: readonly StoredRequest[], keyOf: (row: StoredRequest) => string): Map<string, Service[]> {
  const found = new Map<string, Service[]>();
  for (const row of rows) {
    const minute = minuteOf(row.startMicros);
    const services = found.get(keyOf(row)) ?? [];
    found.set(keyOf(row), services);
    const known = services.find(({ name, type }) => name === row.name && type === row.type);
    if (!known) services.push({ name: row.name, type: row.type, first: minute, last: minute });
    else {
      known.first = Math.min(known.first, minute);
      known.last = Math.max(known.last, minute);
    }
  }
  return found;
}

type Measured = Pick<StoredRequest, 'startMicros' | 'endMicros' | 'flags'>;

class Groups<Key extends object> {
  private readonly periodSeconds: number;
  private readonly found = new Map<
    string,
    Key & Windowed & { -readonly [Name in keyof CountGroup]: CountGroup[Name] }
  >();

  constructor(periodSeconds: number) {
    this.periodSeconds = periodSeconds;
  }

  add(key: Key, { startMicros, endMicros, flags }: Measured): void {
    const status = flags >= 4 ? 'fault' : flags >= 2 ? 'throttle' : flags === 1 ? 'error' : 'ok';
    const seconds = (endMicros - startMicros) / 1e6;
    const bucket = bucketOf(seconds);
    const window = Math.floor(Math.floor(startMicros / 1e6) / this.periodSeconds) * this.periodSeconds;
    const [start, end] = [startMicros / 1e6, endMicros / 1e6];
    const text = JSON.stringify([Object.values(key), status, bucket, window]);
    const known = this.found.get(text);
    if (!known) {
      this.found.set(text, { ...key, status, bucket, window, count: 1, totalSeconds: seconds, start, end });
      return;
    }
    known.count += 1;
    known.totalSeconds += seconds;
    known.start = Math.min(known.start, start);
    known.end = Math.max(known.end, end);
  }

  all(): (Key & CountGroup & Windowed)[] {
    return [...this.found.values()];
  }
}
