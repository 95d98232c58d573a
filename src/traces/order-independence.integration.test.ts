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

/** A trace that comes by OpenTelemetry alone: three services, a call that streams before its service, two spans of one id. */
function otlpTrace(traceId: string) {
  const hex = traceId.slice(2).replace('-', '');
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const span = (
    service: string,
    id: string,
    parent: string,
    kind: number,
    from: number,
    to: number,
    more: object = {},
  ) => ({
    resource: { attributes: [text('service.name', service)] },
    span: {
      traceId: hex,
      spanId: id.padStart(16, '0'),
      parentSpanId: parent && parent.padStart(16, '0'),
      name: `${service} ${id}`,
      kind,
      startTimeUnixNano: `${start * 1000 + from}000000`,
      endTimeUnixNano: `${start * 1000 + to}000000`,
      attributes: [text('enduser.id', 'alice'), text('aws.xray.annotations', 'enduser.id')],
      ...more,
    },
  });
  const table = [text('rpc.system', 'aws-api'), text('rpc.service', 'DynamoDB'), text('aws.table_name', 'access')];
  return [
    span('web', 'a1', '', 2, 0, 900),
    span('web', 'a2', 'a1', 3, 10, 500, { attributes: [text('server.address', 'api.local')] }),
    span('web', 'a3', 'a1', 1, 510, 600),
    span('web', 'a4', 'a3', 3, 520, 590, { attributes: table, status: { code: 2, message: 'denied' } }),
    span('api', 'b1', 'a2', 2, 20, 480),
    span('api', 'b2', 'b1', 4, 30, 40, { attributes: [text('messaging.system', 'kafka')] }),
    span('worker', 'c1', 'b2', 5, 700, 800),
    // The same span again, as a retry after a change: the later end wins, whatever comes first.
    span('worker', 'c1', 'b2', 5, 700, 850),
    span('web', 'd1', 'ffff', 1, 5, 6),
  ];
}

test('any permutation, grouping and duplication of OTLP requests gives the same trace, summary and graph', async () => {
  const spansOf = (order: readonly number[], all: ReturnType<typeof otlpTrace>) =>
    order.map((index) => ({ resource: all[index]!.resource, scopeSpans: [{ spans: [all[index]!.span] }] }));
  const send = async (resourceSpans: object[]) => {
    const response = await fetch(`http://127.0.0.1:${plane.traces.ports.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans }),
    });
    expect(await response.json()).toEqual({});
  };
  const template = newTraceId(start * 1000);
  const indexes = [...otlpTrace(template).keys()];
  await send(spansOf(indexes, otlpTrace(template)));
  const readSpans = async (traceId: string) => {
    const { Traces } = await plane.xray.BatchGetTraces({ TraceIds: [traceId] }, plane.context);
    const { Services } = await plane.xray.GetTraceGraph({ TraceIds: [traceId] }, plane.context);
    const range = { StartTime: new Date(start * 1000 - 60_000), EndTime: new Date(start * 1000 + 60_000) };
    const { TraceSummaries } = await plane.xray.GetTraceSummaries(
      { ...range, FilterExpression: 'annotation[enduser.id] = "alice"' },
      plane.context,
    );
    const summary = TraceSummaries!.find(({ Id }) => Id === traceId);
    const hex = traceId.slice(2).replace('-', '');
    return JSON.stringify({ Traces, Services, summary: { ...summary, Revision: 0 } })
      .replaceAll(traceId, 'TRACE')
      .replaceAll(hex, 'HEX')
      .replace(inferredIds, 'INFERRED');
  };
  const expected = await readSpans(template);
  expect(expected).toContain('AWS::DynamoDB::Table');
  expect(expected).toContain('"worker"');
  // Each span once at least, twice at most, in any order, in requests of any size.
  const plans = fc.record({
    order: fc.shuffledSubarray([...indexes, ...indexes], { minLength: indexes.length * 2 }),
    sizes: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 30, maxLength: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(plans, async ({ order, sizes }) => {
      const traceId = newTraceId(start * 1000);
      const spans = otlpTrace(traceId);
      const waiting = [...order];
      for (const size of sizes) {
        const request = waiting.splice(0, size);
        if (request.length > 0) await send(spansOf(request, spans));
      }
      expect(await readSpans(traceId)).toBe(expected);
    }),
    { numRuns: 6, endOnFailure: true },
  );
}, 120_000);

/** Made from the trace's id, so other in each: everything of sixteen digits that the spans themselves do not have. */
const inferredIds = /\b(?!0{12})[0-9a-f]{16}\b/g;
