import type { AnnotationValue, ServiceId, TraceSummary, ValueWithServiceIds } from '@aws-sdk/client-xray';
import { integerAt, isObject, objectAt, textAt } from '../json-access.ts';
import { toXrayTraceId } from '../model.ts';
import type { MergedTrace, TracePart } from './merge-trace.ts';
import { findFlagRootCauses, findResponseTimeRootCauses } from './root-causes.ts';
import { durationOf, serviceIdOf } from './trace-part.ts';

/** One line of the list of traces, made from the whole trace. `revision` grows with each change. */
export function summarizeTrace(trace: MergedTrace, account: string, revision: number): TraceSummary {
  const root = findRoot(trace);
  const real = [...trace.parts.values()].filter((part) => part.isSegment);
  const flags = root?.flags;
  return {
    Id: toXrayTraceId(trace.traceId),
    StartTime: new Date(startOf(trace, real) * 1000),
    Duration: round(trace.end - trace.start),
    ResponseTime: root ? round(durationOf(root)) : 0,
    HasFault: flags?.fault === 1,
    HasError: flags?.error === 1,
    HasThrottle: real.some((part) => part.flags.throttle === 1),
    IsPartial: trace.isPartial,
    Http: root ? httpOf(root) : {},
    Annotations: annotationsOf(trace, account),
    Users: distinctTexts(real, (part) => [textAt(part.document, 'user')]).map((UserName) => ({
      UserName,
      ServiceIds: serviceIdsOf(
        real.filter((part) => textAt(part.document, 'user') === UserName),
        account,
      ),
    })),
    ServiceIds: serviceIdsOf(
      trace.segments.filter((part) => part.isSegment),
      account,
    ),
    ResourceARNs: distinctTexts(real, ({ document }) => [
      textAt(document, 'resource_arn'),
      textAt(objectAt(document, 'aws', 'ecs'), 'task_arn'),
    ]).map((ARN) => ({ ARN })),
    InstanceIds: distinctTexts(real, ({ document }) => [textAt(objectAt(document, 'aws', 'ec2'), 'instance_id')]).map(
      (Id) => ({ Id }),
    ),
    AvailabilityZones: distinctTexts(real, ({ document }) => [
      textAt(objectAt(document, 'aws', 'ec2'), 'availability_zone'),
      textAt(objectAt(document, 'aws', 'ecs'), 'availability_zone'),
    ]).map((Name) => ({ Name })),
    ...(root ? { EntryPoint: serviceIdOf(root, account) } : {}),
    FaultRootCauses: root ? findFlagRootCauses(trace, root, 'fault', account) : [],
    ErrorRootCauses: root ? findFlagRootCauses(trace, root, 'error', account) : [],
    ResponseTimeRootCauses: root ? findResponseTimeRootCauses(trace, root, account) : [],
    Revision: revision,
  };
}

/** The segment where the trace began: one without a parent before one whose parent never came; then the earliest. */
export function findRoot(trace: MergedTrace): TracePart | undefined {
  const candidates = trace.segments.filter((part) => part.isSegment && !part.inferred);
  const rank = (part: TracePart) => (part.parentId === '' ? 0 : trace.parts.has(part.parentId) ? 2 : 1);
  return candidates.reduce<TracePart | undefined>(
    (best, part) => (best === undefined || rank(part) < rank(best) ? part : best),
    undefined,
  );
}

function startOf(trace: MergedTrace, real: readonly TracePart[]): number {
  return real.length > 0
    ? real.reduce((start, part) => Math.min(start, part.document.start_time), Number.POSITIVE_INFINITY)
    : trace.start;
}

function httpOf(root: TracePart): NonNullable<TraceSummary['Http']> {
  const http = objectAt(root.document, 'http');
  const status = integerAt(http.response, 'status');
  const text = (name: string) => textAt(http.request, name);
  return {
    ...(text('url') ? { HttpURL: text('url') } : {}),
    ...(status ? { HttpStatus: status } : {}),
    ...(text('method') ? { HttpMethod: text('method') } : {}),
    ...(text('user_agent') ? { UserAgent: text('user_agent') } : {}),
    ...(text('client_ip') ? { ClientIp: text('client_ip') } : {}),
  };
}

function annotationsOf(trace: MergedTrace, account: string): Record<string, ValueWithServiceIds[]> {
  const values = new Map<string, Map<string, { value: AnnotationValue; parts: TracePart[] }>>();
  for (const part of trace.parts.values()) {
    const annotations = part.document.annotations;
    if (!isObject(annotations)) continue;
    for (const [key, raw] of Object.entries(annotations)) {
      const value = toAnnotationValue(raw);
      if (!value) continue;
      const ofKey = values.get(key) ?? new Map();
      values.set(key, ofKey);
      const text = JSON.stringify(raw);
      const known = ofKey.get(text) ?? { value, parts: [] };
      ofKey.set(text, known);
      known.parts.push(part.owner);
    }
  }
  return Object.fromEntries(
    [...values]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, ofKey]) => [
        key,
        [...ofKey.values()].map(({ value, parts }) => ({
          AnnotationValue: value,
          ServiceIds: serviceIdsOf(parts, account),
        })),
      ]),
  );
}

function toAnnotationValue(value: unknown): AnnotationValue | undefined {
  if (typeof value === 'string') return { StringValue: value } as AnnotationValue;
  if (typeof value === 'number') return { NumberValue: value } as AnnotationValue;
  return typeof value === 'boolean' ? ({ BooleanValue: value } as AnnotationValue) : undefined;
}

function serviceIdsOf(parts: readonly TracePart[], account: string): ServiceId[] {
  const ids = new Map<string, ServiceId>();
  for (const part of parts) {
    const id = serviceIdOf(part, account);
    ids.set(JSON.stringify([id.Name, id.Type]), id);
  }
  return [...ids].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, id]) => id);
}

function distinctTexts(parts: readonly TracePart[], textsOf: (part: TracePart) => string[]): string[] {
  return [...new Set(parts.flatMap(textsOf))].filter((text) => text !== '').sort();
}

/** Microseconds: what is finer is the arithmetic's, not the clock's. */
function round(seconds: number): number {
  return Number.isFinite(seconds) ? Math.round(seconds * 1e6) / 1e6 : 0;
}
