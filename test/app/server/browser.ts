import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Whether there is a browser to test in; says so where there is none. */
export const hasBrowser = existsSync(executablePath);
if (!hasBrowser) console.warn(`There is no ${executablePath}: tests of the page are skipped.`);

export function startBrowser(): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ];
  return chromium.launch({ executablePath, args });
}

/** A page, and all that it should not have done. */
export interface Visit {
  page: Page;
  /** Errors in its console, and requests to other places. */
  complaints: string[];
}

export async function visit(context: BrowserContext, address: string): Promise<Visit> {
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const url = request.url();
    const isOurs = url.startsWith(address) || /^(?:blob|data):/.test(url);
    if (!isOurs) complaints.push(`asked ${url}`);
  });
  await page.goto(address);
  return { page, complaints };
}

/** Ends what a page does and what it remembers of its session, so that it can be loaded again as a new one. */
export async function leave({ page, complaints }: Visit): Promise<void> {
  await page.evaluate(() => sessionStorage.clear());
  await page.goto('about:blank');
  complaints.length = 0;
}

/** Waits until a value is as it is checked to be. */
export async function until<T>(
  get: () => T | Promise<T>,
  check: (value: T) => void,
  withinMs = 5000,
): Promise<void> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await get();
    try {
      check(value);
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/** What axe has to say against a page's accessibility. */
export async function violations(page: Page): Promise<string[]> {
  const { resolve } = createRequire(import.meta.url);
  await page.evaluate(readFileSync(resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}
