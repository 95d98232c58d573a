import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { containerSpec, runtimeContract, taskSpec, until } from '../runtime.contract.ts';
import type { ContainerExit, ContainerSpec, Runtime } from '../runtime.ts';
import { MARK } from './environment.ts';
import type { ProcessRuntimeOptions } from './index.ts';
import { isRoot, makePlace } from './process-runtime.fixture.ts';
import { findByEnvironment, sendSignal } from './process-table.ts';
import { boundFile } from './watch-limits.ts';

const shell = (script: string, extra: Partial<ContainerSpec> = {}): Partial<ContainerSpec> => ({
  command: ['sh', '-c', script],
  ...extra,
});

const behaviours = {
  runsUntilStopped: shell('while :; do sleep 60; done'),
  exitsWith: (code: number) => shell(`exit ${code}`),
  prints: (line: string) => shell(`echo '${line}'`),
  cannotStart: { command: ['no-such-program'] },
};

const modes: ProcessRuntimeOptions['network'][] = isRoot ? ['loopback', 'namespace'] : ['loopback'];
if (!isRoot) test.skip('namespace mode (needs root: run the tests with sudo)', () => undefined);

for (const mode of modes) {
  runtimeContract(`the process runtime with network ${mode}`, () => {
    const place = makePlace(mode);
    return { open: () => place.open(), behaviours };
  });

  describe(`processes, network ${mode}`, () => {
    const opened: Runtime[] = [];
    afterEach(async () => {
      for (const runtime of opened.splice(0)) await runtime.stop({ stopTasks: true });
    });

    async function begin(place = makePlace(mode), options: Partial<ProcessRuntimeOptions> = {}) {
      const runtime = place.open(options);
      opened.push(runtime);
      await runtime.start();
      const exits: ContainerExit[] = [];
      runtime.onExit((_taskId, exit) => exits.push(exit));
      return { runtime, place, exits };
    }

    async function run(runtime: Runtime, behaviour: Partial<ContainerSpec>) {
      const task = taskSpec([containerSpec('app', behaviour)], { taskRoleArn: 'arn:aws:iam::000000000000:role/r' });
      const place = await runtime.prepareTask(task);
      await runtime.startContainer(task, 'app');
      const output = () => readFileSync(runtime.outputPath(task.taskId, 'app'), 'utf8');
      return { task, place, output };
    }

    const processesOf = (taskId: string) =>
      findByEnvironment((entry) => entry.startsWith(`${MARK}=`) && entry.includes(`/${taskId}/`));

    test('the stop signal reaches the program, and its exit code is kept', async () => {
      const { runtime, exits } = await begin();
      const { task, output } = await run(
        runtime,
        shell('trap "echo bye; exit 9" TERM; echo up; while :; do sleep 0.05; done'),
      );
      await until(() => output().includes('up'));
      await runtime.stopContainer(task.taskId, 'app', 10);
      expect(exits).toMatchObject([{ exitCode: 9 }]);
      expect(output()).toContain('bye');
    });

    test('a whole tree that ignores the signal is killed: children, sessions of their own, orphans', async () => {
      const { runtime, exits } = await begin();
      const script =
        'trap "" TERM; sleep 301 & setsid sleep 302 & (sleep 303 &); setsid sh -c "sleep 304 & sleep 305" & echo up; wait; sleep 306';
      const { task, output } = await run(runtime, shell(script));
      await until(() => output().includes('up') && processesOf(task.taskId).length >= 6);
      await runtime.stopContainer(task.taskId, 'app', 0);
      expect(exits).toMatchObject([{ exitCode: 137, outOfMemory: false }]);
      await until(() => processesOf(task.taskId).length === 0);
    });

    test('a program that ends takes along what it has left running', async () => {
      const { runtime, exits } = await begin();
      const { task } = await run(runtime, shell('setsid sleep 310 & (sleep 311 &); sleep 0.2; exit 4'));
      await until(() => exits.length === 1);
      expect(exits[0]).toMatchObject({ exitCode: 4 });
      await until(() => processesOf(task.taskId).length === 0);
    });

    test('the environment is the given one, nothing of ours', async () => {
      process.env.HATOBA_TEST_SECRET = 'ours';
      const { runtime, exits } = await begin();
      const { output } = await run(runtime, {
        command: ['env'],
        environment: { QUOTED: `it's "$HOME" \\`, 'with.dot': '1', AWS_XRAY_DAEMON_ADDRESS: '' },
      });
      await until(() => exits.length === 1);
      delete process.env.HATOBA_TEST_SECRET;
      expect(output()).not.toContain('HATOBA_TEST_SECRET');
      expect(output()).not.toContain('AWS_SECRET_ACCESS_KEY');
      expect(output()).toContain(`QUOTED=it's "$HOME" \\\n`);
      expect(output()).toContain('with.dot=1\n');
      expect(output()).toMatch(/^AWS_XRAY_DAEMON_ADDRESS=127\.0\.0\.1:\d+$/m);
    });

    test('a command that does not exist stops with a readable reason', async () => {
      const { runtime } = await begin();
      const task = taskSpec([containerSpec('app', { command: ['no-such-program', 'x'] })]);
      await runtime.prepareTask(task);
      await expect(runtime.startContainer(task, 'app')).rejects.toMatchObject({
        code: 'CannotStartContainerError',
        message: expect.stringContaining('exec: "no-such-program": executable file not found in $PATH'),
      });
    });

    test('exec runs where the program runs, with its environment, and is ended when its time is up', async () => {
      const { runtime, exits } = await begin();
      const { task } = await run(runtime, shell('while :; do sleep 60; done', { environment: { GREETING: 'hello' } }));
      expect(await runtime.exec(task.taskId, 'app', ['sh', '-c', 'echo $GREETING; exit 3'], 10_000)).toEqual({
        exitCode: 3,
        output: 'hello\n',
        timedOut: false,
      });
      expect(await runtime.exec(task.taskId, 'app', ['sh', '-c', 'sleep 320'], 200)).toMatchObject({ timedOut: true });
      expect(await runtime.exec(task.taskId, 'app', ['no-such-program'], 10_000)).toMatchObject({ exitCode: 127 });
      expect(exits).toEqual([]);
    });

    test('a task reaches metadata, credentials, the endpoint, X-Ray and OTLP by its environment', async () => {
      const { runtime, place, exits } = await begin();
      const script = `
        const dgram = require('node:dgram');
        const e = process.env;
        const credentials = e.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? 'http://169.254.170.2' + e.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
        const [host, port] = e.AWS_XRAY_DAEMON_ADDRESS.split(':');
        const get = async (url) => console.log(await (await fetch(url)).text());
        (async () => {
          await get(e.ECS_CONTAINER_METADATA_URI_V4);
          await get(e.ECS_CONTAINER_METADATA_URI_V4 + '/task');
          await get(e.ECS_CONTAINER_METADATA_URI_V4 + '/task/stats');
          await get(credentials);
          await get(credentials + 'x');
          await get(e.AWS_ENDPOINT_URL);
          await get('http://' + e.AWS_XRAY_DAEMON_ADDRESS + '/GetSamplingRules');
          await get(e.OTEL_EXPORTER_OTLP_ENDPOINT + '/v1/traces');
          const socket = dgram.createSocket('udp4');
          socket.send('a segment', Number(port), host, () => socket.close());
        })();`;
      const { task } = await run(runtime, { command: ['node', '-e', script] });
      await until(() => exits.length === 1);
      const { taskArn } = task.identity;
      const lines = readFileSync(runtime.outputPath(task.taskId, 'app'), 'utf8').trim().split('\n');
      expect(exits[0]).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(lines[0]!)).toEqual({ Name: 'app', DockerId: 'd1' });
      expect(JSON.parse(lines[1]!)).toEqual({ TaskARN: task.taskId, Containers: [{ Name: 'app', DockerId: 'd1' }] });
      expect(JSON.parse(lines[2]!).d1.cpu_stats.cpu_usage.total_usage).toBeGreaterThan(0);
      expect(JSON.parse(lines[3]!)).toMatchObject({ RoleArn: 'arn:aws:iam::000000000000:role/r', Token: taskArn });
      expect(JSON.parse(lines[4]!)).toMatchObject({ code: 'InvalidIdInRequest', HTTPErrorCode: 400 });
      expect(lines.slice(5)).toEqual([`gateway for ${taskArn}`, `sampling for ${taskArn}`, `otlp for ${taskArn}`]);
      await until(() => place.heard.includes(`xray ${taskArn} a segment`));
    });

    test('adopted after our own end: listeners answer again, exit codes of the time between are known', async () => {
      const place = makePlace(mode);
      const first = await begin(place);
      const going = await run(first.runtime, shell('while :; do sleep 60; done'));
      const ending = await run(first.runtime, shell('sleep 0.5; exit 21'));
      await first.runtime.stop({ stopTasks: false });
      await until(() => processesOf(ending.task.taskId).length === 0);

      const second = await begin(place);
      const adopted = await second.runtime.adopt();
      const byId = new Map(adopted.map((one) => [one.taskId, one]));
      expect(byId.get(going.task.taskId)).toMatchObject({ running: ['app'], exited: [], address: going.place.address });
      expect(byId.get(ending.task.taskId)).toMatchObject({ running: [], exited: [{ exitCode: 21 }] });
      const fetched = await second.runtime.exec(
        going.task.taskId,
        'app',
        ['node', '-e', 'fetch(process.env.AWS_ENDPOINT_URL).then(async (r) => console.log(await r.text()))'],
        10_000,
      );
      expect(fetched.output).toBe(`gateway for ${going.task.identity.taskArn}\n`);
      expect(first.exits).toEqual([]);
    });

    test('a task whose record cannot be read does not go on unseen', async () => {
      const place = makePlace(mode);
      const first = await begin(place);
      const { task } = await run(first.runtime, shell('while :; do sleep 60; done'));
      await until(() => processesOf(task.taskId).length > 0);
      await first.runtime.stop({ stopTasks: false });
      const record = path.join(place.dataDirectory, 'runtime', 'tasks', task.taskId, 'task.json');
      writeFileSync(record, '{"half":');
      const second = await begin(place);
      expect(await second.runtime.adopt()).toEqual([]);
      await until(() => processesOf(task.taskId).length === 0);
      expect(existsSync(record)).toBe(false);
    });

    test('a container whose wrapper is killed has exit code 137', async () => {
      const { runtime, exits } = await begin();
      const { task } = await run(runtime, shell('while :; do sleep 60; done'));
      // The first may take the others along.
      for (const { pid } of processesOf(task.taskId)) sendSignal(pid, 'SIGKILL');
      await until(() => exits.length === 1);
      expect(exits[0]).toMatchObject({ exitCode: 137, outOfMemory: false });
    });

    test('a container that takes more memory than it may is out of memory', async () => {
      const { runtime, exits } = await begin();
      await run(runtime, {
        command: ['node', '-e', 'const kept = []; setInterval(() => kept.push(Buffer.alloc(8 << 20, 1)), 10)'],
        memoryLimitMib: 120,
      });
      await until(() => exits.length === 1);
      expect(exits[0]).toMatchObject({ exitCode: 137, outOfMemory: true });
    });

    test('usage shows time, memory and files, and counters only grow', async () => {
      const { runtime } = await begin();
      const { task } = await run(runtime, {
        command: ['node', '-e', 'setInterval(() => { for (let i = 0; i < 1e6; i++); }, 1)'],
      });
      const first = await until(async () => {
        const [usage] = await runtime.usage(task.taskId);
        return usage && usage.cpuNanoseconds > 0 && usage.memoryBytes > 5e6 && usage;
      });
      const later = await until(async () => {
        const [usage] = await runtime.usage(task.taskId);
        return usage && usage.cpuNanoseconds > first.cpuNanoseconds && usage;
      });
      expect(later.readBytes).toBeGreaterThanOrEqual(first.readBytes);
      expect(later.networkReceiveBytes === undefined).toBe(mode === 'loopback');
    });

    test('output that has grown past its bound is moved aside, and the program goes on writing', async () => {
      const { runtime } = await begin();
      const { task, output } = await run(runtime, shell('i=0; while sleep 0.02; do i=$((i+1)); echo line $i; done'));
      const file = runtime.outputPath(task.taskId, 'app');
      await until(() => output().includes('line 5\n'));
      await boundFile(file, 20);
      const before = readFileSync(`${file}.1`, 'utf8');
      expect(before).toContain('line 5\n');
      await until(() => output().includes('line '));
      expect(output()).not.toContain('line 1\n');
      expect(output()).not.toContain('\0');
    });

    test('an image is a directory with a Dockerfile', async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'hatoba-image-'));
      const { chmodSync } = await import('node:fs');
      chmodSync(directory, 0o755);
      writeFileSync(
        path.join(directory, 'Dockerfile'),
        'FROM node:20\nWORKDIR /app\nCOPY . .\nENV GREETING=hi\nCMD ["node", "/app/hello.js"]\n',
      );
      writeFileSync(path.join(directory, 'hello.js'), 'console.log(process.env.GREETING, process.cwd())');
      const { runtime, exits } = await begin(makePlace(mode), { images: { 'shop/hello': directory } });
      const { output } = await run(runtime, { image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/hello:7' });
      await until(() => exits.length === 1);
      expect(output()).toBe(`hi ${directory}\n`);
    });

    test('a sidecar that hatoba stands in for says so, is healthy, and ends on the stop signal', async () => {
      const { runtime, exits } = await begin();
      const { task, output } = await run(runtime, { image: 'public.ecr.aws/xray/aws-xray-daemon:latest' });
      await until(() => output().includes('hatoba stands in for the X-Ray daemon'));
      expect(await runtime.exec(task.taskId, 'app', ['/healthcheck'], 1000)).toMatchObject({ exitCode: 0 });
      await runtime.stopContainer(task.taskId, 'app', 10);
      expect(exits).toMatchObject([{ exitCode: 0 }]);
    });

    test('an unknown image without a command cannot be pulled, and the reason says what to do', async () => {
      const { runtime } = await begin();
      await expect(runtime.pullImage('shop/unknown:1', false)).rejects.toMatchObject({
        code: 'CannotPullContainerError',
        message: expect.stringMatching(
          /shop\/unknown:1 is not known here: map it to a directory under `images:` in hatoba\.yaml/,
        ),
      });
    });
  });
}
