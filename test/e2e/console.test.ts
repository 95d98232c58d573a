import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { PutTraceSegmentsCommand, XRayClient } from '@aws-sdk/client-xray';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, newPage, open, overflow } from '../support/browser.ts';
import { type Demo, isRoot, nobody, startDemo } from '../support/demo-process.ts';
import { type HatobaProcess, startHatoba } from '../support/hatoba-process.ts';
import { describeWith } from '../support/programs.ts';
import { until } from '../support/until.ts';

/** Every page in two of the four pairs of language and mode, which have both of each; a few pages in the other two. */
const looks = [
  { locale: 'en-US', dark: false, whole: true },
  { locale: 'ja-JP', dark: true, whole: true },
  { locale: 'en-US', dark: true, whole: false },
  { locale: 'ja-JP', dark: false, whole: false },
] as const;
const fewPages = ['', 'map', 'traces', 'insights', 'settings', 'services/shop/bff', 'alarms/shop-canary-failing'];

const plainPages = [
  '',
  'map',
  'map?view=table',
  'traces',
  'services',
  'load-balancers',
  'logs',
  'metrics',
  'alarms',
  'canaries',
  'deployments',
  'insights',
  'settings',
  'settings?tab=groups',
  'settings?tab=thinning',
  'settings?tab=ledger',
];
const shopPages = [
  'map?node=backend2~',
  'map?show=cluster:shop&against=previous',
  'traces?drawing=heat',
  'logs?group=%2Fecs%2Fshop%2Fbff&tail=patterns',
  'settings?tab=groups&group=Default',
  'traces?filter=service(%22bff%22)&sort=slow',
  'services/shop',
  'services/shop/bff',
  ...['tasks', 'metrics', 'events', 'logs', 'definition'].map((tab) => `services/shop/backend2?tab=${tab}`),
  'task-definitions/shop-backend2/1',
  'load-balancers/shop',
  'logs?group=%2Fecs%2Fshop%2Fbff',
  'logs?group=%2Fecs%2Fshop%2Fbff&tail=on',
  'logs?group=%2Fecs%2Fshop%2Fbff&tail=streams',
  'alarms/shop-canary-failing',
  'canaries/shop-heartbeat',
];

/** Turns the direction of writing, and is an element if somebody takes text for HTML. */
const hostile = '<img src=x onerror="window.taken=1">\u202Egnp.exe\u202C';
const broken = /no such thing|Something of ours|undefined|\[object Object\]|NaN/;

/** What a page complained about. That the machine's networks changed is no fault of the page. */
function listenFor(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('ERR_NETWORK_CHANGED')) {
      complaints.push(`${page.url()}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error}`));
  return complaints;
}

/** Waits until the page has a heading and waits for nothing more, then looks for what sticks out of the window. */
async function settle(page: Page): Promise<void> {
  await page.locator('main h1, h1').first().waitFor({ timeout: 30_000 });
  await page.waitForFunction(`document.querySelectorAll('main [class*="awsui_spinner"]').length < 2`, undefined, {
    timeout: 30_000,
  });
}

