import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { CallPlace } from '../../console/src/call/peer-connections.ts';
import { until } from './until.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const built = join(root, 'console/dist/index.html');
const sources = [
  'console/index.html',
  'console/vite.config.ts',
  'console/src',
  'console/public',
  'lib/client',
  'lib/protocol',
];

/** Builds the console when its build is missing, or older than what it is made of. */
export async function buildConsole(): Promise<void> {
  const newest = Math.max(...(await Promise.all(sources.map((name) => changedAtMs(join(root, name))))));
  if ((await changedAtMs(built)) > newest) return;
  await promisify(execFile)(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'console'], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production' },
  });
}

/** When the newest file of a folder was changed; 0 for nothing. */
async function changedAtMs(path: string): Promise<number> {
  try {
    const { mtimeMs } = await stat(path);
    const entries = await readdir(path, { recursive: true }).catch(() => []);
    const times = await Promise.all(entries.map(async (name) => (await stat(join(path, name))).mtimeMs));
    return Math.max(mtimeMs, ...times);
  } catch {
    return 0;
  }
}

/** Debian's Chromium with a made-up camera and microphone, which talks to this machine only. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless=new',
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-quic',
      '--disable-gpu',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
  });

/** Opens the console in a context of its own: another person. What the page complains about goes into the list. */
export async function openConsole(browser: Browser, url: string, complaints: string[] = []): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(url);
  await page.getByTestId('connection').and(page.locator('[data-status=open]')).waitFor();
  return page;
}

/** One number of what a live call receives, added up. */
export const received =
  (page: Page, place: CallPlace, kind: 'audio' | 'video', field: 'bytesReceived' | 'framesDecoded') => () =>
    page.evaluate(
      async ({ place, kind, field }) => {
        let sum = 0;
        const stats = await window.patchbay[place]?.getStats();
        stats?.forEach((one: Record<string, unknown>) => {
          if (one.type === 'inbound-rtp' && one.kind === kind) sum += Number(one[field]);
        });
        return sum;
      },
      { place, kind, field },
    );

/** A page, or a part of one. */
type Part = Pick<Page, 'getByTestId'>;

/** What a video element shows: red, green and blue of 160 × 90 points. */
export const look = (part: Part, testId: string): Promise<number[]> =>
  part.getByTestId(testId).evaluate((element) => {
    const context = new OffscreenCanvas(160, 90).getContext('2d', { willReadFrequently: true });
    if (!(element instanceof HTMLVideoElement) || !context) return [];
    context.drawImage(element, 0, 0, 160, 90);
    return [...context.getImageData(0, 0, 160, 90).data].filter((_, index) => index % 4 !== 3);
  });

/** The share of values that are clearly different in two looks: more than what coding does to a still picture. */
export const difference = (one: readonly number[], other: readonly number[]): number =>
  one.length === 0 ? 0 : one.filter((value, index) => Math.abs(value - (other[index] ?? 0)) > 24).length / one.length;

/** Waits until the picture is another one than it is now. */
export async function moves(part: Part, testId: string): Promise<void> {
  const before = await look(part, testId);
  await until(`${testId} moves`, async () => difference(before, await look(part, testId)) > 0.002);
}

/** Waits until the picture stays as it is for a second. */
export async function standsStill(part: Part, testId: string): Promise<void> {
  await until(`${testId} stands still`, async () => {
    const before = await look(part, testId);
    await delay(1000);
    return difference(before, await look(part, testId)) < 0.002;
  });
}

/** Waits until a call's part of the page is in a phase. */
export const inPhase = (page: Page, testId: string, phase: string): Promise<void> =>
  page.locator(`[data-testid=${testId}][data-phase=${phase}]`).waitFor();

/** At how many kbit/s video is received now. */
export async function videoKbps(page: Page, place: CallPlace): Promise<number> {
  const read = received(page, place, 'video', 'bytesReceived');
  const [from, startedAtMs] = [await read(), performance.now()];
  await delay(2000);
  return (((await read()) - from) * 8) / (performance.now() - startedAtMs);
}

const looks = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { name: 'narrow', colorScheme: 'light', viewport: { width: 390, height: 844 } },
] as const;

/** Screenshots in light, in dark and on a narrow screen. Those in which the page is wider than its window. */
export async function shoot(page: Page, path: string): Promise<string[]> {
  const tooWide: string[] = [];
  for (const { name, colorScheme, viewport } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await page.screenshot({ path: `${path}-${name}.png`, fullPage: true });
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) tooWide.push(name);
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(looks[0].viewport);
  return tooWide;
}
