import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { ECS, waitUntilServicesStable } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { XRay } from '@aws-sdk/client-xray';
import { describe, expect, test } from 'vitest';
import { type Demo, isRoot, nobody, startDemo } from '../support/demo-process.ts';
import { leftoversOf, networkLinks } from '../support/leftovers.ts';
import { until } from '../support/until.ts';

const clientSettings = (demo: Demo) => ({
  endpoint: demo.instance.url,
  region: 'us-east-1',
  credentials: { accessKeyId: '000000000000', secretAccessKey: 'x' },
});

async function get(demo: Demo, path: string): Promise<{ status: number; body: string }> {
  const { LoadBalancers } = await new ElasticLoadBalancingV2(clientSettings(demo)).describeLoadBalancers({});
  return new Promise((resolve, reject) => {
    const host = LoadBalancers![0]!.DNSName!;
    http
      .get({ host: '127.0.0.1', port: demo.instance.ports.edge, path, headers: { host } }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode!, body }));
      })
      .on('error', reject);
  });
}

async function graphOf(demo: Demo) {
  const { Services = [] } = await new XRay(clientSettings(demo)).getServiceGraph({
    StartTime: new Date(Date.now() - 3_600_000),
    EndTime: new Date(),
  });
  const names = new Map(Services.map((service) => [service.ReferenceId, `${service.Name} (${service.Type})`]));
  const nodes = Services.map((service) => ({
    name: service.Name!,
    type: service.Type!,
    total: service.SummaryStatistics?.TotalCount ?? 0,
    edges: Object.fromEntries(
      (service.Edges ?? []).map((edge) => [
        names.get(edge.ReferenceId) ?? '?',
        edge.SummaryStatistics?.TotalCount ?? 0,
      ]),
    ) as Record<string, number>,
  }));
  return { nodes, find: (name: string) => nodes.filter((node) => node.name === name && node.type !== 'client') };
}

async function backendTasks(demo: Demo): Promise<string[]> {
  const { taskArns = [] } = await new ECS(clientSettings(demo)).listTasks({ cluster: 'shop', serviceName: 'backend1' });
  return taskArns;
}

/** Kills the program of one of the two tasks of backend1, as an out-of-memory killer would. */
async function killBackend(demo: Demo, taskArn: string): Promise<void> {
  const taskId = taskArn.split('/').at(-1)!;
  const pids = readdirSync('/proc').filter((name) => {
    try {
      return (
        /^\d+$/.test(name) &&
        readFileSync(`/proc/${name}/environ`, 'utf8').includes(taskId) &&
        /node\0.*server\.js\0$/.test(readFileSync(`/proc/${name}/cmdline`, 'utf8'))
      );
    } catch {
      return false;
    }
  });
  expect(pids).toHaveLength(1);
  process.kill(Number(pids[0]), 'SIGKILL');
}

