import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockDataDirectory } from './instance-lock.ts';

const newDirectory = () => mkdtempSync(join(tmpdir(), 'hatoba-lock-'));

test('a second hatoba on the same data directory is told who is there', () => {
  const directory = newDirectory();
  const lock = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(`in use by another hatoba (process ${process.pid})`);
  lock.describe({ url: 'http://127.0.0.1:1' });
  expect(JSON.parse(readFileSync(join(directory, 'instance.json'), 'utf8'))).toEqual({
    pid: process.pid,
    url: 'http://127.0.0.1:1',
  });
  lock.release();
  expect(existsSync(join(directory, 'instance.json'))).toBe(false);
  lockDataDirectory(directory).release();
});

test('the lock of a process that was killed, or whose pid is another program now, is taken over', async () => {
  const directory = newDirectory();
  const child = spawn('sleep', ['60']);
  writeFileSync(join(directory, 'hatoba.lock'), JSON.stringify({ pid: child.pid, startTime: 'another' }));
  lockDataDirectory(directory).release();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  writeFileSync(join(directory, 'hatoba.lock'), JSON.stringify({ pid: child.pid, startTime: '' }));
  lockDataDirectory(directory).release();
  writeFileSync(join(directory, 'hatoba.lock'), 'half a li');
  lockDataDirectory(directory).release();
});

test('keys, telemetry and tables can be read by their owner only, those of an older hatoba too', () => {
  const directory = newDirectory();
  mkdirSync(join(directory, 'state'), { mode: 0o755 });
  lockDataDirectory(directory).release();
  const modes = ['state', 'telemetry', 'tables'].map((part) => statSync(join(directory, part)).mode & 0o777);
  expect(modes).toEqual([0o700, 0o700, 0o700]);
});

test('a directory that cannot be made is one line that says what to do', () => {
  const file = join(newDirectory(), 'file');
  writeFileSync(file, '');
  expect(() => lockDataDirectory(join(file, 'data'))).toThrow(/cannot be used .*--data-dir/);
});
