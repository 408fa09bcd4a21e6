import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { buildConsole, launchChromium, openConsole } from './console.ts';
import { startTestStack, type TestStack } from './stack.ts';

/** Where screenshots go. */
export const artefacts = fileURLToPath(new URL('../../test-results/', import.meta.url));

/** Chromium and the console as it is built now, for all tests of a file. */
export function consoleBrowser() {
  let browser: Browser;
  beforeAll(async () => {
    await mkdir(artefacts, { recursive: true });
    await buildConsole();
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  return {
    get browser() {
      return browser;
    },
    /** As another person. What the page complains about goes into the list. */
    open: (url: string, complaints?: string[]): Promise<Page> => openConsole(browser, url, complaints),
  };
}

/** The same, with a stack of its own. */
export function consoleStage() {
  const chromium = consoleBrowser();
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack();
  });
  afterAll(() => stack?.stop());
  return {
    open: chromium.open,
    get browser() {
      return chromium.browser;
    },
    get stack() {
      return stack;
    },
  };
}
