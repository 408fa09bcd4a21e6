import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { difference, look, moves, received, shoot, standsStill } from '../support/console.ts';
import { artefacts, consoleBrowser } from '../support/console-stage.ts';
import { engines } from '../support/freeswitch-stack.ts';
import { startTestStack } from '../support/stack.ts';
import { card, type EngineStack, isPlaced, startCard, startStackOn, switchCard } from '../support/switchboard.ts';
import { grows, until } from '../support/until.ts';

const chromium = consoleBrowser();
/** On the double WebRTC has no media, and Chromium gives such a call up after some 15 s: each test has calls of its own. */
describe.each(engines)('the switchboard on the %s FreeSWITCH', (engine) => {
  const complaints: string[] = [];
  let world: EngineStack;
  let page: Page;
  const open = () => chromium.open(`${world.stack.console}/#switchboard`, complaints);

  beforeAll(async () => {
    world = await startStackOn(engine);
    page = await open();
  });
  afterEach(async () => {
    await page.close();
    await world.clear();
    page = await open();
  });
  afterAll(async () => {
    await page?.close();
    await world?.stop();
  });

  test('starts calls of every type, several at once, by an offer of either side', async () => {
    const parkedId = await startCard(page, 1, { type: 'park' });
    await isPlaced(card(page, 1), 'park');
    await startCard(page, 2, { type: 'echo', isServerOffering: true, source: 'Test picture' });
    await isPlaced(card(page, 2), 'echo');
    await startCard(page, 3, { type: 'mcu', room: 'lobby', source: 'Audio only' });
    await card(page, 3).getByText('mcu in lobby').waitFor();
    await page.locator(`[data-testid=new-peer] option[value="${parkedId}"]`).waitFor({ state: 'detached' });
    await page.getByTestId('new-type-bridge').click();
    await page.locator(`[data-testid=new-peer] option[value="${parkedId}"]`).waitFor({ state: 'attached' });
    await startCard(page, 4, { type: 'bridge', peer: parkedId, isServerOffering: true });
    for (const number of [1, 4]) await isPlaced(card(page, number), 'bridge');
    await until('four rows', async () => (await page.getByTestId('session-row').count()) === 4);
    expect(await page.getByTestId('session-row').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining('freeswitch')]),
    );
    expect(await shoot(page, `${artefacts}console-freeswitch-${engine}-four`)).toEqual([]);
  });

  test('switches a call from type to type while it lives, and shows the way it went', async () => {
    await startCard(page, 1, { type: 'park', source: 'Test picture' });
    const one = card(page, 1);
    const peer = await startCard(page, 2, { type: 'park', source: 'Test picture' });
    await switchCard(one, { type: 'echo' });
    await isPlaced(one, 'echo');
    await switchCard(one, { type: 'mcu', room: 'lobby', roomType: 'audio-mcu' });
    await isPlaced(one, 'mcu');
    expect(await one.getByRole('link', { name: 'Open the room' }).getAttribute('href')).toBe('#room=lobby');
    await switchCard(one, { type: 'bridge', peer });
    for (const number of [1, 2]) await isPlaced(card(page, number), 'bridge');
    await switchCard(one, { type: 'park' });
    await isPlaced(one, 'park');
    await isPlaced(card(page, 2), 'park');
    expect(await one.getByTestId('place').textContent()).toContain(
      `echo → mcu in lobby → bridge with ${peer.slice(0, 8)} → park`,
    );
    const told = page.locator('[data-testid=event-row][data-type=type]');
    await until('six events of type', async () => (await told.count()) === 6);
    expect((await told.allTextContents()).join()).toContain(`bridge with ${peer.slice(0, 8)}`);
  });

  test("says the server's own words when a switch is refused, and goes on", async () => {
    await startCard(page, 1, { type: 'mcu', room: 'lobby', source: 'Test picture' });
    await startCard(page, 2, { type: 'park', source: 'Test picture' });
    const two = card(page, 2);
    await isPlaced(card(page, 1), 'mcu');
    await switchCard(two, { type: 'mcu', room: 'lobby', roomType: 'audio-mcu' });
    await two.getByText(/^Switching failed: data.room_type is audio-mcu, but room lobby/).waitFor();
    await switchCard(two, { type: 'mcu', room: 'lobby', roomType: '' });
    await isPlaced(two, 'mcu');
  });

  test('mutes, limits and records each call by itself', async () => {
    await startCard(page, 1, { type: 'echo', source: 'Test picture' });
    await startCard(page, 2, { type: 'echo', source: 'Test picture' });
    const one = card(page, 1);
    const pressed = (testId: string, isOn: boolean) =>
      one
        .getByTestId(testId)
        .and(page.locator(`[aria-pressed=${isOn}]`))
        .waitFor();
    for (const media of ['audio', 'video']) {
      await one.getByTestId(`card-mute-${media}`).click();
      await pressed(`card-mute-${media}`, true);
    }
    await one.getByText('audio, video muted').waitFor();
    for (const media of ['audio', 'video']) {
      await one.getByTestId(`card-mute-${media}`).click();
      await pressed(`card-mute-${media}`, false);
    }
    await one.getByTestId('card-bitrate').selectOption('500');
    await one.getByTestId('card-record').click();
    await pressed('card-record', true);
    // FreeSWITCH writes nothing before the first whole picture, which may take more than 4 s.
    await delay(engine === 'real' ? 6000 : 500);
    await one.getByTestId('card-record').click();
    await one.locator('[data-testid=card-recording][data-state=available]').waitFor();
    expect(await card(page, 2).getByTestId('card-mute-audio').getAttribute('aria-pressed')).toBe('false');
  });

  test('parks or ends whom its peer leaves, as it was asked for', async () => {
    const peer = await startCard(page, 1, { type: 'park', source: 'Test picture', isParkedAfterPeer: false });
    await startCard(page, 2, { type: 'bridge', peer, source: 'Test picture' });
    for (const number of [1, 2]) await isPlaced(card(page, number), 'bridge');
    await switchCard(card(page, 2), { type: 'echo' });
    await card(page, 1).getByText('The session that it was bridged with has left.').waitFor();
    await inCard(page, 1, 'ended');

    const kept = await startCard(page, 3, { type: 'park', source: 'Test picture' });
    await switchCard(card(page, 2), { type: 'bridge', peer: kept });
    await isPlaced(card(page, 3), 'bridge');
    await card(page, 2).getByTestId('card-hang-up').click();
    await isPlaced(card(page, 3), 'park');
  });

  test('starts a card again or removes it when its call is over, and keeps the focus', async () => {
    await startCard(page, 1, { type: 'park', source: 'Test picture' });
    await card(page, 1).getByTestId('card-hang-up').click();
    await inCard(page, 1, 'ended');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-testid'));
    expect(await focused()).toBe('card-again');
    await card(page, 1).getByTestId('card-again').click();
    await isPlaced(card(page, 1), 'park');
    await card(page, 1).getByTestId('card-hang-up').click();
    await card(page, 1).getByTestId('card-remove').click();
    await card(page, 1).waitFor({ state: 'detached' });
    expect(await focused()).toBe('new-start');
  });

  test('goes on while another page of the console is shown', async () => {
    await startCard(page, 1, { type: 'park', source: 'Test picture' });
    await page.getByTestId('nav-calls').click();
    await page.getByTestId('session-row').waitFor();
    await page.getByTestId('nav-switchboard').click();
    await isPlaced(card(page, 1), 'park');
    expect(await page.getByTestId('session-row').count()).toBe(1);
  });

  test('leaves its pages nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });
});

