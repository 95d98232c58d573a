import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import en from '../../console/src/i18n/en.json' with { type: 'json' };
import ja from '../../console/src/i18n/ja.json' with { type: 'json' };
import { launchBrowser, newPage, open, overflow } from '../support/browser.ts';
import { type HatobaProcess, root, startHatoba } from '../support/hatoba-process.ts';
import { describeWith } from '../support/programs.ts';
import { failingShop, largeMap, putSegments, slowerShop } from '../support/seed-traces.ts';
import { until } from '../support/until.ts';

/** Both languages and both modes, each in every test; all four pairs are looked at in console.test.ts. */
const looks = [
  { locale: 'en-US', dark: false, words: en },
  { locale: 'ja-JP', dark: true, words: ja },
] as const;
/** Pictures of the guide; otherwise to look at after a run. */
const pictures = join(root, process.env.HATOBA_UPDATE_PICTURES === '1' ? 'docs/images' : 'test-results');
const accounts = {
  slower: '000000000000',
  failing: '111111111111',
  large: '222222222222',
  pointed: '333333333333',
};
const hostile = `<b>${'\u202E'}${'x'.repeat(10_000)}\u001b[31m`;

describeWith('browser', 'tracing in the console', () => {
  let hatoba: HatobaProcess;
  let browser: Browser;
  let seededAt: number;
  const pages: Page[] = [];
  const complaints: string[] = [];

  const fresh = async (look: (typeof looks)[number]): Promise<Page> => {
    const page = await newPage(browser, look);
    pages.push(page);
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error}`));
    return page;
  };
  const at = (path: string) => `${hatoba.url}/console/${path}`;
  /** Goes on with Tab until what has the focus is inside a selector. */
  const tabTo = async (page: Page, selector: string): Promise<void> => {
    for (let step = 0; step < 60; step++) {
      if (await page.evaluate(`Boolean(document.activeElement?.closest(${JSON.stringify(selector)}))`)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`no way by Tab to ${selector}`);
  };

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    [browser, hatoba] = await Promise.all([launchBrowser(), startHatoba()]);
    seededAt = Date.now() / 1000;
    const now = seededAt;
    await putSegments(hatoba.url, accounts.failing, failingShop(now));
    await putSegments(hatoba.url, accounts.slower, slowerShop(now));
    await putSegments(hatoba.url, accounts.large, largeMap(500, now));
    const logs = new CloudWatchLogsClient({
      endpoint: hatoba.url,
      region: 'us-east-1',
      credentials: { accessKeyId: accounts.slower, secretAccessKey: 'test' },
    });
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/app' }));
    await logs.send(new CreateLogStreamCommand({ logGroupName: '/app', logStreamName: 'one' }));
    const lines = Array.from({ length: 40 }, (_, index) =>
      index % 4 === 0 ? `WARN slow query took ${index} ms` : `{"level":"info","status":200,"ms":${index}}`,
    );
    await logs.send(
      new PutLogEventsCommand({
        logGroupName: '/app',
        logStreamName: 'one',
        logEvents: [...lines, hostile].map((message, index) => ({ timestamp: Date.now() - 60_000 + index, message })),
      }),
    );
  }, 120_000);

  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.context().close()));
    expect(complaints.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await hatoba?.stop();
  }, 60_000);

  describe.each(looks)('in $locale, dark: $dark', (look) => {
    const { words } = look;

    test('the map is walked by keyboard, and a node shows its times, its histogram and its charts', async () => {
      const page = await fresh(look);
      await open(page, at(''));
      await page.keyboard.press('g');
      await page.keyboard.press('m');
      await page.locator('.react-flow__node').nth(3).waitFor();
      await tabTo(page, '.react-flow__node');
      const focused = () => page.evaluate(`document.activeElement?.getAttribute('data-id')`);
      await page.locator('.react-flow__node[data-id^="web~"]:not([data-id$="client"])').focus();
      await page.keyboard.press('ArrowRight');
      expect(await focused()).toMatch(/^api~/);
      await page.keyboard.press('Enter');
      const panel = page.locator('aside.hatoba-panel');
      await panel.getByText(words['map.view-traces-of-node']).waitFor();
      await panel.locator('.u-wrap').nth(2).waitFor();
      const bar = panel.locator('.hatoba-histogram [role="button"]').first();
      await bar.focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(/from=/);
      await page.keyboard.press('Escape');
      await panel.waitFor({ state: 'hidden' });
    }, 60_000);

    test('two times are compared: the node that became slower is named, its callers are not', async () => {
      const page = await fresh(look);
      const range = (from: number, to: number) =>
        [from, to].map((secondsAgo) => new Date((seededAt - secondsAgo) * 1000).toISOString()).join('~');
      const search = new URLSearchParams({ range: range(290, 0), against: range(600, 305) });
      await open(page, at(`map?${search}`));
      await page.getByRole('heading', { name: words['map.changes'] }).waitFor();
      const row = (name: string) => page.locator('table tbody tr', { hasText: name }).first();
      await row('orders').getByText(words['change.slower']).waitFor();
      const nodes = page.locator('table tbody tr', { hasText: words['kind.node'] });
      expect(await nodes.filter({ hasText: 'web' }).count()).toBe(0);
      await page.locator('.hatoba-edge-label').first().waitFor();
      if (look.locale === 'en-US') await page.screenshot({ path: join(pictures, 'map-compared.png') });
      await open(page, at('map?view=table'));
      await page.getByRole('heading', { name: words['map.edges'] }).waitFor();
      expect(await overflow(page)).toBe(0);
    }, 60_000);

    test('the filter bar completes, underlines what is wrong, and takes values from facets and rows', async () => {
      const page = await fresh(look);
      await open(page, at('traces'));
      await page.locator('table a.hatoba-mono').first().waitFor();
      await page.getByText(words['traces.complete'].split('{time}')[look.locale === 'en-US' ? 0 : 1] ?? '').waitFor();
      const field = page.getByRole('combobox', { name: words['traces.filter'] });
      await page.keyboard.press('f');
      await page.keyboard.type('service("ap');
      await page.getByRole('option', { name: /api/ }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      expect(await field.inputValue()).toBe('service("api")');
      await page.keyboard.type(' AND http.stats = 5');
      await page.keyboard.press('Enter');
      await page
        .getByRole('alert')
        .filter({ hasText: /position 20/ })
        .waitFor();
      expect(await page.locator('.hatoba-filter-box mark').textContent()).toBe('http.stats');
      await page.getByRole('button', { name: words['action.clear'] }).first().click();
      await page.locator('.hatoba-facet', { hasText: '/cart' }).locator('button').first().click();
      await page.waitForURL(/filter=http.url/);
      await page.getByRole('button', { name: words['action.clear'] }).first().click();
      const not = words['traces.exclude'].replace('{value}', 'http://shop/cart');
      await page.getByRole('button', { name: not }).click();
      await page.waitForURL(/filter=%21http.url/);
      expect(await field.inputValue()).toBe('!http.url = "http://shop/cart"');
      await page.getByText(words['traces.heat'], { exact: true }).click();
      await page.waitForURL(/drawing=heat/);
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/traces\/1-/);
    }, 60_000);

    test('an edited sampling rule says what it would have matched; a group has metrics and gets an alarm', async () => {
      const page = await fresh(look);
      const group = look.dark ? 'slow-dark' : 'slow';
      await open(page, at('settings'));
      await page.getByRole('button', { name: words['sampling.create'] }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel(words['sampling.path']).fill('/cart');
      const counts = words['sampling.preview-counts'].replace('{matched}', '30').split('{requests}')[0] ?? '30';
      await dialog.getByText(look.dark ? '120 件中 30 件' : counts).waitFor();
      await dialog.getByText('shop/cart').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('tab', { name: words['map.groups'] }).click();
      await page.getByRole('button', { name: words['groups.create'] }).click();
      await dialog.getByLabel(words['column.name']).fill(group);
      await dialog.getByRole('combobox', { name: words['traces.filter'] }).fill('responsetime > 1');
      await page.keyboard.press('Enter');
      await dialog.getByText(words['groups.matches'].replace('{count}', '60')).waitFor();
      await dialog.getByRole('button', { name: words['action.save'] }).click();
      const row = page.locator('table tbody tr', { hasText: 'responsetime > 1' }).filter({ hasText: group }).first();
      await row.getByRole('button', { name: words['action.edit'] }).click();
      // What is typed is what is saved, run or not.
      await dialog.getByRole('combobox', { name: words['traces.filter'] }).fill('responsetime > 1.0');
      await dialog.getByRole('button', { name: words['action.save'] }).click();
      await row.getByText('responsetime > 1.0').waitFor();
      await row.getByRole('button', { name: words['groups.create-alarm'] }).click();
      await dialog.getByRole('button', { name: words['groups.create-alarm'] }).click();
      await page.waitForURL(new RegExp(`/alarms/${group}-faults`));
      await open(page, at(`map?show=group:${group}`));
      await page.locator('.react-flow__node[data-id^="api~"]').waitFor();
      await open(page, at('settings?tab=thinning'));
      const sample = page.getByLabel(words['thinning.sample']);
      await sample.fill(look.dark ? '20' : '25');
      await page.getByRole('button', { name: words['action.save'] }).click();
      await page.getByRole('button', { name: words['action.save'], disabled: true }).waitFor();
      await open(page, at('settings?tab=thinning'));
      await sample.waitFor();
      expect(await sample.inputValue()).toBe(look.dark ? '20' : '25');
    }, 90_000);

    test('a log line opens to its neighbours and values; kinds of lines are counted', async () => {
      const page = await fresh(look);
      await open(page, at('logs?group=%2Fapp'));
      await page.locator('.hatoba-row-toggle').nth(5).waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: words['logs.context'].replace('{count}', '10') }).click();
      await page.locator('.hatoba-line-details tr.hatoba-line-named').waitFor();
      await page
        .getByRole('button', { name: words['logs.include'].replace('{value}', 'info') })
        .first()
        .click();
      await page.waitForURL(/pattern=/);
      expect(new URL(page.url()).searchParams.get('pattern')).toBe('{ $.level = "info" }');
      await open(page, at('logs?group=%2Fapp&tail=patterns'));
      await page.getByText('WARN slow query took <*> ms').waitFor();
      expect(await overflow(page)).toBe(0);
    }, 60_000);

    test('an insight opens by itself and tells cause, impact and time', { timeout: 240_000 }, async () => {
      const page = await fresh(look);
      const cause = page.locator('table a[href*="/insights/"]').first();
      await until(
        'an insight',
        async () => {
          await open(page, at(`insights?account=${accounts.failing}&range=1h`));
          await page.locator('main table tbody tr').first().waitFor();
          return (await cause.count()) > 0;
        },
        { timeoutMs: 200_000 },
      );
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/insights\/[^?]/);
      await page.getByText(words['insights.timeline'], { exact: true }).waitFor();
      await page.locator('.u-wrap').first().waitFor({ timeout: 20_000 });
      await page.locator('.react-flow__node', { hasText: words['insights.root-cause'] }).waitFor();
      await page.getByText(words['insights.deployments']).waitFor();
      await page.getByRole('img', { name: words['insights.client-impact'] }).waitFor();
      expect(await overflow(page)).toBe(0);
      if (look.locale === 'en-US') {
        await page.evaluate('window.scrollTo(0, 0)');
        await page.screenshot({ path: join(pictures, 'insight.png') });
      }
      await open(page, at(`?account=${accounts.failing}&range=1h`));
      const finding = page.getByRole('link', { name: words['next.insight'] }).first();
      await finding.waitFor({ timeout: 20_000 });
      expect(await overflow(page)).toBe(0);
      await finding.click();
      await page.waitForURL(/\/insights\/[^?]/);
    });
  });

  test('rows stay where they are while a pointer is on one, and what is new is shown when it leaves', async () => {
    const page = await fresh(looks[0]);
    await putSegments(hatoba.url, accounts.pointed, slowerShop(Date.now() / 1000));
    await open(page, at(`traces?account=${accounts.pointed}`));
    const first = page.locator('main table tbody tr a').first();
    const titleOfFirst = () => first.getAttribute('title');
    await first.waitFor();
    const before = await titleOfFirst();
    await page.locator('main table tbody tr').nth(3).hover();
    await putSegments(hatoba.url, accounts.pointed, slowerShop(Date.now() / 1000));
    await page.locator('.hatoba-waiting').first().waitFor({ timeout: 30_000 });
    expect(await titleOfFirst()).toBe(before);
    await page.mouse.move(5, 400);
    await until('the new traces', async () => (await titleOfFirst()) !== before);
    expect(await page.locator('.hatoba-waiting').count()).toBe(0);
  }, 90_000);

  test('a map of five hundred nodes has words where they can be read', async () => {
    const page = await fresh(looks[0]);
    await open(page, at(`map?account=${accounts.large}`));
    await page.locator('.hatoba-node-far').nth(400).waitFor({ timeout: 30_000 });
    expect(await page.locator('.hatoba-node-time').count()).toBe(0);
    expect(await page.locator('.hatoba-node-far-name').count()).toBeGreaterThan(3);
    await page.locator('.react-flow__minimap').waitFor();
    await page.mouse.move(700, 500);
    await until('a part of the map', async () => {
      await page.mouse.wheel(0, -400);
      const worded = await page.locator('.hatoba-node-time').count();
      return worded > 0 && worded < 250;
    });
  }, 60_000);

  test('names and lines of ten thousand hostile characters stay in their place', { timeout: 120_000 }, async () => {
    const nanoseconds = (secondsAgo: number) => `${Math.floor((seededAt - secondsAgo) * 1000)}000000`;
    const span = {
      traceId: 'ab'.repeat(16),
      spanId: 'cd'.repeat(8),
      name: hostile,
      kind: 2,
      startTimeUnixNano: nanoseconds(650),
      endTimeUnixNano: nanoseconds(649),
      attributes: [{ key: 'http.url', value: { stringValue: `http://a/${hostile}` } }],
    };
    const attributes = [{ key: 'service.name', value: { stringValue: hostile } }];
    const sent = await fetch(`http://127.0.0.1:${hatoba.ports.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] }),
    });
    expect(sent.status).toBe(200);
    const page = await fresh(looks[0]);
    await until('the hostile node', async () => {
      await open(page, at('map'));
      await page.locator('.react-flow__node').nth(3).waitFor();
      return (await page.locator('.hatoba-node-name', { hasText: 'xxxxx' }).count()) > 0;
    });
    await page.locator('.hatoba-node-name', { hasText: 'xxxxx' }).first().click();
    await page.locator('aside.hatoba-panel h2', { hasText: 'xxxxx' }).waitFor();
    const wide: string[] = [];
    const paths = [
      'map?view=table',
      'traces',
      'traces?sort=slow',
      '',
      'logs?group=%2Fapp&tail=patterns',
      'logs?group=%2Fapp',
    ];
    for (const path of paths) {
      await open(page, at(path));
      await page.locator('main').getByText('xxxxx').or(page.locator('.react-flow__node')).first().waitFor();
      for (const width of [1440, 1000]) {
        await page.setViewportSize({ width, height: 900 });
        if ((await overflow(page)) > 0) wide.push(`${path} at ${width}`);
      }
    }
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator('.hatoba-line-details').waitFor();
    expect(await overflow(page)).toBe(0);
    expect(wide).toEqual([]);
  });
});
