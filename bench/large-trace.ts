/**
 * One trace of 100,000 spans, sent over OTLP/HTTP: what its timeline costs beside the whole trace through the API, and
 * how long a browser takes until it is on screen and until its end is.
 *
 *   node --import tsx bench/large-trace.ts [spans]
 */
import { rmSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { launchBrowser, newPage } from '../test/support/browser.ts';
import { startHatoba } from '../test/support/hatoba-process.ts';
import { postSpans, sketchLargeTrace } from '../test/support/large-trace.ts';
import { callXray, closeConnections } from './support/api.ts';
import './support/end-on-signal.ts';
import { cpuMs, describeMachine, engineOf } from './support/machine.ts';
import { printBar, quantile, round } from './support/report.ts';

const spans = Number(process.argv.slice(2).find((option) => /^\d+$/.test(option)) ?? 100_000);
const runs = 5;
const barMs = 2_000;

interface Cost {
  readonly ms: number;
  readonly hatobaMs: number;
  readonly engineMs: number;
  readonly megabytes: number;
}

async function main(): Promise<void> {
  console.log(`a trace of ${spans.toLocaleString('en')} spans; ${describeMachine()}`);
  const hatoba = await startHatoba({ args: ['--runtime', 'fake'] });
  const browser = await launchBrowser();
  try {
    const trace = sketchLargeTrace(spans, Date.now() - 60_000);
    await postSpans(`http://127.0.0.1:${hatoba.ports.otlpHttp}/v1/traces`, trace.batches());
    const engine = engineOf(hatoba.pid);
    const measure = async (what: string, read: () => Promise<number>): Promise<Cost> => {
      await read();
      const costs: Cost[] = [];
      for (let run = 0; run < runs; run += 1) {
        const [hatobaBefore, engineBefore, startedMs] = [cpuMs(hatoba.pid), cpuMs(engine), performance.now()];
        const bytes = await read();
        costs.push({
          ms: performance.now() - startedMs,
          hatobaMs: cpuMs(hatoba.pid) - hatobaBefore,
          engineMs: cpuMs(engine) - engineBefore,
          megabytes: bytes / 1e6,
        });
      }
      const median = (of: (cost: Cost) => number) => quantile(costs.map(of), 0.5);
      const cost = {
        ms: median(({ ms }) => ms),
        hatobaMs: median(({ hatobaMs }) => hatobaMs),
        engineMs: median(({ engineMs }) => engineMs),
        megabytes: costs[0]!.megabytes,
      };
      console.log(
        `${what}: ${round(cost.ms, 0)} ms; CPU of hatoba ${round(cost.hatobaMs, 0)}, of the engine ${round(cost.engineMs, 0)} ms; ${round(cost.megabytes)} MB`,
      );
      return cost;
    };
    const timeline = await measure('timeline', async () => {
      const response = await fetch(`${hatoba.url}/_hatoba/traces/timeline?traceId=${trace.traceId}`);
      return (await response.arrayBuffer()).byteLength;
    });
    const whole = await measure('BatchGetTraces', async () => {
      const { output } = await callXray(hatoba.url, '/Traces', { TraceIds: [trace.traceId] });
      return output.Traces[0].Segments.reduce(
        (sum: number, { Document }: { Document: string }) => sum + Document.length,
        0,
      );
    });
    console.log(
      `ratio: ${round((timeline.hatobaMs + timeline.engineMs) / (whole.hatobaMs + whole.engineMs), 2)} of its CPU, ${round(timeline.megabytes / whole.megabytes, 2)} of its bytes`,
    );

    const page = await newPage(browser, { locale: 'en-US' });
    await page.goto(`${hatoba.url}/console/traces`);
    await page.getByRole('navigation').first().waitFor();
    const opened: number[] = [];
    const ended: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const { openMs, endMs } = await look(page, `${hatoba.url}/console/traces/${trace.traceId}`, trace.lastName);
      opened.push(openMs);
      ended.push(endMs);
    }
    console.log(`at its end by keyboard: ${round(quantile(ended, 0.5), 0)} ms`);
    const openMs = quantile(opened, 0.5);
    printBar({
      what: `a trace of ${spans.toLocaleString('en')} spans in the browser`,
      measured: `${round(openMs, 0)} ms until its rows are on screen (${opened.map((ms) => round(ms, 0)).join(', ')})`,
      bar: `${barMs} ms`,
      isHeld: openMs <= barMs,
      limitedBy: 'the console itself, which loads again with each page opened by its address',
    });
  } finally {
    await browser.close();
    closeConnections();
    await hatoba.stop();
    rmSync(hatoba.dataDir, { recursive: true, force: true });
  }
}

async function look(page: Page, url: string, lastName: string): Promise<{ openMs: number; endMs: number }> {
  const startedMs = performance.now();
  await page.goto(url);
  await page.locator('.hatoba-row').nth(5).waitFor();
  const openMs = performance.now() - startedMs;
  await page.getByRole('tree').focus();
  const pressedMs = performance.now();
  await page.keyboard.press('End');
  await page.locator('.hatoba-row-cursor', { hasText: lastName }).waitFor();
  return { openMs, endMs: performance.now() - pressedMs };
}

await main();
