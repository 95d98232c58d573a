import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../src/gateway/test-gateway.fixture.ts';
import { account, region, startTestPlane, type TestPlane } from '../../src/traces/test-plane.fixture.ts';
import { run } from '../support/hatoba-process.ts';
import { describeWith, pythonWith } from '../support/programs.ts';

// boto3's paginators on each of the ten operations that it can page through, with pages of one item, while segments arrive.

describeWith('python', 'boto3 with pages of one', () => {
  let plane: TestPlane;
  let gateway: TestGateway;
  beforeAll(async () => {
    plane = await startTestPlane({ pageSizeMax: 1 });
    gateway = await startTestGateway({}, { services: plane.traces.services });
  });
  afterAll(async () => {
    await gateway?.stop();
    await plane?.stop();
  });

  test('every paginator ends, and gives no item twice and none that was there never', {
    timeout: 240_000,
  }, async () => {
    const { code, stdout, stderr } = await run(
      pythonWith('boto3')!,
      [join(import.meta.dirname, 'apps/page_one_boto3.py')],
      {
        env: {
          AWS_ENDPOINT_URL: gateway.endpoint,
          AWS_ACCESS_KEY_ID: account,
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_DEFAULT_REGION: region,
          AWS_EC2_METADATA_DISABLED: 'true',
        },
        timeoutMs: 230_000,
      },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { sent, ...walks } = JSON.parse(stdout);
    expect(sent).toBeGreaterThan(10);
    expect(Object.keys(walks)).toHaveLength(10);
    for (const [name, walk] of Object.entries<any>(walks)) {
      expect({ name, twice: walk.twice }).toEqual({ name, twice: [] });
      expect({ name, one: walk.one_by_one > 0 }).toEqual({ name, one: true });
    }
    // The two whose lists have no end of their own really are cut into pages of one.
    expect(walks.get_trace_summaries).toMatchObject({ missing: [], largest: 1 });
    expect(walks.get_trace_summaries.pages).toBeGreaterThanOrEqual(20);
    expect(walks.get_service_graph.largest).toBe(1);
    expect(walks.get_service_graph.pages).toBeGreaterThanOrEqual(40);
  });
});
