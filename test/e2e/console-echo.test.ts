import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SessionStore } from '../../lib/store/sessions.ts';
import { openTable } from '../../lib/store/table.ts';
import { received } from '../support/console.ts';
import { artefacts, consoleStage } from '../support/console-stage.ts';
import { janusHandles } from '../support/janus-admin.ts';
import { grows, stops, until } from '../support/until.ts';

const stage = consoleStage();
let records: SessionStore;

beforeAll(() => {
  records = new SessionStore(openTable('patchbay', stage.stack.dynamodb));
});

const inPhase = (page: Page, phase: string) => page.locator(`[data-testid=call-state][data-phase=${phase}]`);

async function startEcho(page: Page): Promise<string> {
  await page.getByTestId('echo-start').click();
  await inPhase(page, 'connected').waitFor();
  const row = page.getByTestId('session-row').first();
  await row.waitFor();
  return (await row.getAttribute('data-session-id')) ?? '';
}

const sessionGone = async (sessionId: string) => {
  const record = await records.get({ tenant: 'default', sessionId });
  return record === undefined && (await janusHandles(stage.stack.janus)).length === 0;
};

describe('an echo call from the console', () => {
  const complaints: string[] = [];
  let page: Page;
  let sessionId: string;
  const audioBytes = () => received(page, 'echo', 'audio', 'bytesReceived')();
  const videoBytes = () => received(page, 'echo', 'video', 'bytesReceived')();
  const framesDecoded = () => received(page, 'echo', 'video', 'framesDecoded')();

  beforeAll(async () => {
    page = await stage.open(stage.stack.console, complaints);
  });

  afterAll(() => page?.close());

  test('connects, and sound and picture come back', async () => {
    sessionId = await startEcho(page);
    await Promise.all([
      grows('audio that comes back', audioBytes, 2000),
      grows('video that comes back', videoBytes, 20_000),
      grows('decoded frames', framesDecoded, 20),
    ]);
    expect(await page.getByTestId('remote-video').evaluate(isPlaying)).toBe(true);
    expect(await page.getByTestId('local-video').evaluate(isPlaying)).toBe(true);
    expect((await records.get({ tenant: 'default', sessionId }))?.state).toBe('ready');
    expect(await janusHandles(stage.stack.janus)).toHaveLength(1);
    await page.screenshot({ path: `${artefacts}console-echo.png` });
  });

  test('Mute audio stops the sound that comes back and leaves the picture, until it is pressed again', async () => {
    const mute = page.getByTestId('mute-audio');
    await mute.click();
    await page.locator('[data-testid=mute-audio][aria-pressed=true]').waitFor();
    await stops('audio that comes back', audioBytes);
    await grows('decoded frames', framesDecoded, 10);
    await mute.click();
    await page.locator('[data-testid=mute-audio][aria-pressed=false]').waitFor();
    await grows('audio that comes back', audioBytes, 2000);
  });

  test('Mute video stops the picture that comes back and leaves the sound', async () => {
    const mute = page.getByTestId('mute-video');
    await mute.click();
    await page.locator('[data-testid=mute-video][aria-pressed=true]').waitFor();
    await stops('decoded frames', framesDecoded);
    await grows('audio that comes back', audioBytes, 2000);
    await mute.click();
    await grows('decoded frames', framesDecoded, 10);
  });

  test('Hang up ends it: the session, its media and its row are gone', async () => {
    await page.getByTestId('hang-up').click();
    await inPhase(page, 'ended').waitFor();
    await until('the session is gone', () => sessionGone(sessionId));
    await page.getByTestId('session-row').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => window.patchbay.echo === undefined)).toBe(true);
    await page.getByTestId('echo-start').waitFor();
  });

  test('the event log has created, answer and destroyed, in this order', async () => {
    await page.locator('[data-testid=event-row][data-type=destroyed]').waitFor();
    const types = await page
      .getByTestId('event-row')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-type')));
    expect(types.filter((type) => type !== 'status')).toEqual(['created', 'answer', 'destroyed']);
    expect(types.at(-1)).toBe('destroyed');
  });

  test('the page has complained about nothing', () => {
    expect(complaints).toEqual([]);
  });
});

test('closing the tab during a call ends its session, in Janus and in the table', async () => {
  const page = await stage.browser.newPage();
  // The console leaves reconnect_timeout at its 30 s.
  await page.addInitScript(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (this: WebSocket, text) {
      const message = JSON.parse(String(text));
      if (message.cmd === 'create') message.data.reconnect_timeout = 2;
      send.call(this, JSON.stringify(message));
    };
  });
  await page.goto(stage.stack.console);
  const sessionId = await startEcho(page);
  await grows('decoded frames', received(page, 'echo', 'video', 'framesDecoded'), 5);
  const closedAtMs = performance.now();
  await page.close();
  await until('the session is gone', () => sessionGone(sessionId));
  const tookMs = performance.now() - closedAtMs;
  console.info(`session gone ${Math.round(tookMs)} ms after its tab was closed`);
  expect(tookMs).toBeGreaterThan(1900);
  const ended = (await stage.stack.controllerLog()).split('\n').find((line) => line.includes(sessionId));
  expect(ended).toContain('"reason":"registered_down"');
});

test("a message of 33 KB from Chromium's WebSocket closes the connection with 1009", async () => {
  const page = await stage.open(stage.stack.console);
  const code = await page.evaluate(
    (url) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => socket.send(JSON.stringify({ cmd: 'ping', padding: 'x'.repeat(33 * 1024) }));
        socket.onclose = (event) => resolve(event.code);
      }),
    stage.stack.api,
  );
  expect(code).toBe(1009);
  await page.close();
});

/** Runs in the page. */
function isPlaying(element: Element): boolean {
  return element instanceof HTMLVideoElement && !element.paused && element.videoWidth > 0 && element.currentTime > 0;
}
