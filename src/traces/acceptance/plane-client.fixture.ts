import type { Service } from '@aws-sdk/client-xray';
import type { TestPlane } from '../test-plane.fixture.ts';
import { newId, newTraceId } from '../test-plane.fixture.ts';

/** A segment of `seconds` in a trace of its own, unless `more` says otherwise. */
export function makeSegment(start: number, seconds: number, name: string, more: object = {}) {
  return {
    trace_id: newTraceId(start * 1000),
    id: newId(),
    name,
    start_time: start,
    end_time: start + seconds,
    ...more,
  };
}

export function makeCall(start: number, seconds: number, name: string, more: object = {}) {
  return { id: newId(), name, namespace: 'remote', start_time: start, end_time: start + seconds, ...more };
}

export async function putDocuments(plane: TestPlane, ...documents: readonly (object | string)[]) {
  const texts = documents.map((document) => (typeof document === 'string' ? document : JSON.stringify(document)));
  const answer = await plane.xray.PutTraceSegments({ TraceSegmentDocuments: texts }, plane.context);
  return answer.UnprocessedTraceSegments ?? [];
}

/** The documents of a trace as BatchGetTraces gives them, oldest first. */
export async function readDocuments(plane: TestPlane, traceId: string): Promise<any[]> {
  const { Traces = [] } = await plane.xray.BatchGetTraces({ TraceIds: [traceId] }, plane.context);
  return (Traces[0]?.Segments ?? []).map(({ Document }) => JSON.parse(Document!));
}

export async function readGraph(plane: TestPlane, start: number, end: number): Promise<Service[]> {
  const range = { StartTime: new Date(start * 1000), EndTime: new Date(end * 1000) };
  return (await plane.xray.GetServiceGraph(range, plane.context)).Services ?? [];
}

/** Ids of the traces that a filter expression selects, newest first. */
export async function findTraceIds(plane: TestPlane, start: number, end: number, FilterExpression: string) {
  const range = { StartTime: new Date(start * 1000), EndTime: new Date(end * 1000) };
  const { TraceSummaries = [] } = await plane.xray.GetTraceSummaries({ ...range, FilterExpression }, plane.context);
  return TraceSummaries.map(({ Id }) => Id!);
}

/** `caller -> callee count`, with the type in brackets where there is one. */
export function edgesIn(services: readonly Service[]): string[] {
  const nameOf = ({ Name, Type }: Service) => (Type ? `${Name} [${Type}]` : `${Name}`);
  return services
    .flatMap((service) =>
      (service.Edges ?? []).map((edge) => {
        const target = services.find(({ ReferenceId }) => ReferenceId === edge.ReferenceId)!;
        return `${nameOf(service)} -> ${nameOf(target)} ${edge.SummaryStatistics?.TotalCount}`;
      }),
    )
    .sort();
}
