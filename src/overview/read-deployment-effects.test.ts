import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSegment, putDocuments } from '../traces/acceptance/plane-client.fixture.ts';
import { account, region, startTestPlane, type TestPlane } from '../traces/test-plane.fixture.ts';
import { readDeploymentEffects } from './read-deployment-effects.ts';
import type { CallOperation } from './read-snapshot.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startTestPlane({ insights: false });
});
afterAll(() => plane.stop());

const now = Math.floor(Date.now() / 1000);
const arn = (kind: string, id: string) => `arn:aws:ecs:${region}:${account}:${kind}/shop/${id}`;

interface Deployed {
  readonly service: string;
  readonly id: string;
  /** Epoch seconds. */
  readonly at: number;
  readonly from?: string;
  readonly to: string;
}

/** ECS with one cluster and these deployments, as its public operations tell of them. */
function ecsWith(deployed: readonly Deployed[]): CallOperation {
  const describe = ({ service, id, at, from, to }: Deployed) => ({
    serviceDeploymentArn: arn('service-deployment', `${service}/${id}`),
    createdAt: new Date(at * 1000),
    finishedAt: new Date((at + 10) * 1000),
    status: 'SUCCESSFUL',
    sourceServiceRevisions: from ? [{ arn: arn('service-revision', from) }] : [],
    targetServiceRevision: { arn: arn('service-revision', to) },
  });
  const answers: Record<string, (input: any) => object> = {
    ListClusters: () => ({ clusterArns: [`arn:aws:ecs:${region}:${account}:cluster/shop`] }),
    ListServices: () => ({
      serviceArns: [...new Set(deployed.map(({ service }) => arn('service', service)))],
    }),
    ListServiceDeployments: ({ service }) => ({
      serviceDeployments: deployed.filter((one) => one.service === service).map(describe),
    }),
    DescribeServiceDeployments: ({ serviceDeploymentArns }) => ({
      serviceDeployments: deployed
        .map(describe)
        .filter((one) => serviceDeploymentArns.includes(one.serviceDeploymentArn)),
    }),
    DescribeServiceRevisions: ({ serviceRevisionArns }) => ({
      serviceRevisions: serviceRevisionArns.map((one: string) => ({
        serviceRevisionArn: one,
        taskDefinition: arn('task-definition', one.split('/').at(-1)!),
      })),
    }),
  };
  return (async (_service: string, operation: string, input: object) => answers[operation]!(input)) as CallOperation;
}

const read = (deployed: readonly Deployed[], more: object = {}) =>
  readDeploymentEffects(
    { traces: plane.traces, callOperation: ecsWith(deployed) },
    {
      account,
      region,
      start: new Date((now - 7200) * 1000),
      end: new Date(now * 1000),
      now: new Date(now * 1000),
      ...more,
    },
  );

const requests = (name: string, from: number, count: number, seconds: number, isFault = (_index: number) => false) =>
  Array.from({ length: count }, (_, index) =>
    makeSegment(from + index, seconds + index / 1e4, name, isFault(index) ? { fault: true } : {}),
  );

test('each deployment of the range, newest first, with what changed and traces that show it', async () => {
  const at = now - 3000;
  await putDocuments(
    plane,
    ...requests('slow', at - 100, 100, 0.02),
    ...requests('slow', at + 1, 100, 0.9),
    ...requests('broken', at - 90, 100, 0.02),
    ...requests('broken', at + 11, 100, 0.02, (index) => index % 4 === 0),
    ...requests('quiet', at - 90, 4, 0.02),
    ...requests('quiet', at + 11, 4, 5),
  );
  const deployed: Deployed[] = [
    { service: 'slow', id: '1', at, from: 'slow:1', to: 'slow:2' },
    { service: 'broken', id: '2', at: at + 1, from: 'broken:1', to: 'broken:1' },
    { service: 'quiet', id: '3', at: at + 2, to: 'quiet:1' },
    { service: 'slow', id: '0', at: now - 9000, to: 'slow:1' },
  ];
  const effects = await read(deployed);
  expect(
    effects.map(({ service, change, revision, previousRevision }) => [service, change, revision, previousRevision]),
  ).toEqual([
    ['quiet', 'unknown', 'quiet:1', undefined],
    ['broken', 'worse', 'broken:1', 'broken:1'],
    ['slow', 'worse', 'slow:2', 'slow:1'],
  ]);
  const [quiet, broken, slow] = effects;
  expect(slow).toMatchObject({
    before: { total: 100, fault: 0, p50Seconds: 0.025 },
    after: { total: 100, p50Seconds: 0.9 },
    latency: { change: 'worse' },
    faults: { change: 'same', delta: 0 },
  });
  expect(slow!.examples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
  expect(slow!.examples[0]!.seconds).toBeCloseTo(0.9099, 3);
  expect(broken).toMatchObject({
    after: { fault: 25 },
    latency: { change: 'same' },
    faults: { change: 'worse', delta: 0.25 },
  });
  expect(new Set(broken!.examples.map(({ traceId, outcome }) => `${traceId} ${outcome}`)).size).toBe(3);
  for (const { outcome } of broken!.examples) expect(outcome).toBe('fault');
  expect(quiet!.latency).toMatchObject({ change: 'unknown' });
  expect(await read(deployed, { cluster: 'shop', service: 'slow' })).toHaveLength(1);
  expect(await read(deployed, { start: new Date((now - 100) * 1000) })).toEqual([]);
});
