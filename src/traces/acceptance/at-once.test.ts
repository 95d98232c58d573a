import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/clock.ts';
import { startTestPlane } from '../test-plane.fixture.ts';
import { makeSegment, putDocuments, readDocuments } from './plane-client.fixture.ts';

test('changes that come at once are all made, whichever is first', async () => {
  const plane = await startTestPlane({ insights: false });
  const { xray, context } = plane;
  try {
    const { Group } = await xray.CreateGroup({ GroupName: 'shared', FilterExpression: 'fault' }, context);
    const ResourceARN = Group!.GroupARN!;
    const names = Array.from({ length: 4 }, (_, index) => `key-${index}`);
    await Promise.all([
      xray.UpdateGroup({ GroupName: 'shared', FilterExpression: 'error' }, context),
      xray.UpdateGroup({ GroupName: 'shared', InsightsConfiguration: { InsightsEnabled: true } }, context),
      ...names.map((Key) => xray.TagResource({ ResourceARN, Tags: [{ Key, Value: '' }] }, context)),
    ]);
    expect((await xray.GetGroup({ GroupName: 'shared' }, context)).Group).toMatchObject({
      FilterExpression: 'error',
      InsightsConfiguration: { InsightsEnabled: true },
    });
    const { Tags = [] } = await xray.ListTagsForResource({ ResourceARN }, context);
    expect(Tags.map(({ Key }) => Key).sort()).toEqual(names);
    await xray.DeleteGroup({ GroupName: 'shared' }, context);
    expect((await xray.GetGroups({}, context)).Groups).toHaveLength(1);
  } finally {
    await plane.stop();
  }
});

test('the graph of a trace is there as long as the trace', async () => {
  const clock = new ManualClock(new Date(Math.floor(Date.now() / 1000) * 1000));
  const plane = await startTestPlane({ insights: false }, { clock });
  try {
    const segment = makeSegment(clock.now().getTime() / 1000 - 10, 1, 'old');
    await putDocuments(plane, segment);
    await expect.poll(() => readDocuments(plane, segment.trace_id), { timeout: 10_000 }).toHaveLength(1);
    clock.advance(90 * 86_400_000);
    const { Services = [] } = await plane.xray.GetTraceGraph({ TraceIds: [segment.trace_id] }, plane.context);
    expect(Services.map(({ Name }) => Name)).toContain('old');
  } finally {
    await plane.stop();
  }
});
