import type { FaultRootCause, ResponseTimeRootCause, RootCauseException } from '@aws-sdk/client-xray';
import { isObject, textAt } from '../json-access.ts';
import type { MergedTrace, TracePart } from './merge-trace.ts';
import { durationOf, serviceIdOf } from './trace-part.ts';

/** A child explains its parent's time from this share of the root's response time on. */
const coverageMin = 0.5;

/**
 * The way from the root to where a fault or error began: always to the child with the same flag that ended last.
 * Empty when nothing carries the flag. When only something below the root carries it, the clients were not affected.
 */
export function findFlagRootCauses(
  trace: MergedTrace,
  root: TracePart,
  flag: 'fault' | 'error',
  account: string,
): FaultRootCause[] {
  const childrenOf = indexChildren(trace);
  const has = (part: TracePart) => part.flags[flag] === 1;
  const clientImpacting = has(root);
  const start = clientImpacting ? [root] : pathToFirst(root, childrenOf, has);
  if (start.length === 0) return [];
  const path = follow(start, childrenOf, (children) =>
    children.filter(has).sort((a, b) => endOf(b) - endOf(a) || (a.id < b.id ? -1 : 1)),
  );
  return [{ Services: toServices(path, account, toFaultEntity), ClientImpacting: clientImpacting }];
}

/** The way down through the child that took most of the time, as long as it explains at least half of it. */
export function findResponseTimeRootCauses(
  trace: MergedTrace,
  root: TracePart,
  account: string,
): ResponseTimeRootCause[] {
  const total = durationOf(root);
  if (total <= 0) return [];
  const childrenOf = indexChildren(trace);
  const coverage = (part: TracePart) => Math.min(1, durationOf(part) / total);
  const path = follow([root], childrenOf, (children) =>
    children
      .filter((part) => coverage(part) >= coverageMin)
      .sort((a, b) => durationOf(b) - durationOf(a) || (a.id < b.id ? -1 : 1)),
  );
  const toEntity = (part: TracePart) => ({
    Name: part.document.name,
    Coverage: Math.round(coverage(part) * 1000) / 1000,
    Remote: isRemote(part),
  });
  return [{ Services: toServices(path, account, toEntity), ClientImpacting: true }];
}

/** Subsegments, and the segments of callees, below each part. */
function indexChildren(trace: MergedTrace): Map<string, TracePart[]> {
  const children = new Map<string, TracePart[]>();
  const all = [...trace.parts.values(), ...trace.segments.filter(({ inferred }) => inferred)];
  for (const part of all) {
    if (part.parentId === '') continue;
    const siblings = children.get(part.parentId);
    if (siblings) siblings.push(part);
    else children.set(part.parentId, [part]);
  }
  return children;
}

function follow(
  start: readonly TracePart[],
  childrenOf: ReadonlyMap<string, TracePart[]>,
  choose: (children: readonly TracePart[]) => TracePart[],
): TracePart[] {
  const path = [...start];
  const seen = new Set(path);
  for (;;) {
    const last = path.at(-1)!;
    const next = last.inferred ? undefined : choose(childrenOf.get(last.id) ?? []).find((part) => !seen.has(part));
    if (!next) return path;
    seen.add(next);
    path.push(next);
  }
}

/** The way from the root to the nearest part with the flag, the part included. */
function pathToFirst(
  root: TracePart,
  childrenOf: ReadonlyMap<string, TracePart[]>,
  has: (part: TracePart) => boolean,
): TracePart[] {
  const cameFrom = new Map<TracePart, TracePart | undefined>([[root, undefined]]);
  for (const part of cameFrom.keys()) {
    if (!has(part)) {
      for (const child of childrenOf.get(part.id) ?? []) if (!cameFrom.has(child)) cameFrom.set(child, part);
      continue;
    }
    const path: TracePart[] = [];
    for (let step: TracePart | undefined = part; step; step = cameFrom.get(step)) path.unshift(step);
    return path;
  }
  return [];
}

/** One service for each segment that the way crosses; its entities begin with the segment itself. */
function toServices<Entity>(path: readonly TracePart[], account: string, toEntity: (part: TracePart) => Entity) {
  const services: (ReturnType<typeof serviceIdOf> & { EntityPath: Entity[]; Inferred: boolean })[] = [];
  for (const part of path) {
    if (part.owner === part || services.length === 0) {
      services.push({ ...serviceIdOf(part.owner, account), EntityPath: [], Inferred: part.inferred });
    }
    services.at(-1)!.EntityPath.push(toEntity(part));
  }
  return services;
}

function toFaultEntity(part: TracePart) {
  return { Name: part.document.name, Exceptions: exceptionsOf(part), Remote: isRemote(part) };
}

function exceptionsOf(part: TracePart): RootCauseException[] {
  const { cause } = part.document;
  const exceptions = isObject(cause) && Array.isArray(cause.exceptions) ? cause.exceptions : [];
  return exceptions.filter(isObject).map((exception) => ({
    Name: textAt(exception, 'type'),
    Message: textAt(exception, 'message'),
  }));
}

function isRemote(part: TracePart): boolean {
  return part.document.namespace === 'remote' || part.document.namespace === 'aws';
}

function endOf(part: TracePart): number {
  return part.document.end_time ?? part.document.start_time;
}
