/**
 * A map of 500 nodes and 800 edges in the browser: what its main thread has to do for a frame while somebody moves the
 * picture, zooms, points, selects, and while the numbers are renewed. Figures are processor time of the browser's main
 * thread, not time on a clock: others on the machine do not count.
 *
 *   node --import tsx bench/large-map.ts [nodes] [edges]
 */
import { rmSync } from 'node:fs';
import type { CDPSession, Page } from 'playwright-core';
import { launchBrowser, newPage } from '../test/support/browser.ts';
import { startHatoba } from '../test/support/hatoba-process.ts';
import { largeMap, putSegments } from '../test/support/seed-traces.ts';
import './support/end-on-signal.ts';
import { describeMachine } from './support/machine.ts';
import { mainThreadTasks } from './support/main-thread.ts';
import { printBar, quantile, round } from './support/report.ts';

const [nodes = 500, edges = 800] = process.argv
  .slice(2)
  .flatMap((option) => (/^\d+$/.test(option) ? [Number(option)] : []));
const account = '000000000000';
/** Sixty frames a second leave this for a frame's script, style and layout; what paints is the browser's own. */
const barMs = 16;
const parts = ['ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration', 'TaskDuration'] as const;

interface Step {
  readonly what: string;
  readonly steps: number;
  /** Frames are what a bar of 16 ms is about; renewing and selecting happen once. */
  readonly isMotion: boolean;
  readonly run: (step: number) => Promise<void>;
}

async function main(): Promise<void> {
  console.log(`a map of ${nodes} nodes and ${edges} edges; ${describeMachine()}`);
  const hatoba = await startHatoba({ args: ['--runtime', 'fake'] });
  const browser = await launchBrowser();
  try {
    const send = () => putSegments(hatoba.url, account, largeMap(nodes, Date.now() / 1000, edges));
    await send();
    const page = await newPage(browser, { locale: 'en-US' });
    const url = `${hatoba.url}/console/map`;
    await page.goto(url);
    await page.locator('.react-flow__node').nth(5).waitFor();
    await page.reload();
    await settled(page);
    const drawn = await page.evaluate(
      `[document.querySelectorAll('.react-flow__node').length, document.querySelectorAll('.react-flow__edge').length]`,
    );
    console.log(`drawn: ${(drawn as number[]).join(' nodes, ')} edges`);
    const before = await places(page);
    const motion: number[] = [];
    for (const step of stepsOf(page, send)) {
      const { perStepMs, frames } = await measure(page, step);
      const longest = Math.max(...frames);
      console.log(
        `${step.what}: ${round(perStepMs.TaskDuration, 1)} ms (script ${round(perStepMs.ScriptDuration, 1)}, style ${round(perStepMs.RecalcStyleDuration, 1)}, layout ${round(perStepMs.LayoutDuration, 1)}); longest task ${round(longest, 0)} ms, p95 ${round(quantile(frames, 0.95), 1)}`,
      );
      const { ScriptDuration: script, RecalcStyleDuration: style, LayoutDuration: layout } = perStepMs;
      if (step.isMotion) motion.push(script + style + layout);
    }
    const after = await places(page);
    const moved = [...before].filter(([id, place]) => after.has(id) && after.get(id) !== place);
    console.log(`nodes that stand elsewhere after ${refreshes} refreshes: ${moved.length} of ${before.size}`);
    const worst = Math.max(...motion);
    printBar({
      what: `work of a frame while a map of ${nodes} nodes moves`,
      measured: `${round(worst)} ms of script, style and layout in the worst of the motions`,
      bar: `${barMs} ms`,
      isHeld: worst <= barMs,
    });
  } finally {
    await browser.close();
    await hatoba.stop();
    rmSync(hatoba.dataDir, { recursive: true, force: true });
  }
}

const refreshes = 3;

function stepsOf(page: Page, send: () => Promise<void>): Step[] {
  const middle = { x: 820, y: 480 };
  const drag = async (step: number) => {
    if (step === 0) {
      await page.mouse.move(middle.x, middle.y);
      await page.mouse.down();
    }
    const angle = step / 6;
    await page.mouse.move(middle.x + 90 * Math.sin(angle), middle.y + 60 * (1 - Math.cos(angle)));
    if (step === 59) await page.mouse.up();
  };
  const zoom = (delta: number) => async (step: number) => {
    if (step === 0) await page.mouse.move(middle.x, middle.y);
    await page.mouse.wheel(0, delta);
  };
  const point = (step: number) => page.mouse.move(420 + step * 13, 300 + (step % 10) * 40);
  return [
    { what: 'moving, all nodes in the window', steps: 60, isMotion: true, run: drag },
    { what: 'pointing at one node after the other', steps: 60, isMotion: true, run: point },
    { what: 'numbers renewed', steps: refreshes, isMotion: false, run: () => renewed(page, send) },
    { what: 'zooming in until words can be read', steps: 30, isMotion: true, run: zoom(-60) },
    { what: 'moving among a few nodes', steps: 60, isMotion: true, run: drag },
    { what: 'zooming out until all are in the window', steps: 30, isMotion: true, run: zoom(60) },
    {
      what: 'selecting a node',
      steps: 3,
      isMotion: false,
      run: async (step) => {
        await page
          .locator('.react-flow__node')
          .nth(40 + step * 7)
          .dispatchEvent('click');
        await page.locator('aside.hatoba-panel .hatoba-facts').waitFor();
      },
    },
  ];
}

/** New segments, and the next answer that has them, drawn. */
async function renewed(page: Page, send: () => Promise<void>): Promise<void> {
  await send();
  await page.waitForResponse((response) => response.url().includes('/ServiceGraph'), { timeout: 20_000 });
}

/** One frame later: what a step caused has been done. */
const frame = (page: Page) => page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');

async function settled(page: Page): Promise<void> {
  await page.locator('.react-flow__node').nth(5).waitFor();
  await page.waitForFunction(`document.querySelectorAll('.react-flow__edge').length > ${edges / 2}`);
  await page.waitForTimeout(1_000);
}

async function measure(page: Page, { steps, run }: Step) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await metrics(session);
  const frames = await mainThreadTasks(page, async () => {
    for (let step = 0; step < steps; step += 1) {
      await run(step);
      await frame(page);
    }
  });
  const after = await metrics(session);
  await session.detach();
  const perStepMs = Object.fromEntries(
    parts.map((part) => [part, ((after[part] - before[part]) * 1000) / steps]),
  ) as Record<(typeof parts)[number], number>;
  return { perStepMs, frames };
}

async function metrics(session: CDPSession): Promise<Record<(typeof parts)[number], number>> {
  const { metrics: all } = await session.send('Performance.getMetrics');
  return Object.fromEntries(parts.map((part) => [part, all.find(({ name }) => name === part)?.value ?? 0])) as never;
}

/** Where each node stands on the map, as the page has it. */
async function places(page: Page): Promise<Map<string, string>> {
  const all = await page.evaluate(
    `[...document.querySelectorAll('.react-flow__node')].map((node) => [node.dataset.id, node.style.transform])`,
  );
  return new Map(all as [string, string][]);
}

await main();
