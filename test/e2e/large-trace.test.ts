import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, newPage, open } from '../support/browser.ts';
import { type HatobaProcess, root, startHatoba } from '../support/hatoba-process.ts';
import { postSpans, sketchLargeTrace } from '../support/large-trace.ts';
import { describeWith } from '../support/programs.ts';

const spanCount = 100_000;
const pictures = join(root, process.env.HATOBA_UPDATE_PICTURES === '1' ? 'docs/images' : 'test-results');

describeWith('browser', 'a trace of 100,000 spans', () => {
  let hatoba: HatobaProcess;
  let browser: Browser;
  const trace = sketchLargeTrace(spanCount, Date.now() - 60_000);

  beforeAll(async () => {
    [hatoba, browser] = await Promise.all([startHatoba({ args: ['--runtime', 'fake'] }), launchBrowser()]);
    await postSpans(`http://127.0.0.1:${hatoba.ports.otlpHttp}/v1/traces`, trace.batches());
  }, 600_000);

  afterAll(async () => {
    await browser?.close();
    await hatoba?.stop();
  });

  test('opens, scrolls to its end by keyboard, and shows the attributes of what is selected', {
    timeout: 180_000,
  }, async () => {
    const page = await newPage(browser, { locale: 'en-US' });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    // The first page of a browser fetches the console itself.
    await open(page, `${hatoba.url}/console/traces`);

    const url = `${hatoba.url}/console/traces/${trace.traceId}`;
    const startedMs = performance.now();
    await page.goto(url);
    await page.locator('.hatoba-row').nth(5).waitFor({ timeout: 120_000 });
    console.log(`a trace of ${spanCount} spans was on screen after ${Math.round(performance.now() - startedMs)} ms`);
    await page.getByText(`(${spanCount.toLocaleString('en-US')} rows)`).waitFor();
    expect(await page.locator('.hatoba-row').count()).toBeLessThan(200);

    const tree = page.getByRole('tree');
    await tree.focus();
    await page.keyboard.press('End');
    await page.locator('.hatoba-row-cursor', { hasText: trace.lastName }).waitFor();
    await page.keyboard.press('Enter');
    const panel = page.locator('aside.hatoba-panel');
    await panel.getByRole('heading', { name: trace.lastName }).waitFor();
    await panel.getByRole('tab', { name: 'Metadata' }).click();
    await panel.getByText(trace.lastValue).waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'hidden' });

    await tree.focus();
    await page.keyboard.press('Home');
    await page.locator('.hatoba-row-cursor', { hasText: trace.rootName }).waitFor();
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, 'trace-100000-spans.png') });
    expect(complaints).toEqual([]);
  });
});