describeWith('browser', 'the console', () => {
  let demo: Demo;
  let empty: HatobaProcess;
  let browser: Browser;
  const pages: Page[] = [];
  const fresh = async (look: (typeof looks)[number] = looks[0]): Promise<Page> => {
    const page = await newPage(browser, look);
    pages.push(page);
    return page;
  };
  const at = (path: string) => `${demo.instance.url}/console/${path}`;

  beforeAll(async () => {
    browser = await launchBrowser();
    empty = await startHatoba();
    demo = await startDemo(1800, { network: 'loopback', ...(isRoot && { uid: nobody }) });
  }, 240_000);

  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.context().close()));
  });

  afterAll(async () => {
    await browser?.close();
    demo?.interrupt();
    await Promise.all([demo?.ended, empty?.stop()]);
  }, 60_000);

  describe.each(looks)('in $locale, dark: $dark', (look) => {
    test('opens every page without an error and within the window', { timeout: 300_000 }, async () => {
      const page = await fresh(look);
      const complaints = listenFor(page);
      await open(page, at('traces'));
      const trace = await page.locator('table a.hatoba-mono').first().getAttribute('href');
      await open(page, at('services/shop/bff?tab=tasks'));
      const task = await page.locator('table a[href*="/tasks/"]').first().getAttribute('href');
      const own = [trace, task, `${task?.split('?')[0]}?tab=metrics`].map((href) => `..${href}`);
      const wide: string[] = [];
      for (const path of look.whole ? [...plainPages, ...shopPages, ...own] : fewPages) {
        await open(page, at(path));
        await settle(page);
        for (const width of [1440, 1000]) {
          await page.setViewportSize({ width, height: 900 });
          const over = await overflow(page);
          if (over > 0) wide.push(`${path} at ${width}: ${over} px`);
        }
        expect([path, broken.exec((await page.locator('main').first().textContent()) ?? '')?.[0]]).toEqual([
          path,
          undefined,
        ]);
      }
      expect({ complaints, wide }).toEqual({ complaints: [], wide: [] });
    });

    test('says what to do where there is nothing yet', { timeout: 120_000 }, async () => {
      const page = await fresh(look);
      const complaints = listenFor(page);
      for (const path of look.whole ? plainPages : plainPages.slice(0, 3)) {
        await open(page, `${empty.url}/console/${path}`);
        await settle(page);
        expect([path, await overflow(page)]).toEqual([path, 0]);
        expect([path, ((await page.locator('main').first().textContent()) ?? '').length > 20]).toEqual([path, true]);
      }
      expect(complaints).toEqual([]);
    });
  });

  test('obeys its keys', { timeout: 60_000 }, async () => {
    const page = await fresh();
    await open(page, at(''));
    await settle(page);
    await page.keyboard.press('/');
    await page.getByPlaceholder('Service, task, trace ID, log group, page').waitFor();
    await page.keyboard.type('backend2');
    await page.locator('.hatoba-found button').first().waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor({ state: 'hidden' });
    for (const [letter, path] of [
      ['t', '/traces'],
      ['m', '/map'],
      ['s', '/services'],
      ['l', '/logs'],
      ['i', '/insights'],
      ['a', '/alarms'],
      ['o', '/'],
    ]) {
      await page.keyboard.press('g');
      await page.keyboard.press(letter!);
      await page.waitForURL((url) => url.pathname.replace(/\/$/, '') === `/console${path}`.replace(/\/$/, ''));
    }
  });

  test('is the same after a reload', { timeout: 180_000 }, async () => {
    const page = await fresh();
    const reload = async () => {
      const before = page.url();
      await open(page, before);
      await settle(page);
      expect(page.url()).toBe(before);
    };

    await open(page, at('map'));
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    await page.getByRole('heading', { name: /^Nodes/ }).waitFor();
    await page.locator('table').getByRole('button', { name: 'backend2', exact: true }).click();
    await page.locator('aside.hatoba-panel').waitFor();
    await reload();
    await page.getByRole('heading', { name: /^Nodes/ }).waitFor();
    await page.locator('aside.hatoba-panel').getByText('backend2').first().waitFor();

    await open(page, at('traces'));
    await page.getByRole('combobox', { name: 'Filter expression' }).fill('service("bff")');
    await page.getByRole('button', { name: 'Run query' }).click();
    await page.waitForURL(/filter=/);
    const scatter = page.getByRole('img', { name: 'Response time of each trace' });
    const box = (await scatter.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.1, box.y + 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 2, box.y + box.height * 0.8, { steps: 5 });
    await page.mouse.up();
    await page.getByText('Why is this set different?').waitFor();
    await reload();
    await page.getByText('Why is this set different?').waitFor();
    expect(await page.getByRole('combobox', { name: 'Filter expression' }).inputValue()).toBe('service("bff")');

    await page.locator('table a.hatoba-mono').first().click();
    await page.locator('.hatoba-row').nth(1).click();
    await page.getByRole('tab', { name: 'Raw' }).click();
    await page.waitForURL(/tab=raw/);
    await reload();
    await page.getByRole('tab', { name: 'Raw', selected: true }).waitFor();
    expect(await page.locator('.hatoba-row-selected').count()).toBe(1);

    await open(page, at('services/shop/bff'));
    await page.getByRole('tab', { name: 'Events' }).click();
    await page.waitForURL(/tab=events/);
    await reload();
    await page.getByRole('tab', { name: 'Events', selected: true }).waitFor();
  });

  test('shows what attackers wrote as text', { timeout: 120_000 }, async () => {
    const region = 'us-east-1';
    const credentials = { accessKeyId: '000000000000', secretAccessKey: 'test' };
    const client = { endpoint: demo.instance.url, region, credentials };
    const seconds = Date.now() / 1000;
    const traceId = `1-${Math.floor(seconds).toString(16)}-${'ab'.repeat(12)}`;
    const segment = {
      name: 'hostile',
      id: 'ab'.repeat(8),
      trace_id: traceId,
      start_time: seconds - 1,
      end_time: seconds,
      http: { request: { method: 'GET', url: `http://a/${hostile}`, user_agent: hostile } },
      annotations: { note: hostile },
      metadata: { [hostile]: hostile },
      fault: true,
      cause: {
        working_directory: hostile,
        exceptions: [
          { id: 'cd'.repeat(8), type: hostile, message: hostile, stack: [{ path: hostile, line: 1, label: hostile }] },
        ],
      },
      subsegments: [{ name: 'inner', user: hostile, id: 'ef'.repeat(8), start_time: seconds - 1, end_time: seconds }],
    };
    const sent = await new XRayClient(client).send(
      new PutTraceSegmentsCommand({ TraceSegmentDocuments: [JSON.stringify(segment)] }),
    );
    expect(sent.UnprocessedTraceSegments ?? []).toEqual([]);
    // X-Ray's own door refuses such names; OpenTelemetry has no rule for them.
    const nanoseconds = (at: number) => `${Math.floor(at * 1000)}000000`;
    const spans = [
      {
        traceId: traceId.replace(/^1-|-/g, ''),
        spanId: '12'.repeat(8),
        parentSpanId: segment.id,
        name: hostile,
        kind: 2,
        startTimeUnixNano: nanoseconds(seconds - 1),
        endTimeUnixNano: nanoseconds(seconds),
      },
    ];
    const instance = JSON.parse(readFileSync(join(demo.dataDir, 'instance.json'), 'utf8'));
    const otlpPort: number = instance.ports.otlpHttp;
    const attributes = [{ key: 'service.name', value: { stringValue: hostile } }];
    const taken = await fetch(`http://127.0.0.1:${otlpPort}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] }),
    });
    expect(taken.status).toBe(200);
    const logs = new CloudWatchLogsClient(client);
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/hostile' }));
    await logs.send(new CreateLogStreamCommand({ logGroupName: '/hostile', logStreamName: 'one' }));
    await logs.send(
      new PutLogEventsCommand({
        logGroupName: '/hostile',
        logStreamName: 'one',
        logEvents: [{ timestamp: Date.now(), message: `line ${hostile}` }],
      }),
    );

    const page = await fresh();
    const complaints = listenFor(page);
    await until('the hostile trace on screen', async () => {
      await open(page, at(`traces/${traceId}`));
      return (await page.locator('.hatoba-row').count()) >= 3;
    });
    await page.locator('.hatoba-row-text', { hasText: 'onerror' }).first().waitFor();
    for (const tab of ['exceptions', 'annotations', 'metadata', 'raw']) {
      await open(page, at(`traces/${traceId}?segment=${segment.id}&tab=${tab}`));
      await page.locator('aside.hatoba-panel').getByText('onerror').first().waitFor();
    }
    await open(page, at('logs?group=%2Fhostile'));
    await page.locator('.hatoba-line-text', { hasText: hostile }).first().waitFor();
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.hatoba-line-text')).unicodeBidi`)).toBe(
      'isolate',
    );
    for (const path of ['map', 'map?view=table', 'traces', `traces/${traceId}`, '']) {
      await open(page, at(path));
      await settle(page);
      expect(await page.evaluate(`[document.querySelectorAll('img[src="x"]').length, 'taken' in window]`)).toEqual([
        0,
        false,
      ]);
    }
    expect(complaints).toEqual([]);
  });
});
