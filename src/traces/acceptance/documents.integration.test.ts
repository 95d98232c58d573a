import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { findTraceIds, makeSegment, putDocuments, readDocuments } from './plane-client.fixture.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startTestPlane();
});
afterAll(() => plane.stop());

const now = Math.floor(Date.now() / 1000);
const sub = (more: object) => ({ id: newId(), name: 'work', start_time: now - 60, end_time: now - 59, ...more });

describe('documents that are odd, but are sent, never fail the call', () => {
  test.each<[string, object, string | undefined]>([
    ['no aws block', {}, undefined],
    [
      'the aws block of every plugin',
      {
        aws: {
          account_id: '1',
          ec2: { instance_id: 'i-1', availability_zone: 'us-1a', instance_size: 'm5' },
          ecs: { container: 'c' },
          eks: { pod: 'p' },
          elastic_beanstalk: { deployment_id: 23, version_label: 'v' },
          xray: { sdk: 'X-Ray for Go', sampling_rule_name: 'r' },
          tracing: { sdk: 'x' },
        },
      },
      undefined,
    ],
    ['an aws block that is text', { aws: 'none' }, undefined],
    ['an independent subsegment', { type: 'subsegment', parent_id: newId(), namespace: 'remote' }, undefined],
    [
      'an independent subsegment with SQL',
      {
        type: 'subsegment',
        parent_id: newId(),
        namespace: 'remote',
        sql: { url: ':not a url', sanitized_query: 'SELECT 1', preparation: 'call' },
      },
      undefined,
    ],
    ['an unknown namespace', { subsegments: [sub({ namespace: 'elsewhere' })] }, undefined],
    ['a cause that is an exception id', { fault: true, cause: newId() }, undefined],
    ['a cause that is too short an id', { fault: true, cause: 'abc' }, undefined],
    ['a cause that points at a subsegment', { fault: true, cause: { id: newId(), exceptions: [] } }, undefined],
    [
      'a stack with a line that is null',
      { fault: true, cause: { exceptions: [{ id: newId(), stack: [{ path: 'node', line: null, label: 'f' }] }] } },
      undefined,
    ],
    [
      'a chained cause',
      {
        fault: true,
        cause: {
          working_directory: '/',
          paths: ['/a'],
          exceptions: [
            { id: 'a'.repeat(16), cause: 'b'.repeat(16), truncated: 3, skipped: 1 },
            { id: 'b'.repeat(16), remote: true },
          ],
        },
      },
      undefined,
    ],
    ['a content length that is text', { http: { response: { status: 200, content_length: '23' } } }, undefined],
    ['a content length of -1', { http: { response: { status: 200, content_length: -1 } } }, undefined],
    ['a status that is text', { http: { response: { status: '200' } } }, undefined],
    ['in_progress false beside an end', { in_progress: false }, undefined],
    ['annotations that are objects, lists and null', { annotations: { a: {}, b: [1], c: null, d: 'kept' } }, undefined],
    ['annotations that are a list', { annotations: ['x'] }, undefined],
    ['metadata that is text', { metadata: 'x' }, undefined],
    ['unknown fields', { Dummy: true, notTraced: true, precursor_ids: ['x'], links: 'none' }, undefined],
    ['subsegments that are null', { subsegments: null }, undefined],
    ['times in exponent notation with many decimals', { start_time: Number(`${now - 60}.123456789`) }, undefined],
    ['no name', { name: undefined }, 'MissingName'],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, 'InvalidName'],
    ['a name with a forbidden character', { name: 'a|b' }, 'InvalidName'],
    ['a name in Japanese', { name: '注文 サービス' }, undefined],
    ['no start', { start_time: undefined }, 'MissingStartTime'],
    ['a start that is text', { start_time: '1.5' }, 'InvalidTimestamp'],
    ['neither an end nor in progress', { end_time: undefined }, 'MissingEndTime'],
    ['an id of 15 digits', { id: 'a'.repeat(15) }, 'InvalidId'],
    ['a subsegment without an end', { subsegments: [sub({ end_time: undefined })] }, 'MissingEndTime'],
    ['a subsegment that is a number', { subsegments: [3] }, 'InvalidSegment'],
    ['a trace id of another time', { trace_id: '1-00000001-4b2b8f1e0000000000000001' }, undefined],
    ['a trace id in W3C form', { trace_id: '4efaaf4d1e8720b39541901950019ee5' }, undefined],
    ['a trace id that is none', { trace_id: '1-5759e988' }, 'InvalidTraceId'],
  ])('%s', async (_what, patch, code) => {
    const document = { ...makeSegment(now - 60, 1, 'odd'), ...patch };
    const refused = await putDocuments(plane, document);
    expect(refused.map(({ ErrorCode }) => ErrorCode)).toEqual(code ? [code] : []);
    const stored = await readDocuments(plane, document.trace_id);
    expect(stored.some(({ id }) => id === document.id)).toBe(code === undefined);
    await expect(plane.xray.GetTraceGraph({ TraceIds: [document.trace_id] }, plane.context)).resolves.toBeDefined();
  });

  test('they all have a summary', async () => {
    expect((await findTraceIds(plane, now - 61, now - 58, 'service("odd")')).length).toBeGreaterThan(15);
  });
});

