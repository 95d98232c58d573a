import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { until } from '../runtime.contract.ts';
import { isRoot, leftOf, makePlace, nothing, type Place } from './process-runtime.fixture.ts';

const hostFile = fileURLToPath(new URL('./process-runtime.host.fixture.ts', import.meta.url));
const modes = isRoot ? (['loopback', 'namespace'] as const) : (['loopback'] as const);

/** Starts a host on the place and waits for its first task; `running` fills with the ids of tasks that it said were running, `removing` with those that it began to remove. */
async function startHost(
  mode: string,
  place: Place,
  { running, removing }: { running: string[]; removing: string[] },
): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', hostFile, mode, place.dataDirectory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => {
    const [what, taskId] = line.split(' ');
    if (what === 'running') running.push(taskId!);
    if (what === 'removing') removing.push(taskId!);
  });
  const before = running.length;
  await until(() => running.length > before, 60_000);
  return child;
}

test.each(modes)(
  'kill -9 at any moment: what ran is adopted, and nothing is left when it is removed (%s)',
  async (mode) => {
    const place = makePlace(mode);
    const said = { running: [] as string[], removing: [] as string[] };
    // Moments within the start of a task (some 150 ms), spread evenly.
    for (const afterMs of [10, 50, 90, 130]) {
      const host = await startHost(mode, place, said);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      host.kill('SIGKILL');
      await once(host, 'exit');
    }
    const recorded = readdirSync(path.join(place.dataDirectory, 'runtime', 'tasks'));
    const runtime = place.open();
    await runtime.start();
    const adopted = await runtime.adopt();
    const running = adopted.filter((task) => task.running.length > 0).map(({ taskId }) => taskId);
    const kept = said.running.filter((taskId) => !said.removing.includes(taskId));
    expect(kept.filter((taskId) => !running.includes(taskId))).toEqual([]);
    expect(new Set(adopted.map(({ address }) => address)).size).toBe(mode === 'namespace' ? adopted.length : 1);
    await Promise.all(adopted.map(({ taskId }) => runtime.removeTask(taskId)));
    await runtime.stop({ stopTasks: true });
    expect(leftOf(place, recorded)).toEqual(nothing);
  },
  120_000,
);
