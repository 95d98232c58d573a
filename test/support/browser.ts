import { type Browser, chromium, type Page } from 'playwright-core';

const args = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The system's Chromium, headless. As root it only starts without its sandbox. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.HATOBA_CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? [...args, '--no-sandbox'] : args });
}

/** A page with a fresh profile, as somebody with that language and that taste would have it. */
export async function newPage(browser: Browser, options: { locale: 'en-US' | 'ja-JP'; dark?: boolean }): Promise<Page> {
  const context = await browser.newContext({
    locale: options.locale,
    colorScheme: options.dark ? 'dark' : 'light',
    viewport: { width: 1440, height: 900 },
  });
  return context.newPage();
}

/** Opens a page. A task that comes or goes changes the machine's networks, and Chromium then drops what it is loading. */
export async function open(page: Page, url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await page.goto(url);
      await page.getByRole('navigation').first().waitFor({ timeout: 10_000 });
      return;
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

const overflowing = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** How many pixels the page is wider than the window, once it has had the time to follow a change of the window's size. */
export async function overflow(page: Page): Promise<number> {
  await page.waitForFunction(`${overflowing} <= 0`, undefined, { timeout: 3_000 }).catch(() => {});
  return page.evaluate(overflowing);
}
