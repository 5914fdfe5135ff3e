import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type OpenPage, openPage, startBrowser } from './browser.ts';

interface Options {
  /** Starts the server of the pages, anew for each test, which closes it after them. */
  start?: () => Promise<{ close(): Promise<void> }>;
  /** What may go wrong in a page. */
  expected?: RegExp;
}

/** Opens pages in one browser for the tests of a suite. They end with their test, which fails by what went wrong in them. */
export function pagesPerTest({
  start,
  expected,
}: Options = {}): (url: string, options?: BrowserContextOptions) => Promise<Page> {
  let browser: Browser;
  let server: { close(): Promise<void> } | undefined;
  let opened: OpenPage[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    server = await start?.();
  });
  afterEach(async () => {
    const troubles = opened.flatMap((each) => each.troubles).filter((trouble) => !expected?.test(trouble));
    await Promise.all(opened.map((each) => each.close()));
    opened = [];
    await server?.close();
    server = undefined;
    expect(troubles).toEqual([]);
  });

  return async (url, options) => {
    const one = await openPage(browser, url, options);
    // Less than a test may take, so that what was waited for is named.
    one.page.setDefaultTimeout(20_000);
    opened.push(one);
    return one.page;
  };
}
