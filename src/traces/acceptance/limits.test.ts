import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { findTraceIds, makeSegment, putDocuments, readDocuments } from './plane-client.fixture.ts';

const documentBytesMax = 65_536;
let plane: TestPlane;
beforeAll(async () => {
  // The limits of the service.
  plane = await startTestPlane({ documentBytesMax, traceBytesMax: 100_000 });
});
afterAll(() => plane.stop());

const now = Math.floor(Date.now() / 1000);

function fill(segment: object, bytes: number): string {
  const empty = JSON.stringify({ ...segment, metadata: { x: '' } }).length;
  return JSON.stringify({ ...segment, metadata: { x: 'a'.repeat(bytes - empty) } });
}

test('64 kB are taken, one byte more is refused with a code and its id', async () => {
  const segment = makeSegment(now - 100, 1, 'large');
  expect(await putDocuments(plane, fill(segment, documentBytesMax))).toEqual([]);
  expect(await putDocuments(plane, fill(segment, documentBytesMax + 1))).toEqual([
    { Id: segment.id, ErrorCode: 'SegmentTooLarge', Message: 'Invalid segment. ErrorCode: SegmentTooLarge' },
  ]);
});

test('a trace over its budget says LimitExceeded, takes no more, and can still be read', async () => {
  const first = makeSegment(now - 50, 1, 'growing');
  const more = () => ({ ...makeSegment(now - 50, 1, 'growing'), trace_id: first.trace_id });
  const read = async () => (await plane.xray.BatchGetTraces({ TraceIds: [first.trace_id] }, plane.context)).Traces![0]!;
  await putDocuments(plane, fill(first, 60_000));
  expect(await read()).toMatchObject({ LimitExceeded: false });
  expect(await putDocuments(plane, fill(more(), 60_000))).toEqual([]);
  expect(await read()).toMatchObject({ LimitExceeded: true });
  const late = more();
  expect(await putDocuments(plane, late)).toMatchObject([{ Id: late.id, ErrorCode: 'InvalidSegment' }]);
  expect(await readDocuments(plane, first.trace_id)).toHaveLength(2);
  expect(await findTraceIds(plane, now - 60, now - 40, 'service("growing")')).toEqual([first.trace_id]);
  expect(plane.traces.ledger()).toMatchObject([{ source: 'api', reasons: { InvalidSegment: 1, SegmentTooLarge: 1 } }]);
});
