import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, newPage, open } from '../support/browser.ts';
import { type Demo, isRoot, nobody, startDemo } from '../support/demo-process.ts';
import { root, runHatoba } from '../support/hatoba-process.ts';
import { describeWith } from '../support/programs.ts';

const clicksMax = 6;

const words = {
  'en-US': {
    slow: /backend2 is slow: 5(\.\d+)? s of its own time/,
    slowTraces: 'View its slowest traces',
    ownTime: /backend2: own time 5(\.\d+)? s of/,
    failedTraces: 'View the failed traces',
    exceptions: 'Exceptions',
  },
  'ja-JP': {
    slow: /backend2 が遅くなっています: 自身の処理時間 5(\.\d+)? 秒/,
    slowTraces: '最も遅いトレースを表示',
    ownTime: /backend2: .+のうち自身の処理時間 5(\.\d+)? 秒/,
    failedTraces: '失敗したトレースを表示',
    exceptions: '例外',
  },
} as const;
const locales = Object.keys(words) as (keyof typeof words)[];

/** A person who knows nothing of the system: starts at the console and follows what can be seen. */
class Newcomer {
  readonly page: Page;
  clicks = 0;

  constructor(page: Page) {
    this.page = page;
  }

  async click(what: ReturnType<Page['getByText']>): Promise<void> {
    try {
      await what.click({ timeout: 60_000 });
    } catch (error) {
      const seen = await this.page.locator('body').innerText();
      throw new Error(`${(error as Error).message}\nat ${this.page.url()} the person sees:\n${seen}`);
    }
    this.clicks += 1;
  }
}

async function picture(page: Page, name: string): Promise<void> {
  const directory = join(root, process.env.HATOBA_UPDATE_PICTURES === '1' ? 'docs/images' : 'test-results');
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}

async function drill(demo: Demo, ...args: string[]): Promise<void> {
  const { code, stderr } = await runHatoba(['drill', ...args, '--data-dir', demo.dataDir], { timeoutMs: 200_000 });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

async function findSlowBackend(page: Page, url: string, locale: keyof typeof words): Promise<number> {
  const newcomer = new Newcomer(page);
  const say = words[locale];
  await open(page, `${url}/console/`);
  await page.getByText(say.slow).first().waitFor({ timeout: 90_000 });
  await picture(page, `overview-slow-backend-${locale}`);
  await newcomer.click(page.getByText(say.slowTraces).first());
  await newcomer.click(page.locator('table tbody a.hatoba-mono').first());
  await page.getByText(say.ownTime).first().waitFor({ timeout: 60_000 });
  await picture(page, `trace-slow-backend-${locale}`);
  return newcomer.clicks;
}

async function findRevokedPermission(page: Page, url: string, locale: keyof typeof words): Promise<number> {
  const newcomer = new Newcomer(page);
  const say = words[locale];
  await open(page, `${url}/console/`);
  await newcomer.click(page.getByText(say.failedTraces).first());
  await newcomer.click(page.locator('table tbody a.hatoba-mono').first());
  await page
    .getByText(new RegExp(`^${say.exceptions} \\(\\d+\\)`))
    .first()
    .waitFor({ timeout: 60_000 });
  await page.getByText('AccessDeniedException').first().waitFor({ timeout: 60_000 });
  await page
    .getByText(/examples\/shop\/(last-access|backend\d\/server)\.js/)
    .first()
    .waitFor({ timeout: 60_000 });
  await picture(page, `trace-revoked-permission-${locale}`);
  return newcomer.clicks;
}

const modes = [
  { network: 'namespace', needsRoot: true },
  { network: 'loopback', needsRoot: false },
] as const;

describeWith('browser', 'the drills, found in the console by somebody who knows nothing', () => {
  for (const { network, needsRoot } of modes) {
    describe.skipIf(needsRoot && !isRoot)(`${network} network`, () => {
      let demo: Demo;
      let browser: Browser;
      const pages: Page[] = [];

      beforeAll(async () => {
        browser = await launchBrowser();
        demo = await startDemo(900, { network, ...(network === 'loopback' && isRoot && { uid: nobody }) });
      }, 180_000);

      afterEach(async () => {
        await Promise.all(pages.splice(0).map((page) => page.context().close()));
      });

      afterAll(async () => {
        await browser?.close();
        demo?.interrupt();
        await demo?.ended;
      }, 60_000);

      const fresh = async (locale: keyof typeof words): Promise<Page> => {
        const page = await newPage(browser, { locale, dark: locale === 'ja-JP' });
        pages.push(page);
        return page;
      };

      test('slow-backend', { timeout: 400_000 }, async () => {
        await drill(demo, 'slow-backend');
        for (const locale of locales) {
          const page = await fresh(locale);
          expect(await findSlowBackend(page, demo.instance.url, locale)).toBeLessThanOrEqual(clicksMax);
          await open(page, `${demo.instance.url}/console/map`);
          await page.getByText('shop-last-access').first().waitFor();
          await picture(page, locale === 'en-US' ? 'trace-map' : 'trace-map-ja');
        }
        await drill(demo, 'slow-backend', '--undo');
      });

      test('revoke-permission', { timeout: 400_000 }, async () => {
        await drill(demo, 'revoke-permission');
        for (const locale of locales) {
          const page = await fresh(locale);
          expect(await findRevokedPermission(page, demo.instance.url, locale)).toBeLessThanOrEqual(clicksMax);
        }
        await drill(demo, 'revoke-permission', '--undo');
      });
    });
  }
});
