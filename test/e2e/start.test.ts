import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { binary, freePorts, runHatoba, StartFailure, startHatoba } from '../support/hatoba-process.ts';
import { leftoversOf } from '../support/leftovers.ts';
import { newDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const fake = ['--runtime', 'fake'];
const nobody = 65_534;

async function failureOf(start: Promise<unknown>): Promise<{ code: number | null; output: string }> {
  const failure = await start.then(
    () => undefined,
    (error) => error as StartFailure,
  );
  expect(failure).toBeInstanceOf(StartFailure);
  return { code: failure!.exitCode, output: failure!.output.trim() };
}

describe('hatoba that cannot start says why in one line and ends with code 1', () => {
  test('a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    for (const flag of ['--port', '--xray-port', '--otlp-http-port', '--edge-port']) {
      const dataDir = newDirectory('hatoba-start-');
      const { code, output } = await failureOf(startHatoba({ dataDir, args: [...fake, flag, String(port)] }));
      expect([flag, code]).toEqual([flag, 1]);
      expect(output).toMatch(
        new RegExp(`^hatoba: port ${port} on 127.0.0.1 is taken by another program; choose another one .*$`),
      );
      expect(leftoversOf(dataDir)).toEqual([]);
    }
    other.close();
  });

  test('a data directory that another hatoba uses', async () => {
    const first = await startHatoba({ args: fake });
    const { code, output } = await failureOf(startHatoba({ dataDir: first.dataDir, args: fake }));
    expect(code).toBe(1);
    expect(output).toBe(
      `hatoba: data directory ${first.dataDir} is in use by another hatoba (process ${first.pid}); stop it, or choose another one with --data-dir`,
    );
    expect((await fetch(`${first.url}/_hatoba/health`)).status).toBe(200);
    expect(await first.stop()).toBe(0);
  });

  test('a state that is no database', async () => {
    const dataDir = newDirectory('hatoba-start-');
    mkdirSync(join(dataDir, 'state'));
    writeFileSync(join(dataDir, 'state', 'state.sqlite'), 'not a database '.repeat(500));
    const { code, output } = await failureOf(startHatoba({ dataDir, args: fake }));
    expect(code).toBe(1);
    expect(output).toMatch(/^hatoba: the state in .* cannot be opened: .*not a database; restore it .*$/);
  });

  test.skipIf(process.getuid?.() !== 0)('a directory that may not be written', async () => {
    const dataDir = newDirectory('hatoba-start-');
    chmodSync(dataDir, 0o555);
    const { code, output } = await failureOf(startHatoba({ dataDir, args: fake, uid: nobody }));
    expect(code).toBe(1);
    expect(output).toBe(`hatoba: data directory ${dataDir} is not writable; choose another one with --data-dir`);
  });

  test('a hatoba that is stopped while it starts ends in order, without an error', async () => {
    const dataDir = newDirectory('hatoba-start-');
    const child = spawn(process.execPath, [binary, 'start', '--data-dir', dataDir, ...freePorts, ...fake]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
    // The engine has its directory: the rest of hatoba is still to come.
    await until(
      'the engine starts',
      () => existsSync(join(dataDir, 'telemetry')) && readdirSync(join(dataDir, 'telemetry')).length > 0,
    );
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(output).toBe('hatoba: SIGTERM: stopping\n');
    expect(existsSync(join(dataDir, 'hatoba.lock'))).toBe(false);
    expect(leftoversOf(dataDir)).toEqual([]);
  });

  test('settings that are wrong', async () => {
    const wrong = [
      [['--host', '0.0.0.0'], /^hatoba: host 0.0.0.0 is reachable from other machines: set auth to enforce/],
      [['--config', 'no-such-file.yaml'], /^hatoba: there is no file .*no-such-file.yaml$/],
      [['--port', 'http'], /^hatoba: setting port: /],
    ] as const;
    for (const [args, message] of wrong) {
      const { code, stderr } = await runHatoba(['start', '--data-dir', newDirectory('hatoba-start-'), ...args]);
      expect(code).toBe(1);
      expect(stderr.trim()).toMatch(message);
    }
  });
});

describe('a running hatoba', () => {
  test('stops with code 0 on SIGTERM and leaves nothing', async () => {
    const hatoba = await startHatoba({ args: fake });
    expect(await hatoba.stop()).toBe(0);
    expect(leftoversOf(hatoba.dataDir)).toEqual([]);
  });

  test('goes on when nobody reads its log any more, and still stops in order', async () => {
    const hatoba = await startHatoba({ args: [...fake, '--log-level', 'trace'] });
    hatoba.child.stdout!.destroy();
    hatoba.child.stderr!.destroy();
    for (let turn = 0; turn < 20; turn += 1) await fetch(`${hatoba.url}/?Action=Nothing`, { method: 'POST' });
    expect((await fetch(`${hatoba.url}/_hatoba/health`)).status).toBe(200);
    expect(await hatoba.stop()).toBe(0);
    expect(leftoversOf(hatoba.dataDir)).toEqual([]);
  });

  test('answers status, env and map on the command line, and says so when nothing is there', async () => {
    const hatoba = await startHatoba({ args: fake });
    const connection = ['--endpoint', hatoba.url];
    const env = await runHatoba(['env', ...connection]);
    expect(env.stdout).toContain(`export AWS_ENDPOINT_URL='${hatoba.url}'\n`);
    expect(env.stdout).toContain(`export AWS_XRAY_DAEMON_ADDRESS='127.0.0.1:${hatoba.ports.xray}'\n`);
    expect(env.stdout).not.toContain('undefined');
    const status = JSON.parse((await runHatoba(['status', '--json', ...connection])).stdout);
    expect(status).toMatchObject({ runtime: 'fake', services: [] });
    expect((await runHatoba(['map', ...connection])).stdout).toContain('No trace in the last 10m');
    expect((await runHatoba(['trace', '1-00000000-000000000000000000000000', ...connection])).stderr).toBe(
      'hatoba: there is no trace 1-00000000-000000000000000000000000 here (any more)\n',
    );
    expect((await runHatoba(['drill', 'slow-backend', ...connection])).stderr).toContain('npm run demo');
    expect((await runHatoba(['drill', 'flood', ...connection])).stderr).toContain('there is no drill flood');
    await hatoba.stop();
    const gone = await runHatoba(['status', ...connection]);
    expect([gone.code, gone.stderr]).toEqual([
      1,
      `hatoba: nothing answers at ${hatoba.url}; start it with: hatoba start\n`,
    ]);
  });
});
