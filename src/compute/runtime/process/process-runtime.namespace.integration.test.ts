import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { NETWORK_ROOT } from '../../network/instance-owners.ts';
import { containerSpec, taskSpec, until } from '../runtime.contract.ts';
import type { ContainerSpec, Runtime } from '../runtime.ts';
import type { ProcessRuntimeOptions } from './index.ts';
import { isRoot, leftOf, makePlace, nothing, type Place } from './process-runtime.fixture.ts';
import { findByEnvironment } from './process-table.ts';

const title = isRoot
  ? 'tasks in network namespaces'
  : 'tasks in network namespaces (needs root: run the tests with sudo)';

describe.skipIf(!isRoot)(title, () => {
  const opened: Runtime[] = [];
  afterEach(async () => {
    for (const runtime of opened.splice(0)) await runtime.stop({ stopTasks: true });
  });

  async function open(place: Place = makePlace('namespace'), options: Partial<ProcessRuntimeOptions> = {}) {
    const runtime = place.open(options);
    opened.push(runtime);
    await runtime.start();
    return runtime;
  }

  async function run(runtime: Runtime, behaviour: Partial<ContainerSpec>) {
    const task = taskSpec([containerSpec('app', behaviour)]);
    const { address } = await runtime.prepareTask(task);
    await runtime.startContainer(task, 'app');
    return { task, address, output: () => readFileSync(runtime.outputPath(task.taskId, 'app'), 'utf8') };
  }

  const server = (text: string): Partial<ContainerSpec> => ({
    command: [
      'node',
      '-e',
      `require('node:http').createServer((q, r) => r.end('${text} ' + process.getuid())).listen(80, '0.0.0.0')`,
    ],
    containerPorts: [80],
  });
  const fetchText = async (url: string) => (await fetch(url)).text();

  test('programs that bind port 80 run side by side as nobody, reached by hatoba and by each other', async () => {
    const runtime = await open();
    const one = await run(runtime, server('one'));
    const two = await run(runtime, server('two'));
    await until(() => fetchText(`http://${one.address}/`).catch(() => undefined));
    expect(await fetchText(`http://${one.address}/`)).toBe('one 65534');
    const script = `const again = () => fetch('http://${two.address}/').then(async (r) => console.log(await r.text()), () => setTimeout(again, 50)); again()`;
    const seen = await runtime.exec(one.task.taskId, 'app', ['node', '-e', script], 10_000);
    expect(seen.output).toBe('two 65534\n');
  });

  test('names are asked at 169.254.170.253, and the task knows its own', async () => {
    const place = makePlace('namespace');
    const runtime = await open(place);
    const { task, address } = await run(runtime, { command: ['sleep', '60'] });
    const script = `
      const dns = require('node:dns');
      console.log(dns.getServers().join(), require('node:os').hostname());
      dns.lookup(require('node:os').hostname(), (error, address) => {
        console.log(address);
        dns.resolve4('backend1.shop.local', () => undefined);
        setTimeout(() => process.exit(), 300);
      });`;
    const { output } = await runtime.exec(task.taskId, 'app', ['node', '-e', script], 10_000);
    const hostname = `ip-${address.replaceAll('.', '-')}.us-east-1.compute.internal`;
    expect(output).toBe(`169.254.170.253 ${hostname}\n${address}\n`);
    await until(() => place.heard.some((line) => line.startsWith('dns us-east-1')));
  });

  test('containers of one task share its network', async () => {
    const runtime = await open();
    const task = taskSpec([containerSpec('web', server('web')), containerSpec('client', { command: ['sleep', '60'] })]);
    await runtime.prepareTask(task);
    await runtime.startContainer(task, 'web');
    await runtime.startContainer(task, 'client');
    const script = `const again = () => fetch('http://127.0.0.1/').then(async (r) => console.log(await r.text()), () => setTimeout(again, 50)); again()`;
    const { output } = await runtime.exec(task.taskId, 'client', ['node', '-e', script], 10_000);
    expect(output).toBe('web 65534\n');
  });

  test('gRPC connections arrive with the task they are from', async () => {
    const runtime = await open();
    const { task } = await run(runtime, { command: ['sleep', '60'] });
    const script = `require('node:net').connect(4317, '127.0.0.1').on('data', (d) => console.log(String(d)))`;
    const { output } = await runtime.exec(task.taskId, 'app', ['node', '-e', script], 10_000);
    expect(output).toBe(`grpc for ${task.identity.taskArn}\n`);
  });

  test('the memory of a whole task is limited', async () => {
    const runtime = await open();
    const task = taskSpec(
      [
        containerSpec('app', {
          command: ['node', '-e', 'const k = []; setInterval(() => k.push(Buffer.alloc(8 << 20, 1)), 5)'],
        }),
      ],
      { memoryMib: 128 },
    );
    const exits: unknown[] = [];
    runtime.onExit((_taskId, exit) => exits.push(exit));
    await runtime.prepareTask(task);
    await runtime.startContainer(task, 'app');
    await until(() => exits.length === 1);
    expect(exits[0]).toMatchObject({ exitCode: 137, outOfMemory: true });
  });

  test('twenty tasks at once, and nothing is left of them', async () => {
    const place = makePlace('namespace');
    const runtime = await open(place);
    const tasks = await Promise.all(
      Array.from({ length: 20 }, () =>
        run(runtime, { command: ['sh', '-c', 'setsid sleep 401 & (sleep 402 &); sleep 403'] }),
      ),
    );
    expect(new Set(tasks.map(({ address }) => address)).size).toBe(20);
    const ids = tasks.map(({ task }) => task.taskId);
    expect(leftOf(place, ids).homes.length).toBe(20);
    await Promise.all(tasks.slice(0, 10).map(({ task }) => runtime.removeTask(task.taskId)));
    await runtime.stop({ stopTasks: true });
    expect(leftOf(place, ids)).toEqual(nothing);
  });

  test('two hatobas have subnets of their own and do not see each other’s end', async () => {
    const [first, second] = [await open(), await open()];
    const one = await run(first, server('one'));
    const two = await run(second, server('two'));
    expect(one.address).not.toBe(two.address);
    await first.stop({ stopTasks: true });
    await until(() => fetchText(`http://${two.address}/`).catch(() => undefined));
    expect(await fetchText(`http://${two.address}/`)).toBe('two 65534');
  });

  test('what a hatoba left that is gone for good is removed by the next one', async () => {
    const place = makePlace('namespace');
    const abandoned = place.open();
    await abandoned.start();
    const { task } = await run(abandoned, { command: ['sleep', '404'] });
    await abandoned.stop({ stopTasks: false });
    // As after kill -9 of its process: the owner that is written down does not exist.
    const [ownerFile] = leftOf(place, []).files.filter((file) => String(file).endsWith('.json'));
    const file = path.join(NETWORK_ROOT, String(ownerFile));
    const owner = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...owner, process: { ...owner.process, startTime: '1' } }));
    const other = await open();
    expect(findByEnvironment((entry) => entry.includes(task.taskId)).length).toBeGreaterThan(0);
    await other.stop({ stopTasks: true });

    rmSync(place.dataDirectory, { recursive: true });
    const next = await open();
    await next.stop({ stopTasks: true });
    // The home was named in the record, which is gone with the data directory.
    expect({ ...leftOf(place, []) }).toEqual(nothing);
  });

  test('an image that the task user cannot read runs as its owner, unless the user is a setting', async () => {
    const closed = mkdtempSync(path.join(tmpdir(), 'hatoba-closed-'));
    chmodSync(closed, 0o700);
    const image = path.join(closed, 'image');
    mkdirSync(image);
    writeFileSync(path.join(image, 'Dockerfile'), 'CMD ["sh", "-c", "id -u; grep CapEff /proc/self/status; sleep 60"]');
    const runtime = await open(makePlace('namespace'), { images: { closed: image } });
    const { output } = await run(runtime, { image: 'closed' });
    await until(() => output().includes('CapEff'));
    expect(output()).toBe('0\nCapEff:\t0000000000000000\n');

    const strict = await open(makePlace('namespace'), { images: { closed: image }, taskUser: 'nobody' });
    const task = taskSpec([containerSpec('app', { image: 'closed' })]);
    await strict.prepareTask(task);
    await expect(strict.startContainer(task, 'app')).rejects.toMatchObject({
      code: 'CannotStartContainerError',
      message: expect.stringContaining(`${image} cannot be read by the task user (uid 65534)`),
    });
  });
});
