import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTraceId, shopRequest, startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { timelineFlags } from '../trace/timeline-part.ts';
import type { PartDocuments } from './read-documents.ts';
import type { DurationPercentiles } from './read-percentiles.ts';
import type { Timeline } from './read-timeline.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startTestPlane();
});
afterAll(() => plane.stop());

async function get<Body>(
  path: string,
  query: Record<string, string | string[]>,
): Promise<{ status: number; body: Body }> {
  const url = new URL(`http://hatoba/_hatoba/traces/${path}`);
  for (const [name, values] of Object.entries(query))
    for (const value of [values].flat()) url.searchParams.append(name, value);
  const route = plane.traces.routes!.find((candidate) => candidate.path === url.pathname)!;
  let status = 0;
  let text = '';
  const response = {
    writeHead(code: number) {
      status = code;
      return response;
    },
    end: (body = '') => {
      text = body;
    },
  };
  await route.handle({} as never, response as never, url);
  return { status, body: (text ? JSON.parse(text) : undefined) as Body };
}

const put = async (...documents: object[]) => {
  const texts = documents.map((document) => JSON.stringify(document));
  const { UnprocessedTraceSegments } = await plane.xray.PutTraceSegments(
    { TraceSegmentDocuments: texts },
    plane.context,
  );
  expect(UnprocessedTraceSegments).toEqual([]);
};

