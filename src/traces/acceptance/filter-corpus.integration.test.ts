import { afterAll, beforeAll, expect, test } from 'vitest';
import { corpus } from '../filter/corpus.fixture.ts';
import { startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { findTraceIds, makeCall, makeSegment, putDocuments } from './plane-client.fixture.ts';

let plane: TestPlane;
const start = Math.floor(Date.now() / 1000) - 3600;
const names = new Map<string, string>();

/** Names of the traces that an expression selects, by the alphabet. */
const find = async (expression: string) =>
  (await findTraceIds(plane, start - 10, start + 600, expression)).map((id) => names.get(id)).sort();

beforeAll(async () => {
  const started = await startTestPlane();
  plane = { ...started, context: { ...started.context, account: '123456789012' } };
  const documents = handMadeTraces().flatMap(({ name, segments }) => {
    names.set(segments[0]!.trace_id, name);
    return segments;
  });
  expect(await putDocuments(plane, ...documents)).toEqual([]);
  await plane.xray.CreateGroup(
    { GroupName: 'high_response_time', FilterExpression: 'responsetime > 5' },
    plane.context,
  );
});
afterAll(() => plane.stop());

const http = (status: number, url: string) => ({ http: { request: { method: 'GET', url }, response: { status } } });
const exception = (type: string, message: string) => ({
  fault: true,
  cause: { exceptions: [{ id: 'e'.repeat(16), type, message }] },
});

function handMadeTraces(): { name: string; segments: { trace_id: string }[] }[] {
  return [
    { name: 'game', segments: game() },
    { name: 'broken', segments: broken() },
    { name: 'slow table', segments: slowTable() },
    { name: 'slow remote', segments: slowRemote() },
    { name: 'two types', segments: twoTypes() },
    { name: 'function', segments: lambda() },
    { name: 'weather', segments: weather() },
    { name: 'long chain', segments: chain(8) },
    { name: 'open', segments: [makeSegment(start, 0, 'open', { end_time: undefined, in_progress: true })] },
  ];
}

/** Six seconds, with everything indexed, and an error behind it that the client does not see. */
function game() {
  const call = makeCall(start + 1, 2, 'backend', { error: true });
  const segment = makeSegment(start, 6, 'api.example.com', {
    ...http(200, 'http://api.example.com/v2/api/game/7'),
    user: 'alice',
    annotations: { gameid: '817DL6VO', age: 30, foo: 'bar', 'aws.local.service': 'orders' },
    subsegments: [call],
  });
  const backend = { ...makeSegment(start + 1, 2, 'backend.example.com', { error: true }), parent_id: call.id };
  return [segment, { ...backend, trace_id: segment.trace_id }];
}

function broken() {
  const inner = makeCall(start, 0.1, 'deserialize', {
    namespace: 'local',
    ...exception('AccessDenied', 'Access Denied for account_id: 1234567890'),
  });
  const more = { ...http(500, 'http://data/x'), annotations: { age: 20 }, fault: true, subsegments: [inner] };
  return [makeSegment(start, 0.5, 'data-plane', more)];
}

function slowTable() {
  const call = makeCall(start, 6.5, 'DynamoDB', { namespace: 'aws', fault: true });
  const more = { ...http(500, 'http://shop/example/game'), fault: true, subsegments: [call] };
  return [makeSegment(start, 7, 'frontend', more)];
}

function slowRemote() {
  const call = makeCall(start, 0.9, 'traces', http(200, 'http://traces/'));
  return [makeSegment(start, 1, 'api.example.com', { ...http(200, 'http://api.example.com/'), subsegments: [call] })];
}

function twoTypes() {
  const call = makeCall(start, 1, 'two', { fault: true });
  const one = makeSegment(start, 3, 'service-one', { origin: 'service::type', subsegments: [call] });
  const two = makeSegment(start, 1, 'service-two', { origin: 'service::type', fault: true });
  return [one, { ...two, trace_id: one.trace_id, parent_id: call.id }];
}

function lambda() {
  return [makeSegment(start, 0.2, 'random-name', { origin: 'AWS::Lambda::Function', error: true })];
}

function weather() {
  const call = makeCall(start, 0.3, 'get_temperature', { fault: true });
  const caller = makeSegment(start, 0.5, 'GetWeatherData', { fault: true, subsegments: [call] });
  const callee = makeSegment(start, 0.2, 'GetTemperature', { fault: true });
  return [caller, { ...callee, trace_id: caller.trace_id, parent_id: call.id }];
}

/** Each service calls the next, and the fault comes all the way up. */
function chain(length: number) {
  const calls = Array.from({ length }, (_, index) => makeCall(start, 2, `next-${index}`, { fault: true }));
  const segments = calls.map((call, index) =>
    makeSegment(start, 2, `link-${index}`, { fault: true, ...(index < length - 1 ? { subsegments: [call] } : {}) }),
  );
  return segments.map((segment, index) => ({
    ...segment,
    trace_id: segments[0]!.trace_id,
    ...(index > 0 ? { parent_id: calls[index - 1]!.id } : {}),
  }));
}

/** Beside each expression of the corpus, by its place there. */
const selected: readonly string[][] = [
  ['game', 'slow table'],
  ['game', 'slow table'],
  ['game', 'open', 'slow remote', 'two types'],
  ['broken', 'function', 'long chain', 'slow table', 'weather'],
  ['broken', 'function', 'long chain', 'slow table', 'weather'],
  ['slow remote'],
  ['broken', 'slow table'],
  ['game'],
  ['game'],
  ['game', 'slow table'],
  [],
  ['broken', 'long chain', 'slow table', 'two types', 'weather'],
  ['game'],
  ['broken'],
  ['game'],
  ['two types'],
  [],
  ['game'],
  ['broken', 'game'],
  ['function', 'long chain', 'open', 'slow remote', 'slow table', 'two types', 'weather'],
  ['game'],
  ['game'],
  ['game'],
  ['slow table'],
  ['function'],
  ['function'],
  ['slow table'],
  ['broken'],
  ['slow remote'],
  [],
  ['long chain'],
  ['slow table'],
  ['broken'],
  ['weather'],
];

test('each of the 34 expressions of the guides selects the traces that it describes', async () => {
  const answers = [];
  for (const [index, expression] of corpus.entries()) {
    answers.push({ expression, found: await find(expression), wanted: selected[index] });
  }
  expect(answers.length).toBe(34);
  expect(answers.filter(({ found, wanted }) => JSON.stringify(found) !== JSON.stringify(wanted))).toEqual([]);
}, 120_000);

test('keywords have no case, keys may stand in brackets, and an empty type is a type', async () => {
  expect(await find('RESPONSETIME > 5 and HTTP.URL contains "game"')).toEqual(['game', 'slow table']);
  expect(await find('annotation["aws.local.service"] = "orders"')).toEqual(['game']);
  expect(await find('service(id(name: "frontend", type: ""))')).toEqual(['slow table']);
  expect(await find('service(id(name: "service-one", type: ""))')).toEqual([]);
}, 60_000);
