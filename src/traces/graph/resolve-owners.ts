import type { CountGroup, EdgeKey, StatusClass } from './build-graph.ts';

/** A call of a subsegment that was streamed without saying whose it is. */
export interface UnownedCall {
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string;
  readonly callName: string;
  readonly path: string;
  readonly targetName: string;
  readonly targetType: string;
  readonly status: StatusClass;
  readonly bucket: number;
  readonly seconds: number;
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
  calls: readonly UnownedCall[],
  structure: readonly StructureRow[],
): (EdgeKey & CountGroup & { window: number })[] {
  const holders = new Map<string, StructureRow>();
  const callees = new Map<string, StructureRow>();
  for (const row of structure) {
    for (const id of [row.id, ...row.subsegmentIds]) holders.set(`${row.traceId}/${id}`, row);
    if (row.kind === 'segment' && row.parentId) callees.set(`${row.traceId}/${row.parentId}`, row);
  }
  return calls.flatMap((call) => {
    const owner = ownerOf(call, holders);
    if (!owner) return [];
    const callee = callees.get(`${call.traceId}/${call.id}`);
    return [
      {
        status: call.status,
        bucket: Number(call.bucket),
        count: 1,
        totalSeconds: Number(call.seconds),
        start: Number(call.startSeconds),
        end: Number(call.endSeconds),
        window: Number(call.window),
        ownerName: owner.name,
        ownerType: owner.type,
        callName: call.callName,
        hint: '',
        calleeName: callee?.name ?? '',
        calleeType: callee?.type ?? '',
        targetName: call.targetName,
        targetType: call.targetType,
        isRecent: Number(call.isRecent) === 1,
      },
    ];
  });
}

function ownerOf(call: UnownedCall, holders: ReadonlyMap<string, StructureRow>): StructureRow | undefined {
  const seen = new Set<string>();
  let holder = holders.get(`${call.traceId}/${call.parentId}`);
  while (holder && holder.kind !== 'segment') {
    if (seen.has(holder.id)) return undefined;
    seen.add(holder.id);
    holder = holders.get(`${call.traceId}/${holder.parentId}`);
  }
  return holder;
}