const real = engines.filter((engine) => engine === 'real');
if (real.length === 0) console.info('PATCHBAY_FREESWITCH_BIN names no FreeSWITCH: no pictures of it were looked at');

describe.each(real)('two tabs on the %s FreeSWITCH', () => {
  const complaints: string[] = [];
  let world: EngineStack;
  let camera: Page;
  let picture: Page;
  let cameraId: string;
  const frames = (page: Page) => received(page, 'switchboard-1', 'video', 'framesDecoded');
  const sound = (page: Page) => received(page, 'switchboard-1', 'audio', 'bytesReceived');
  const sees = (page: Page) => look(card(page, 1), 'card-remote-video');
  const sends = (page: Page) => look(card(page, 1), 'card-local-video');
  /** Its own picture comes back, or the other tab's. */
  const isSeen = (here: Page, there: Page) =>
    until('the right picture', async () => difference(await sees(here), await sends(there)) < 0.25);

  beforeAll(async () => {
    world = await startStackOn('real');
    const url = `${world.stack.console}/#switchboard`;
    [camera, picture] = [await chromium.open(url, complaints), await chromium.open(url, complaints)];
  });
  afterAll(async () => {
    await Promise.all([camera, picture].map((page) => page?.close()));
    await world?.stop();
  });

  test('see and hear each other when they are bridged, by offers of either side', async () => {
    cameraId = await startCard(camera, 1, { type: 'park' });
    await inCard(camera, 1, 'connected');
    const bridged = { type: 'bridge', peer: cameraId, source: 'Test picture', isServerOffering: true } as const;
    await startCard(picture, 1, bridged);
    await inCard(picture, 1, 'connected');
    await Promise.all([isSeen(camera, picture), isSeen(picture, camera)]);
    await Promise.all(
      [camera, picture].flatMap((page) => [
        moves(card(page, 1), 'card-remote-video'),
        grows('decoded frames', frames(page), 20),
        grows('audio', sound(page), 2000),
      ]),
    );
    expect(await shoot(camera, `${artefacts}console-freeswitch-bridge`)).toEqual([]);
  });

  test('keep their media connections through every type', async () => {
    for (const page of [camera, picture]) await page.evaluate(watchIce);
    await switchCard(card(picture, 1), { type: 'echo' });
    await isPlaced(card(camera, 1), 'park');
    await Promise.all([isSeen(picture, picture), grows('decoded frames', frames(picture), 20)]);
    await switchCard(card(camera, 1), { type: 'mcu', room: 'lobby' });
    await switchCard(card(picture, 1), { type: 'mcu', room: 'lobby' });
    await Promise.all([camera, picture].map((page) => grows('decoded frames', frames(page), 20)));
    // The same mix for both.
    await until('one mix', async () => difference(await sees(camera), await sees(picture)) < 0.1);
    expect(difference(await sees(camera), await sends(camera))).toBeGreaterThan(0.25);
    await picture.screenshot({ path: `${artefacts}console-freeswitch-mix.png` });
    await switchCard(card(picture, 1), { type: 'park' });
    await isPlaced(card(picture, 1), 'park');
    await standsStill(card(picture, 1), 'card-remote-video');
    await switchCard(card(picture, 1), { type: 'bridge', peer: cameraId });
    await Promise.all([isSeen(camera, picture), isSeen(picture, camera)]);
    for (const page of [camera, picture]) {
      expect(await page.evaluate(() => Reflect.get(window, 'iceStates'))).toEqual([]);
      expect(await page.evaluate(() => Reflect.get(window, 'before') === window.patchbay['switchboard-1'])).toBe(true);
    }
  });

  test('stop to be seen when they are muted, and are seen again', async () => {
    const mute = card(camera, 1).getByTestId('card-mute-video');
    await mute.click();
    await standsStill(card(picture, 1), 'card-remote-video');
    await mute.click();
    await moves(card(picture, 1), 'card-remote-video');
  });

  test('leave their pages nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });
});

describe('without FreeSWITCH', () => {
  test('the page says in a sentence how it is added, and a room that needs it says so too', async () => {
    const stack = await startTestStack({ PATCHBAY_FREESWITCH_URL: '', PATCHBAY_FREESWITCH_BIN: '' });
    const page = await chromium.open(`${stack.console}/#switchboard`);
    const notice = page.locator('[data-testid=engine-notice][data-state=missing]');
    await notice.waitFor();
    expect(await notice.textContent()).toMatch(/PATCHBAY_FREESWITCH_BIN .* PATCHBAY_FREESWITCH_URL/);
    expect(await page.getByTestId('new-start').isDisabled()).toBe(true);
    await page.screenshot({ path: `${artefacts}console-freeswitch-missing.png` });
    await page.getByTestId('nav-rooms').click();
    await page.getByTestId('room-new').click();
    await page.getByTestId('room-class').selectOption('mcu');
    await page.getByTestId('room-make').click();
    await page.getByRole('alert').getByText('FreeSWITCH joins by PATCHBAY_FREESWITCH_BIN').waitFor();
    await page.close();
    await stack.stop();
  });

  test('that is lost, the page says so until it is back', async () => {
    const { stack, double, stop } = await startStackOn('double');
    await double?.kill();
    const page = await chromium.open(`${stack.console}/#switchboard`);
    await page.locator('[data-testid=engine-notice][data-state=down]').waitFor({ timeout: 20_000 });
    await double?.restart();
    await page.getByTestId('engine-notice').waitFor({ state: 'detached' });
    expect(await page.getByTestId('new-start').isDisabled()).toBe(false);
    await page.close();
    await stop();
  });
});

const inCard = (page: Page, number: number, phase: string) =>
  card(page, number).locator(`[data-testid=card-state][data-phase=${phase}]`).waitFor();

/** Runs in the page: notes each change of the first call's ICE state from now on. */
function watchIce(): void {
  const states: string[] = [];
  const before = window.patchbay['switchboard-1'];
  Object.assign(window, { before, iceStates: states });
  before?.addEventListener('iceconnectionstatechange', () => states.push(before.iceConnectionState));
}
