import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../src/gateway/test-gateway.fixture.ts';
import { newUuid } from '../../src/platform/ids.ts';
import { makeInsight } from '../../src/traces/insights/insight.fixture.ts';
import { toEvent } from '../../src/traces/insights/insight-events.ts';
import { InsightStore } from '../../src/traces/insights/insight-store.ts';
import { account, region, startTestPlane, type TestPlane } from '../../src/traces/test-plane.fixture.ts';
import { openModelPack } from '../../src/wire/aws/model-pack.ts';
import { run } from '../support/hatoba-process.ts';
import { describeWith, pythonWith } from '../support/programs.ts';

// boto3 on each operation that has pages, with pages of one item, while segments arrive and lists change.

interface Walk {
  readonly operation: string;
  readonly by: 'paginator' | 'one by one' | 'raw client' | 'second by second';
  readonly seconds: number;
  readonly pages: number;
  readonly items: number;
  readonly largest: number;
  readonly twice: readonly string[];
  readonly missing: readonly string[];
}

const services = Array.from({ length: 4 }, (_, index) => ({ name: `known-${index}`, type: '' }));
const knownInsights = Array.from({ length: 4 }, newUuid);

describeWith('python', 'boto3 with pages of one', () => {
  let plane: TestPlane;
  let gateway: TestGateway;
  let insights: InsightStore;

  beforeAll(async () => {
    plane = await startTestPlane({ pageSizeMax: 1, insights: false });
    gateway = await startTestGateway({}, { services: plane.traces.services });
    insights = new InsightStore(plane.state);
    for (const [index, id] of knownInsights.entries()) await open(id, Date.now() - 600_000 - index * 1000);
    for (let minute = 1; minute <= 6; minute += 1) await open(knownInsights[0]!, Date.now() - 600_000, minute);
  });
  afterAll(async () => {
    await gateway?.stop();
    await plane?.stop();
  });

  /** An insight of all known services, or one more event of it. */
  async function open(id: string, startMs: number, minute = 0): Promise<void> {
    const updatedMs = startMs + minute * 60_000;
    const anomalous = services.map((node) => ({
      ...node,
      firstMs: startMs,
      lastMs: updatedMs,
      isBack: false,
      excess: 1,
    }));
    const insight = makeInsight(id, startMs, { anomalous, rootCause: services[0]!, updatedMs, eventMs: updatedMs });
    const known = await insights.find({ account, region }, id);
    await insights.save(insight, known?.version ?? 'absent', toEvent(insight));
  }

  /** Insights that open, and one that goes on, until the signal. */
  async function keepOpening(signal: AbortSignal): Promise<void> {
    for (let minute = 7; !signal.aborted; minute += 1) {
      await open(newUuid(), Date.now() - (minute % 30) * 60_000);
      await open(knownInsights[0]!, Date.now() - 600_000, minute);
      await sleep(500, undefined, { signal }).catch(() => {});
    }
  }

  test('every operation with pages gives each item once, one a page, to the end', { timeout: 360_000 }, async () => {
    const done = new AbortController();
    const opening = keepOpening(done.signal);
    const { code, stdout, stderr } = await run(
      pythonWith('boto3')!,
      [join(import.meta.dirname, 'apps/page_boto3.py'), '12', ...knownInsights],
      {
        env: {
          AWS_ENDPOINT_URL: gateway.endpoint,
          AWS_ACCESS_KEY_ID: account,
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_DEFAULT_REGION: region,
          AWS_EC2_METADATA_DISABLED: 'true',
        },
        timeoutMs: 350_000,
      },
    ).finally(() => done.abort());
    await opening;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { sent, paginated, walks } = JSON.parse(stdout) as { sent: number; paginated: string[]; walks: Walk[] };
    expect(sent).toBeGreaterThan(50);

    const withPages = [...openModelPack().load('xray').operations.values()]
      .filter(({ output }) => output?.members.some(({ name }) => name === 'NextToken'))
      .map(({ name }) => name);
    expect([...new Set(walks.map(({ operation }) => operation))].sort()).toEqual(withPages.sort());
    const walkedBy = (by: Walk['by']) => walks.filter((walk) => walk.by === by).map(({ operation }) => operation);
    expect(walkedBy('paginator').sort()).toEqual(paginated);
    expect(walkedBy('one by one').sort()).toEqual(paginated);
    for (const { operation, by, pages, items, largest, twice, missing } of walks) {
      expect({ operation, by, largest, twice, missing, isWhole: pages >= items && items > 0 }).toEqual({
        operation,
        by,
        largest: 1,
        twice: [],
        missing: [],
        isWhole: true,
      });
    }
    // All but the one that has a single item really go on over pages.
    const short = walks.filter(({ items }) => items < 4).map(({ operation }) => operation);
    expect([...new Set(short)]).toEqual(['GetIndexingRules']);
  });
});
