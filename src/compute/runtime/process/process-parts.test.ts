import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { containerSpec, taskSpec, until } from '../runtime.contract.ts';
import { fieldOf, weightOfShares } from './cgroups.ts';
import { recordExit, toSignal } from './container-lifecycle.ts';
import { MARK } from './environment.ts';
import { findContainerProcesses, killContainer } from './kill-container.ts';
import { launchContainer, programText } from './launch.ts';
import { parseInterface } from './measure-usage.ts';
import { identify, isAlive, parseStat } from './process-table.ts';
import { openTaskRecords, type TaskRecord } from './task-record.ts';
import { newTaskState, type ProcessHost } from './task-state.ts';

const marked = { kind: 'mark', enter: [], join: [] } as const;

describe.skipIf(process.platform !== 'linux')('without process namespaces', () => {
  function makeFiles() {
    const directory = mkdtempSync(path.join(tmpdir(), 'hatoba-launch-'));
    const file = (name: string) => path.join(directory, name);
    return { commandFile: file('command'), exitFile: file('exit'), outputFile: file('output') };
  }

  async function launch(script: string) {
    const files = makeFiles();
    const mark = `test/${path.basename(path.dirname(files.exitFile))}/app`;
    const environment = { PATH: process.env.PATH ?? '', [MARK]: mark };
    writeFileSync(
      files.commandFile,
      programText({ command: ['sh', '-c', script], environment, workingDirectory: '/' }),
    );
    const child = await launchContainer({ files, mark, isolation: marked, cgroupFiles: [], hostname: 'x' });
    return { files, mark, wrapper: identify(child.pid!)! };
  }

  test('a tree with sessions of its own, orphans and signals ignored is killed by descent and mark', async () => {
    const script =
      'trap "" TERM; sleep 501 & setsid sleep 502 & (sleep 503 &); (setsid sh -c "sleep 504; sleep 505" &); wait; sleep 506';
    const { mark, wrapper } = await launch(script);
    await until(() => findContainerProcesses(wrapper, mark).length >= 7);
    await killContainer(wrapper, mark, false, systemClock);
    expect(findContainerProcesses(wrapper, mark)).toEqual([]);
    expect(isAlive(wrapper)).toBe(false);
  });

  test('the wrapper leaves the exit code, also of a program that a signal has ended', async () => {
    for (const [script, code] of [
      ['exit 42', '42'],
      ['kill -KILL $$', '137'],
    ] as const) {
      const { files, wrapper } = await launch(script);
      await until(() => !isAlive(wrapper));
      expect(readFileSync(files.exitFile, 'utf8').trim()).toBe(code);
      expect(readFileSync(files.outputFile, 'utf8')).toBe('');
    }
  });

  test('a process is known again by its start, not by its number alone', () => {
    const child = spawn('sleep', ['30']);
    const identity = identify(child.pid!)!;
    expect(isAlive(identity)).toBe(true);
    expect(isAlive({ ...identity, startTime: '1' })).toBe(false);
    expect(isAlive({ ...identity, bootId: 'another' })).toBe(false);
    child.kill('SIGKILL');
  });
});

test('a line of /proc/PID/stat whose name holds brackets and spaces', () => {
  const fields = ['S', 10, 20, 30, 0, -1, 0, 0, 0, 0, 0, 7, 3, 2, 1, 20, 0, 1, 0, 98765, 1000, 50];
  expect(parseStat(`1234 (a) b (c) ${fields.join(' ')} 0 0`, 4096)).toEqual({
    pid: 1234,
    parentPid: 10,
    sessionId: 30,
    startTime: '98765',
    isZombie: false,
    cpuNanoseconds: 13e7,
    memoryBytes: 50 * 4096,
  });
});

test('counters of control groups and interfaces', () => {
  expect(fieldOf('low 0\nhigh 0\nmax 12\noom 1\noom_kill 3\n', 'oom_kill')).toBe(3);
  expect(fieldOf('usage_usec 1500\nuser_usec 1000\n', 'usage_usec')).toBe(1500);
  expect(fieldOf('', 'oom_kill')).toBe(0);
  expect([2, 1024, 262_144].map(weightOfShares)).toEqual([1, 39, 10_000]);
  const text = 'Inter-|   Receive\n face |bytes\n    lo: 1 2 3\n  eth0: 1392 10 0 0 0 0 0 0 426 5 0 0 0 0 0 0\n';
  expect(parseInterface(text, 'eth0')).toEqual({ networkReceiveBytes: 1392, networkTransmitBytes: 426 });
});

test('stop signals as people write them', () => {
  expect(['SIGTERM', 'int', '9', 'SIGNONSENSE'].map(toSignal)).toEqual(['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGTERM']);
});

test('names from outside do not lead out of the directory, and a broken record is told', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'hatoba-records-'));
  const records = openTaskRecords(directory);
  expect(() => records.outputPath('../../etc', 'app')).toThrow('not a plain name');
  expect(() => records.outputPath('a'.repeat(32), '../x')).toThrow('not a plain name');
  mkdirSync(records.directoryOf('b'.repeat(32)), { recursive: true });
  writeFileSync(path.join(records.directoryOf('b'.repeat(32)), 'task.json'), '{"version":1,');
  expect(records.load()).toEqual({ records: [], unreadable: ['b'.repeat(32)] });
});

test('the end of a container is told although it cannot be written down', async () => {
  const task = taskSpec([containerSpec('app', {})]);
  const told: string[] = [];
  const host = {
    isolation: { kind: 'process-namespace' },
    records: {
      directoryOf: () => '/nowhere',
      outputPath: () => '/nowhere/app.log',
      save: () => Promise.reject(new Error('no space left on device')),
    },
    clock: systemClock,
    logger: silentLogger,
    notifyExit: (taskId: string, exit: { exitCode: number }) => told.push(`${taskId} ${exit.exitCode}`),
  } as unknown as ProcessHost;
  const state = newTaskState({ task, containers: { app: {} } } as unknown as TaskRecord);
  await recordExit(host, state, 'app');
  expect(told).toEqual([`${task.taskId} 137`]);
});
