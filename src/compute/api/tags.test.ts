import { afterEach, expect, it } from 'vitest';
import { type ComputeFixture, startComputeFixture } from '../compute.fixture.ts';

let fixture: ComputeFixture;

afterEach(() => fixture.stop());

it('a resource is tagged by its own ARN only: not by one that ends alike, or of another account or region', async () => {
  fixture = await startComputeFixture();
  const { cluster } = await fixture.call('CreateCluster', { clusterName: 'shop' });
  const resourceArn = cluster!.clusterArn!;
  await fixture.call('TagResource', { resourceArn, tags: [{ key: 'team', value: 'a' }] });
  expect(await fixture.call('ListTagsForResource', { resourceArn })).toEqual({ tags: [{ key: 'team', value: 'a' }] });
  for (const other of [
    resourceArn.replace('us-east-1', 'eu-west-1'),
    resourceArn.replace('000000000000', '111122223333'),
    `${resourceArn}/of-mine`,
  ]) {
    const call = async () => fixture.call('TagResource', { resourceArn: other, tags: [{ key: 'team', value: 'b' }] });
    await expect(call()).rejects.toMatchObject({ code: 'ClusterNotFoundException' });
  }
});
