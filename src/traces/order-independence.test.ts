import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newTraceId, shopRequest, startTestPlane, type TestPlane } from './test-plane.fixture.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startTestPlane();
});
afterAll(() => plane.stop());

type Part = { kind: 'document' | 'otlp'; text: string };

async function send({ kind, text }: Part): Promise<void> {
  if (kind === 'document') {
    const { UnprocessedTraceSegments } = await plane.xray.PutTraceSegments(
      { TraceSegmentDocuments: [text] },
      plane.context,
    );
    expect(UnprocessedTraceSegments).toEqual([]);
    return;
  }
  const response = await fetch(`http://127.0.0.1:${plane.traces.ports.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: text,
  });
  expect(response.status).toBe(200);
}

/** The shop's request as single documents and spans, with in-progress versions, a streamed subsegment and its call. */
function partsOf(request: ReturnType<typeof shopRequest>): Part[] {
  const document = (value: object): Part => ({ kind: 'document', text: JSON.stringify(value) });
  const [scope] = request.otlp.resourceSpans[0]!.scopeSpans;
  const { resource } = request.otlp.resourceSpans[0]!;
  const streamed = { id: 'feedfeedfeedfe01', trace_id: request.traceId, type: 'subsegment', parent_id: request.bff };
  const inside = { id: 'feedfeedfeedfe02', name: 'S3', namespace: 'aws' };
  const times = { start_time: request.segments[0]!.start_time, end_time: request.segments[0]!.end_time };
  return [
    ...request.segments.map(document),
    ...request.segments.map(({ end_time: _end, subsegments: _subsegments, ...open }) =>
      document({ ...open, start_time: open.start_time - 1, in_progress: true }),
    ),
    document({ ...streamed, name: 'work', ...times, subsegments: [{ ...inside, ...times }] }),
    ...scope!.spans.map(
      (span): Part => ({
        kind: 'otlp',
        text: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
      }),
    ),
  ];
}

async function read(traceId: string): Promise<string> {
  const { Traces } = await plane.xray.BatchGetTraces({ TraceIds: [traceId] }, plane.context);
  const { Services } = await plane.xray.GetTraceGraph({ TraceIds: [traceId] }, plane.context);
  const [summary] = (
    await plane.xray.GetTraceSummaries(
      {
        StartTime: new Date(start * 1000 - 60_000),
        EndTime: new Date(start * 1000 + 60_000),
        FilterExpression: '!partial AND service("S3")',
      },
      plane.context,
    )
  ).TraceSummaries!.filter(({ Id }) => Id === traceId);
  // Inferred ids are made from the trace's own.
  const known = new Map<string, string>();
  return JSON.stringify({ Traces, Services, summary: { ...summary, Revision: 0 } })
    .replaceAll(traceId, 'TRACE')
    .replace(/\b[0-9a-f]{16}\b/g, (id) => {
      if (!known.has(id)) known.set(id, `id${known.size}`);
      return known.get(id)!;
    });
}

const start = Math.floor(Date.now() / 1000) - 900;

test('any order and any duplication of what was sent give the same trace, summary and graph', async () => {
  const template = shopRequest(start, { denied: true });
  const parts = partsOf(template);
  const withId = (traceId: string) => {
    const hex = (id: string) => id.slice(2).replace('-', '');
    return parts.map((part) => ({
      ...part,
      text: part.text.replaceAll(template.traceId, traceId).replaceAll(hex(template.traceId), hex(traceId)),
    }));
  };
  for (const part of parts) await send(part);
  const expected = await read(template.traceId);
  expect(expected).toContain('"AWS::S3"');
  const orders = fc.shuffledSubarray([...parts.keys(), ...parts.keys()], { minLength: parts.length * 2 });
  await fc.assert(
    fc.asyncProperty(orders, async (order) => {
      const traceId = newTraceId(start * 1000);
      const own = withId(traceId);
      for (const index of order) await send(own[index]!);
      expect(await read(traceId)).toBe(expected);
    }),
    { numRuns: 3, endOnFailure: true },
  );
}, 120_000);
