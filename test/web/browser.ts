import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findProgram } from '../support/find-program.ts';
import { requirement } from '../support/require.ts';

/** Path of the browser; undefined where there is none, and then the tests are skipped. */
export const chromiumPath = requirement('chromium', () => findProgram('chromium', 'chromium-browser', 'google-chrome'));

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function startBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('There is no Chromium.');
  return chromium.launch({ executablePath: chromiumPath, args: flags });
}

export interface OpenPage {
  page: Page;
  /** What went wrong in the page: exceptions, what the server's policy forbids, and requests that left the server. */
  troubles: string[];
  close(): Promise<void>;
}

/** A page of its own, with its own storage. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) troubles.push(message.text());
  });
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(new URL(url).origin) || /^(data|blob):/.test(request.url());
    if (!isOwn) troubles.push(`asked for ${request.url()}`);
  });
  await page.goto(url);
  return { page, troubles, close: () => context.close() };
}
