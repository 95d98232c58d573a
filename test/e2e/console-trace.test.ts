import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import en from '../../console/src/i18n/en.json' with { type: 'json' };
import ja from '../../console/src/i18n/ja.json' with { type: 'json' };
import { launchBrowser, newPage, open, overflow } from '../support/browser.ts';
import { type HatobaProcess, root, runHatoba, startHatoba } from '../support/hatoba-process.ts';
import { describeWith } from '../support/programs.ts';
import { seedTroubledTrace, type TroubledTrace } from '../support/troubled-trace.ts';
import { until } from '../support/until.ts';

const looks = [
  { locale: 'en-US', dark: false, words: en, before: /^◂ began .* before$/, seconds: /^3\.\d\d s$/, percent: / % / },
  {
    locale: 'ja-JP',
    dark: true,
    words: ja,
    before: /^◂ .*秒前に開始$/,
    seconds: /^3\.\d\d 秒$/,
    percent: /の \d+% より/,
  },
] as const;
const pictures = join(root, process.env.HATOBA_UPDATE_PICTURES === '1' ? 'docs/images' : 'test-results');

let hatoba: HatobaProcess;
let trace: TroubledTrace;

async function seed(): Promise<void> {
  hatoba = await startHatoba({ args: ['--runtime', 'fake'] });
  trace = await seedTroubledTrace(hatoba.url);
  const query = new URLSearchParams({ traceId: trace.traceId });
  await until(
    'the load of the task that served it',
    async () => {
      const answer = await fetch(`${hatoba.url}/_hatoba/overview/trace?${query}`);
      const { usage } = (await answer.json()) as { usage: { task?: string; cpuPercent?: number }[] };
      return usage.some(({ task, cpuPercent = 0 }) => task !== undefined && cpuPercent > 90);
    },
    { timeoutMs: 90_000 },
  );
}

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  await seed();
}, 240_000);
afterAll(() => hatoba?.stop(), 60_000);

