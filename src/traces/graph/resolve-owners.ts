import type { CountGroup, EdgeKey, StatusClass } from './build-graph.ts';

/** Calls of one kind in subsegments that were streamed without saying whose they are. */
export interface UnownedCalls {
  readonly traceId: string;
  /** What they are directly inside of. */
  readonly parentId: string;
  readonly callName: string;
  readonly targetName: string;
  readonly targetType: string;
  readonly calleeName: string;
  readonly calleeType: string;
  readonly status: StatusClass;
  readonly bucket: number;
  readonly count: number | string;
  readonly totalSeconds: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly isRecent: number;
  readonly window: number | string;
}

/** A document of such a trace: who is inside whom. */
export interface StructureRow {
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string;
  readonly kind: string;
  readonly name: string;
  readonly type: string;
  readonly subsegmentIds: readonly string[];
}

/** Follows parents from document to document up to a segment; calls whose segment has not come yet are left out. */
export function resolveOwners(
  calls: readonly UnownedCalls[],
  structure: readonly StructureRow[],
): (EdgeKey & CountGroup & { window: number })[] {
  const holders = new Map<string, StructureRow>();
  for (const row of structure) {
    for (const id of [row.id, ...row.subsegmentIds]) holders.set(`${row.traceId}/${id}`, row);
  }
  return calls.flatMap((call) => {
    const owner = ownerOf(call, holders);
    if (!owner) return [];
    return [
      {
        status: call.status,
        bucket: Number(call.bucket),
        count: Number(call.count),
        totalSeconds: Number(call.totalSeconds),
        start: Number(call.startSeconds),
        end: Number(call.endSeconds),
        window: Number(call.window),
        ownerName: owner.name,
        ownerType: owner.type,
        callName: call.callName,
        hint: '',
        calleeName: call.calleeName,
        calleeType: call.calleeType,
        targetName: call.targetName,
        targetType: call.targetType,
        isRecent: Number(call.isRecent) === 1,
      },
    ];
  });
}

function ownerOf(call: UnownedCalls, holders: ReadonlyMap<string, StructureRow>): StructureRow | undefined {
  const seen = new Set<string>();
  let holder = holders.get(`${call.traceId}/${call.parentId}`);
  while (holder && holder.kind !== 'segment') {
    if (seen.has(holder.id)) return undefined;
    seen.add(holder.id);
    holder = holders.get(`${call.traceId}/${holder.parentId}`);
  }
  return holder;
}