async function putShop() {
  const request = shopRequest(nowSeconds() - 5);
  await put(...request.segments);
  const response = await fetch(`http://127.0.0.1:${plane.traces.ports.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request.otlp),
  });
  expect(response.status).toBe(200);
  return request;
}

const nowSeconds = () => Math.floor(Date.now() / 1000);

interface Part {
  id: string;
  name: string;
  inferred?: boolean;
  subsegments?: Part[];
}

function flatten(parts: readonly Part[]): Part[] {
  return parts.flatMap((part) => [part, ...flatten(part.subsegments ?? [])]);
}

describe('the timeline of a trace', () => {
  test('has every part that BatchGetTraces has, and names what is inferred', async () => {
    const { traceId } = await putShop();
    const { body: timeline } = await get<Timeline>('timeline', { traceId });
    const { Traces } = await plane.xray.BatchGetTraces({ TraceIds: [traceId] }, plane.context);
    const whole = flatten(Traces![0]!.Segments!.map(({ Document }) => JSON.parse(Document!)));
    const real = whole.filter((part) => !part.inferred);
    expect(timeline.traceId).toBe(traceId);
    expect([...timeline.rows.id].sort()).toEqual(real.map((part) => part.id).sort());
    const nameOf = (id: string) => timeline.names[timeline.rows.name[timeline.rows.id.indexOf(id)]!];
    for (const { id, name } of real) expect(nameOf(id)).toBe(name);
    expect(timeline.callees.map((callee) => callee.name).sort()).toEqual(
      [...new Set(whole.filter((part) => part.inferred).map((part) => part.name))].sort(),
    );
    expect(timeline.rows.parent.filter((parent) => parent < 0)).toHaveLength(1);
  });

  test('says what failed, with the exception of a flat or nested part', async () => {
    const traceId = newTraceId(Date.now());
    const times = { start_time: Date.now() / 1000 - 5, end_time: Date.now() / 1000 };
    const cause = (type: string) => ({ exceptions: [{ id: 'e000000000000001', type, message: 'no' }] });
    await put(
      {
        id: 'aaaaaaaaaaaaaa01',
        name: 'web',
        trace_id: traceId,
        ...times,
        http: { request: { method: 'GET', url: 'http://web/a', client_ip: '10.0.0.1' }, response: { status: 500 } },
        aws: { ecs: { container_arn: 'arn:aws:ecs:us-east-1:000000000000:container/shop/task1/c1' } },
        subsegments: [{ id: 'aaaaaaaaaaaaaa02', name: 'inner', ...times, fault: true, cause: cause('Nested') }],
      },
      {
        id: 'aaaaaaaaaaaaaa03',
        name: 'streamed',
        trace_id: traceId,
        type: 'subsegment',
        parent_id: 'aaaaaaaaaaaaaa02',
        ...times,
        error: true,
        cause: cause('Flat'),
      },
    );
    const { body } = await get<Timeline>('timeline', { traceId });
    expect(body.request).toEqual({ method: 'GET', url: 'http://web/a', status: 500, clientIp: '10.0.0.1' });
    expect(body.rows.id).toEqual(['aaaaaaaaaaaaaa01', 'aaaaaaaaaaaaaa02', 'aaaaaaaaaaaaaa03']);
    expect(body.troubles.map(({ row, type, message }) => [row, type, message])).toEqual([
      [1, 'Nested', 'no'],
      [2, 'Flat', 'no'],
    ]);
    expect(body.rows.flags[2]! & timelineFlags.exception).toBeTruthy();
    expect(body.tasks).toEqual([{ arn: 'arn:aws:ecs:us-east-1:000000000000:task/shop/task1', service: 'web' }]);
  });

  test('is answered once for each revision', async () => {
    const { traceId } = await putShop();
    const { body } = await get<Timeline>('timeline', { traceId });
    expect((await get('timeline', { traceId, revision: body.revision })).status).toBe(204);
    const late = { name: 'late', start_time: Date.now() / 1000, end_time: Date.now() / 1000 };
    await put({ ...late, id: 'aaaaaaaaaaaaaa09', trace_id: traceId });
    const again = await get<Timeline>('timeline', { traceId, revision: body.revision });
    expect(again.status).toBe(200);
    expect(again.body.rows.id).toContain('aaaaaaaaaaaaaa09');
  });

  test('is 404 for a trace that is not there, and refuses what is no id', async () => {
    expect((await get('timeline', { traceId: newTraceId(Date.now()) })).status).toBe(404);
    await expect(get('timeline', { traceId: "1' OR 1=1" })).rejects.toThrow('traceId must be a trace id');
  });
});

describe('documents of parts', () => {
  test('come alone, nested or not, without what is inside them', async () => {
    const { traceId } = await putShop();
    const { body: timeline } = await get<Timeline>('timeline', { traceId });
    const ids = [...timeline.rows.id];
    const { body } = await get<PartDocuments>('documents', { traceId, id: ids });
    expect(Object.keys(body.documents).sort()).toEqual(ids.sort());
    for (const document of Object.values(body.documents)) expect(document.subsegments).toBeUndefined();
  });

  test('bring an exception that they name by its id', async () => {
    const traceId = newTraceId(Date.now());
    const times = { start_time: Date.now() / 1000 - 1, end_time: Date.now() / 1000 };
    const inner = { id: 'bbbbbbbbbbbbbb02', name: 'in', ...times, fault: true };
    await put({
      id: 'bbbbbbbbbbbbbb01',
      name: 'web',
      trace_id: traceId,
      ...times,
      fault: true,
      cause: 'e000000000000042',
      subsegments: [{ ...inner, cause: { exceptions: [{ id: 'e000000000000042', type: 'Deep', message: 'there' }] } }],
    });
    const { body } = await get<PartDocuments>('documents', { traceId, id: 'bbbbbbbbbbbbbb01' });
    expect(body.exceptions.e000000000000042).toMatchObject({ type: 'Deep' });
  });

  test('bring the causes of their exceptions, and where each was thrown, even in a circle', async () => {
    const traceId = newTraceId(Date.now());
    const times = { start_time: Date.now() / 1000 - 1, end_time: Date.now() / 1000 };
    const exception = (id: string, cause: string) => ({ exceptions: [{ id, type: `T-${id}`, cause }] });
    await put(
      { id: 'bbbbbbbbbbbbbb11', name: 'web', trace_id: traceId, ...times, fault: true, cause: exception('e1', 'e2') },
      { id: 'bbbbbbbbbbbbbb12', name: 'api', trace_id: traceId, ...times, fault: true, cause: exception('e2', 'e3') },
      { id: 'bbbbbbbbbbbbbb13', name: 'db', trace_id: traceId, ...times, fault: true, cause: exception('e3', 'e1') },
    );
    const { body } = await get<PartDocuments>('documents', { traceId, id: 'bbbbbbbbbbbbbb11' });
    expect(body.thrownIn).toEqual({ e1: 'bbbbbbbbbbbbbb11', e2: 'bbbbbbbbbbbbbb12', e3: 'bbbbbbbbbbbbbb13' });
    expect(body.exceptions.e3).toMatchObject({ type: 'T-e3', cause: 'e1' });
  });

  test('that nobody has are absent, hostile ids too', async () => {
    const { traceId } = await putShop();
    const { body } = await get<PartDocuments>('documents', {
      traceId,
      id: ["' OR 1=1 --", 'cccccccccccccccc', '__proto__'],
    });
    expect(body).toEqual({ documents: {}, exceptions: {}, thrownIn: {} });
  });
});

describe('inside a trace', () => {
  const matches = async (traceId: string, filter: string) => {
    const [found, timeline] = await Promise.all([
      get<{ ids: string[] }>('matches', { traceId, filter }),
      get<Timeline>('timeline', { traceId }),
    ]);
    const { rows, names } = timeline.body;
    return found.body.ids.map((id) => names[rows.name[rows.id.indexOf(id)]!]).sort();
  };

  test('the filter language selects segments and calls', async () => {
    const { traceId } = await putShop();
    expect(await matches(traceId, 'service("backend1")')).toEqual(['backend1']);
    expect(await matches(traceId, 'edge("bff", "backend1")')).toEqual(['backend1.shop.local']);
    expect(await matches(traceId, 'annotation.customer = "c-17"')).toEqual(['bff']);
    expect(await matches(traceId, 'service("access")')).toHaveLength(2);
    expect(await matches(traceId, 'fault')).toEqual([]);
    await expect(matches(traceId, 'fault AND')).rejects.toThrow('position');
  });

  test('a local subsegment inside a segment is measured by those inside segments of that service', async () => {
    const traceId = newTraceId(Date.now());
    const end = Date.now() / 1000;
    const id = (index: number) => `dddddddd0000${index.toString(16).padStart(4, '0')}`;
    const documents = Array.from({ length: 40 }, (_, index) => ({
      id: id(index * 3),
      name: 'renderer',
      trace_id: index === 0 ? traceId : newTraceId(Date.now()),
      start_time: end - 2,
      end_time: end,
      subsegments: [
        {
          id: id(index * 3 + 1),
          name: 'render',
          start_time: end - 2,
          end_time: end - 1,
          subsegments: [{ id: id(index * 3 + 2), name: 'parse', start_time: end - 2, end_time: end - 2 + index / 100 }],
        },
      ],
    }));
    await put(...documents);
    const { body } = await get<{ percentiles: DurationPercentiles[] }>('percentiles', {
      traceId,
      end: String(Date.now()),
    });
    const parse = body.percentiles.find(({ name }) => name === 'parse')!;
    expect(parse).toMatchObject({ kind: 'part', service: 'renderer', count: 40 });
    expect(parse.micros).toHaveLength(101);
    expect(parse.micros[100]! / 1e6).toBeCloseTo(0.39, 2);
    expect(parse.micros[50]! / 1e6).toBeCloseTo(0.2, 1);
    expect(body.percentiles.find(({ name }) => name === 'render')).toMatchObject({ service: 'renderer', count: 40 });
  });

  test('a streamed subsegment is measured by those of its name', async () => {
    const end = Date.now() / 1000;
    const traceIds = Array.from({ length: 25 }, () => newTraceId(Date.now()));
    await put(
      ...traceIds.map((trace_id, index) => ({
        id: `eeeeeeee0000${index.toString(16).padStart(4, '0')}`,
        parent_id: 'eeeeeeee0000ffff',
        type: 'subsegment',
        name: 'streamed step',
        trace_id,
        start_time: end - 1,
        end_time: end - 1 + index / 1000,
      })),
    );
    const query = { traceId: traceIds[0]!, end: String(Date.now()) };
    const { body } = await get<{ percentiles: DurationPercentiles[] }>('percentiles', query);
    expect(body.percentiles).toMatchObject([{ kind: 'part', service: '', name: 'streamed step', count: 25 }]);
    expect(body.percentiles[0]!.micros[50]! / 1e6).toBeCloseTo(0.012, 2);
  });

  test('each part can be measured by those of its kind', async () => {
    const { traceId } = await putShop();
    const end = String(Date.now());
    const { body } = await get<{ percentiles: DurationPercentiles[] }>('percentiles', { traceId, end });
    const bff = body.percentiles.find(({ kind, name }) => kind === 'segment' && name === 'bff')!;
    expect(bff.count).toBeGreaterThan(0);
    expect(bff.micros).toHaveLength(101);
    expect(bff.micros[50]! / 1e6).toBeCloseTo(0.1, 3);
    expect(
      body.percentiles.some(
        ({ kind, service, name }) => kind === 'call' && service === 'bff' && name === 'backend1.shop.local',
      ),
    ).toBe(true);
  });
});