async function checkDemo(options: { network: 'namespace' | 'loopback'; uid?: number }): Promise<void> {
  const demo = await startDemo(75, options);
  try {
    expect(demo.output()).toMatch(new RegExp(`tasks run as processes .*${options.network} network`));
    const ecs = new ECS(clientSettings(demo));
    const waiting = { client: ecs, maxWaitTime: 60, minDelay: 1, maxDelay: 1 };
    const selected = { cluster: 'shop', services: ['frontend', 'bff', 'backend1', 'backend2'] };
    await waitUntilServicesStable(waiting, selected);
    expect((await get(demo, '/')).body).toContain('Harbour shop');
    const api = await get(demo, '/api/');
    expect(JSON.parse(api.body)).toEqual({
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      time: expect.stringMatching(/^\d\d:\d\d:\d\d$/),
    });

    const tasksBefore = await backendTasks(demo);
    expect(tasksBefore).toHaveLength(2);
    await killBackend(demo, tasksBefore[0]!);
    await until('a new task of backend1', async () => {
      const tasks = await backendTasks(demo);
      return tasks.length === 2 && !tasks.includes(tasksBefore[0]!) && tasks.includes(tasksBefore[1]!);
    });
    await waitUntilServicesStable(waiting, selected);
  } catch (error) {
    demo.interrupt();
    throw error;
  }
  const graph = await graphBeforeTheEnd(demo);
  const { code, output } = await demo.ended;
  expect(code, output).toBe(0);

  expect(graph.nodes.map((node) => `${node.name} ${node.type === 'client' ? 'client' : ''}`.trim()).sort()).toEqual(
    expect.arrayContaining(['backend1', 'backend2', 'bff', 'shop-last-access']),
  );
  expect(
    graph.nodes
      .filter((node) => node.type !== 'client')
      .map((node) => node.name)
      .sort(),
  ).toEqual(['backend1', 'backend2', 'bff', 'shop-last-access']);
  expect(graph.find('shop-last-access')[0]!.type).toBe('AWS::DynamoDB::Table');
  const clients = graph.nodes.filter((node) => node.type === 'client');
  expect(clients).toHaveLength(1);
  expect(Object.keys(clients[0]!.edges).map((name) => name.split(' ')[0])).toEqual(['bff']);
  const bff = graph.find('bff')[0]!;
  expect(
    Object.keys(bff.edges)
      .map((name) => name.split(' ')[0])
      .sort(),
  ).toEqual(['backend1', 'backend2']);
  const summary = output.match(/(\d+) requests sent, (\d+) answered, (\d+) failed, (\d+) sampled/g)!.at(-1)!;
  const [sent, answered, failed, sampled] = summary.match(/\d+/g)!.map(Number) as [number, number, number, number];
  expect(sent).toBe(answered + failed);
  // Only requests that were under way when the backend was killed may fail; four a second are sent.
  expect(failed).toBeLessThanOrEqual(8);
  expect(sampled).toBeGreaterThan(50);
  // Equal within what was under way when the graph was read, what failed, and this test's own request.
  const underWayMax = 12;
  for (const count of Object.values(bff.edges)) expect(Math.abs(bff.total - count)).toBeLessThanOrEqual(underWayMax);
  expect(Math.abs(bff.total - sampled)).toBeLessThanOrEqual(underWayMax + failed + 1);
  expect(leftoversOf(demo.dataDir)).toEqual([]);
}

/** The graph a moment before the demo ends by itself. */
async function graphBeforeTheEnd(demo: Demo) {
  let last = await graphOf(demo);
  for (;;) {
    const next = await Promise.race([graphOf(demo).catch(() => undefined), demo.ended.then(() => undefined)]);
    if (!next) return last;
    last = next;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

describe('npm run demo', () => {
  test.skipIf(!isRoot)('as root, with a network for each task', { timeout: 300_000 }, async () => {
    const before = await networkLinks();
    await checkDemo({ network: 'namespace' });
    expect((await networkLinks()).filter((link) => !before.includes(link))).toEqual([]);
  });

  test('as an unprivileged user, on loopback', { timeout: 300_000 }, async () => {
    await checkDemo({ network: 'loopback', ...(isRoot && { uid: nobody }) });
  });

  test('two of them side by side, and Ctrl-C', { timeout: 300_000 }, async () => {
    const network = isRoot ? 'namespace' : 'loopback';
    const before = await networkLinks();
    const demos = await Promise.all([startDemo(300, { network }), startDemo(300, { network })]);
    for (const demo of demos) {
      expect((await get(demo, '/api/')).status).toBe(200);
      expect((await graphOf(demo)).find('bff')).toHaveLength(1);
    }
    demos[0]!.interrupt();
    expect((await demos[0]!.ended).code).toBe(0);
    expect(leftoversOf(demos[0]!.dataDir)).toEqual([]);
    expect((await get(demos[1]!, '/api/')).status).toBe(200);
    demos[1]!.interrupt();
    expect((await demos[1]!.ended).code).toBe(0);
    expect((await networkLinks()).filter((link) => !before.includes(link))).toEqual([]);
  });
});