test('in a batch of three exactly the bad ones are listed, in the words of the service; [] has no Id', async () => {
  const good = makeSegment(now - 50, 1, 'good');
  const bad = makeSegment(now - 50, 1, 'bad', { trace_id: '1-5759e988-zz' });
  expect(await putDocuments(plane, good, bad, '[]')).toEqual([
    { Id: bad.id, ErrorCode: 'InvalidTraceId', Message: 'Invalid segment. ErrorCode: InvalidTraceId' },
    { ErrorCode: 'MissingId', Message: 'Invalid segment. ErrorCode: MissingId' },
  ]);
  expect(await readDocuments(plane, good.trace_id)).toHaveLength(1);
});

test('the trace is the same after each step, in whatever order its documents come', async () => {
  const start = now - 40;
  const segment = makeSegment(start, 3, 'late');
  const subsegment = {
    ...makeSegment(start + 1, 1, 'work'),
    trace_id: segment.trace_id,
    parent_id: segment.id,
    type: 'subsegment',
  };
  const { end_time: _end, ...open } = segment;
  const read = async () => JSON.stringify(await readDocuments(plane, segment.trace_id));
  const send = async (document: object) => {
    expect(await putDocuments(plane, document)).toEqual([]);
    const once = await read();
    expect(await read()).toBe(once);
    return JSON.parse(once);
  };
  // An orphan stands alone, and finds its segment when it comes.
  expect(await send(subsegment)).toMatchObject([{ name: 'work', type: 'subsegment' }]);
  expect(await send({ ...open, in_progress: true })).toMatchObject([
    { name: 'late', in_progress: true, subsegments: [{ name: 'work' }] },
  ]);
  const complete = await send(segment);
  expect(complete).toMatchObject([{ name: 'late', end_time: start + 3, subsegments: [{ name: 'work' }] }]);
  expect(complete[0].in_progress).toBeUndefined();
  // A late in-progress document undoes nothing, a duplicate changes nothing.
  expect(await send({ ...open, in_progress: true })).toEqual(complete);
  expect(await send(segment)).toEqual(complete);
  expect(await send(subsegment)).toEqual(complete);
});

test('a container that names itself by its host in the document is found by it, and its log group is kept', async () => {
  const logs = [{ log_group: '/ecs/orders', arn: 'arn:aws:logs:us-east-1:000000000000:log-group:/ecs/orders' }];
  const segment = makeSegment(now - 30, 1, 'orders', {
    origin: 'AWS::ECS::Container',
    aws: { ecs: { container: 'ip-172-31-0-9' }, cloudwatch_logs: logs },
  });
  await putDocuments(plane, segment);
  const [document] = await readDocuments(plane, segment.trace_id);
  expect(document.aws).toMatchObject({ ecs: { container: 'ip-172-31-0-9' }, cloudwatch_logs: logs });
});