describeWith('browser', 'a trace in the console', () => {
  let browser: Browser;
  const pages: Page[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.context().close()));
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(() => browser?.close());

  describe.each(looks)('in $locale, dark: $dark', (look) => {
    const { words } = look;
    const openTrace = async (search = ''): Promise<Page> => {
      const page = await newPage(browser, look);
      pages.push(page);
      page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error}`));
      await open(page, `${hatoba.url}/console/traces/${trace.traceId}${search}`);
      await page.locator('.hatoba-row').nth(5).waitFor();
      return page;
    };
    const lane = (page: Page, name: string) => page.locator('.hatoba-lane', { hasText: name });
    const active = (page: Page, what: string) => page.evaluate(`document.activeElement?.${what} ?? ''`);
    /** Goes on with Tab until what has the focus is inside a selector. */
    const tabTo = async (page: Page, selector: string): Promise<void> => {
      for (let step = 0; step < 80; step++) {
        if (await page.evaluate(`Boolean(document.activeElement?.closest(${JSON.stringify(selector)}))`)) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`no way by Tab to ${selector}`);
    };

    test('its axis has the deployment of then, the last one before, what was near its limit, throttles and log lines', async () => {
      const page = await openTrace();
      const deployments = lane(page, words['effect.deployment']);
      await deployments.nth(1).waitFor();
      expect(await deployments.nth(0).locator('a').textContent()).toBe('web 1 → 2');
      expect(await deployments.nth(0).locator('.hatoba-lane-before').textContent()).toMatch(look.before);
      expect(await deployments.nth(0).locator('.hatoba-lane-words').textContent()).toBe(
        `${words['lane.then-in-progress']} · ${words['lane.served-by'].replace('{revision}', '2')}`,
      );
      await deployments.nth(0).locator('.hatoba-lane-while').waitFor();
      expect(await deployments.nth(1).locator('a').textContent()).toBe('api 1');
      expect(await deployments.nth(1).locator('.hatoba-lane-while').count()).toBe(0);
      await lane(page, words['lane.near-limit']).getByText(trace.taskArn.split('/').at(-1)!.slice(0, 8)).waitFor();
      expect(await page.locator('.hatoba-throttle-mark').count()).toBe(3);
      expect(await page.locator('.hatoba-lane .hatoba-log-mark').count()).toBe(3);
      expect(await overflow(page)).toBe(0);
      await page.setViewportSize({ width: 1440, height: 1250 });
      await page.locator('.react-flow__node').nth(3).waitFor();
      await page.locator('aside.hatoba-panel .hatoba-cause').waitFor();
      await page
        .locator('.hatoba-row', { hasText: 'parse' })
        .getByText(/^p\d+$/)
        .waitFor();
      if (look.locale === 'en-US') await page.screenshot({ path: join(pictures, 'trace.png') });
      else await page.screenshot({ path: join(root, 'test-results', 'trace-ja-dark.png') });
      // By keyboard to the deployment's page.
      await tabTo(page, '.hatoba-lane');
      expect(await active(page, 'textContent')).toBe('web 1 → 2');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/services\/shop\/web\?.*tab=deployments/);
      await page.locator('table', { hasText: 'web 1 → 2' }).waitFor();
    }, 60_000);

    test('throttles are gone through by arrows, a mark selects its row, log lines lead to the lines', async () => {
      const page = await openTrace();
      await page.locator('.hatoba-throttle-mark').nth(2).waitFor();
      await tabTo(page, '.hatoba-throttle-mark');
      await page.keyboard.press('End');
      await page.keyboard.press('ArrowLeft');
      const chosen = String(await active(page, 'ariaLabel'));
      expect(chosen).toContain('api → DynamoDB → orders');
      expect(chosen).toContain('+200 ms');
      await page.keyboard.press('Enter');
      const panel = page.locator('aside.hatoba-panel');
      await panel.getByRole('heading', { name: 'DynamoDB → orders' }).waitFor();
      expect(await page.locator('.hatoba-row-selected').count()).toBe(1);
      // One stop of Tab for all marks, and one for all lines.
      await page.keyboard.press('Tab');
      await tabTo(page, '.hatoba-lane .hatoba-log-mark');
      expect(await active(page, 'ariaLabel')).toContain('checkout of basket 17');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await page.locator('tr:focus-within', { hasText: 'WARN order refused' }).waitFor();
    }, 60_000);

    test('exceptions stand above their causes; one of another segment says where it was thrown and leads there', async () => {
      const page = await openTrace();
      const panel = page.locator('aside.hatoba-panel');
      // What failed innermost is open already.
      await panel.getByRole('heading', { name: /OrderFailedError/ }).waitFor();
      const cause = panel.locator('.hatoba-cause');
      expect(await cause.count()).toBe(1);
      expect(await cause.textContent()).toContain(`${words['exceptions.caused-by']} ProvisionedThroughputExceeded`);
      expect(await cause.textContent()).toContain(
        words['exceptions.cause-missing'].replace('{id}', 'ffffffffffffffff'),
      );
      const troubles = page.locator('main ul.hatoba-plain-list li');
      expect(await troubles.allTextContents()).toEqual([expect.stringContaining('OrderFailedError')]);
      await page.getByRole('tree').focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('Enter');
      await panel.getByRole('heading', { name: 'web', exact: true }).waitFor();
      await panel.getByRole('tab', { name: words['segment.exceptions'] }).click();
      await panel.getByRole('button', { name: words['exceptions.thrown-in'].replace('{name}', 'api') }).press('Enter');
      await panel.getByRole('heading', { name: 'api', exact: true }).waitFor();
    }, 60_000);

    test('a nested local subsegment has its place among its like, a statement its text', async () => {
      const page = await openTrace();
      await page.getByRole('tree').focus();
      await page.keyboard.press('Home');
      for (let step = 0; step < 2; step++) await page.keyboard.press('ArrowDown');
      await page
        .locator('.hatoba-row-cursor', { hasText: 'parse' })
        .getByText(/^p9\d|p100$/)
        .waitFor();
      await page.keyboard.press('Enter');
      const panel = page.locator('aside.hatoba-panel');
      await panel.getByRole('heading', { name: 'parse' }).waitFor();
      const place = panel.locator('.hatoba-facts > div', { hasText: words['segment.standing'] });
      expect(await place.textContent()).toMatch(look.percent);
      await page.getByRole('tree').focus();
      for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.locator('.hatoba-row', { hasText: 'stock@db' }).nth(11).waitFor();
      await page.keyboard.press('Enter');
      await panel.getByRole('tab', { name: 'SQL' }).click();
      await panel.locator('.hatoba-sql', { hasText: 'FOR UPDATE' }).waitFor();
    }, 60_000);

    test('a message leads on to the trace of who took it, and back', async () => {
      const page = await openTrace();
      const onward = page.locator('main a', { hasText: words['links.after'].replace('{name}', 'receipts-worker') });
      await onward.first().waitFor();
      const [, time = ''] = ((await onward.first().textContent()) ?? '').split(' · ');
      expect(time.replace(/ ?(later|後)$/, '')).toMatch(look.seconds);
      await page.locator('.hatoba-row', { hasText: '⇢ receipts-worker' }).waitFor();
      await onward.first().press('Enter');
      await page.waitForURL(new RegExp(trace.workerTraceId));
      await page.locator('.hatoba-row', { hasText: '⇠ web' }).waitFor();
      const back = page.locator('main a', { hasText: words['links.before'].replace('{name}', 'web') });
      await back.first().press('Enter');
      await page.waitForURL(new RegExp(trace.traceId));
      await page.locator('.hatoba-throttle-mark').first().waitFor();
    }, 60_000);
  });
});

describe('a trace in the terminal', () => {
  const print = async (...more: string[]) => {
    const args = ['trace', trace.traceId, '--data-dir', hatoba.dataDir, ...more];
    const { code, stdout, stderr } = await runHatoba(args, { env: { COLUMNS: '80' } });
    expect(stderr.replace(/\(node:[\s\S]*?created\)\n/, '')).toBe('');
    expect(code).toBe(0);
    return stdout;
  };

  test('has all that its page has, within the width of the terminal', async () => {
    const text = await print();
    const lines = text.split('\n');
    const after = (title: string) => lines[lines.indexOf(title) + 1] ?? '';
    expect(lines[0]).toBe(`${trace.traceId}  500 fault  400 ms`);
    expect(text).toMatch(/continued by receipts-worker 1-\S+, 3\S* s later/);
    expect(text).toMatch(/^ {3}3 {5}parse +12 ms +p(9\d|100) ok +█/m);
    expect(text).toMatch(/^ {3}= deploy web 2 +=+$/m);
    expect(text).toMatch(/^ {3}! throttled +!+ +!+ +!+$/m);
    expect(text).toMatch(/^ {3}\. log lines +\. +\. +\.$/m);
    expect(after('Exceptions')).toBe('   5 api: OrderFailedError: the order of basket 17 could not be written');
    expect(text).toContain('caused by: ProvisionedThroughputExceededException (remote)');
    expect(text).toContain('named as the cause of row 1 web');
    expect(after('Throttled')).toMatch(/^ {3}7 +\+150 ms {2}api → DynamoDB → orders, 20 ms$/);
    expect(after('Deployments')).toMatch(/^ {2}web: web:1 → web:2, in progress then, began \S+ \S+ before, completed/);
    expect(after('Tasks')).toMatch(/^ {2}web [0-9a-f]{8}: CPU 9\d/);
    expect(after('SQL')).toMatch(/^ {3}6 stock@db.shop.local, 12 times, together 60 ms$/);
    expect(after('Annotations')).toBe('   1 basket=17  plan=pro');
    expect(after('3 log lines')).toMatch(/^ +\+10\S* ms web\/app\/1 checkout of basket 17/);
    const wide = lines.filter((line) => [...line].length > 80 && !line.startsWith('http'));
    expect(wide).toEqual([]);
    expect(text).not.toContain('\u001b');
  });

  test('has colour where that is wanted, each row by itself, and another trace beside it', async () => {
    const args = ['trace', trace.traceId, '--data-dir', hatoba.dataDir];
    const { stdout } = await runHatoba(args, { env: { COLUMNS: '120', FORCE_COLOR: '1' } });
    expect(stdout).toContain('\u001b[31m');
    const row = await print('--row', '3');
    expect(row).toMatch(/^last 24 h {2}slower than \d+ % of 4\d \(median 2 ms\)$/m);
    expect(await print('--row', '1')).toContain('"currency": "JPY"');
    expect(await print('--compare', trace.workerTraceId)).toMatch(/^api +205 ms +- +\+205 ms$/m);
    const beyond = await runHatoba([...args, '--row', '99']);
    expect([beyond.code, beyond.stderr.trim()]).toEqual([1, 'hatoba: the trace has rows 1 to 10']);
  });

  test('is one object for programs: the answer of BatchGetTraces, and the rest beside it', async () => {
    const { Id, Segments, hatoba: more } = JSON.parse(await print('--json'));
    expect([Id, Segments.length > 1]).toEqual([trace.traceId, true]);
    expect(more.deployments.map(({ when }: { when: string }) => when)).toEqual(['during', 'before']);
    expect(more.exceptions[0].map(({ type }: { type: string }) => type)).toEqual([
      'OrderFailedError',
      'ProvisionedThroughputExceededException',
    ]);
    expect(more.rows.filter(({ outcome }: { outcome: string }) => outcome === 'throttle')).toHaveLength(3);
    expect(more.logLines).toHaveLength(3);
  });
});
