import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { artefacts, consoleStage } from '../support/console-stage.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { grows, until } from '../support/until.ts';

const stage = consoleStage();
const complaints: string[] = [];

/** Each page in a context of its own: two people. */
const open = (url: string, into = complaints) => stage.open(url, into);
const inPhase = (page: Page, phase: string) => page.locator(`[data-testid=p2p-state][data-phase=${phase}]`).waitFor();
const frames = (page: Page) => () =>
  page
    .getByTestId('p2p-remote-video')
    .evaluate((element) =>
      element instanceof HTMLVideoElement ? element.getVideoPlaybackQuality().totalVideoFrames : 0,
    );

async function startCall(
  from = stage.stack.console,
  into = complaints,
): Promise<{ caller: Page; friend: Page; url: string }> {
  const caller = await open(from, into);
  await caller.getByTestId('p2p-start').click();
  await inPhase(caller, 'waiting');
  const url = (await caller.getByTestId('p2p-link').getAttribute('href')) ?? '';
  const friend = await open(url, into);
  await friend.getByTestId('p2p-join').click();
  await Promise.all([inPhase(caller, 'connected'), inPhase(friend, 'connected')]);
  return { caller, friend, url };
}

describe('a call by a link', () => {
  let caller: Page;
  let friend: Page;
  let url: string;

  afterAll(async () => {
    await caller?.close();
    await friend?.close();
  });

  test('shows each one the other', async () => {
    ({ caller, friend, url } = await startCall());
    expect(new URL(url).searchParams.get('join')).toMatch(/^[0-9a-f-]{36}@/);
    await Promise.all([
      grows("frames of the caller's", frames(friend), 20),
      grows("frames of the friend's", frames(caller), 20),
    ]);
    await caller.screenshot({ path: `${artefacts}console-p2p-caller.png` });
    await friend.screenshot({ path: `${artefacts}console-p2p-friend.png` });
  });

  test('Mute video blackens the picture at the other side, without a word to the server', async () => {
    await caller.getByTestId('p2p-mute-video').click();
    await until('it is black', () => brightness(friend).then((value) => value < 5));
    await caller.getByTestId('p2p-mute-video').click();
    await until('it is back', () => brightness(friend).then((value) => value > 5));
  });

  test('Hang up ends it for both, and the friend is told', async () => {
    await caller.getByTestId('p2p-hang-up').click();
    await Promise.all([inPhase(caller, 'ended'), inPhase(friend, 'ended')]);
    await friend.getByText('The other side has hung up.').waitFor();
    for (const page of [caller, friend]) {
      await page.locator('[data-testid=event-row][data-type=destroyed]').first().waitFor();
      // Each page hears of its own session only.
      expect(await page.locator('[data-testid=event-row][data-type=destroyed]').count()).toBe(1);
      await page.getByTestId('session-row').first().waitFor({ state: 'detached' });
    }
    expect(new URL(friend.url()).search).toBe('');
    await friend.getByTestId('p2p-start').waitFor();
  });
});

test('the friend who hangs up ends it for the caller, too', async () => {
  const { caller, friend, url } = await startCall();
  await grows("frames of the friend's", frames(caller), 5);
  await friend.getByTestId('p2p-hang-up').click();
  await Promise.all([inPhase(caller, 'ended'), inPhase(friend, 'ended')]);

  // A link to a call that is over says so.
  const late = await open(url);
  await late.getByTestId('p2p-join').click();
  await late.getByText(/no session/).waitFor();
  await late.getByTestId('p2p-start').waitFor();
  await Promise.all([caller, friend, late].map((page) => page.close()));
});

test('a call goes on while its page reconnects, and says so', async () => {
  const proxy = await CuttableProxy.before(stage.stack.console);
  // Chromium complains about each attempt that fails.
  const { caller, friend } = await startCall(proxy.url, []);
  const pill = (status: string) => caller.locator(`[data-testid=connection][data-status=${status}]`).waitFor();
  proxy.cut();
  await pill('reconnecting');
  await grows('frames while it is cut off', frames(caller), 20);
  await caller.screenshot({ path: `${artefacts}console-p2p-reconnecting.png` });
  proxy.mend();
  await pill('open');
  await inPhase(caller, 'connected');
  await friend.getByTestId('p2p-hang-up').click();
  await inPhase(caller, 'ended');
  await Promise.all([caller.close(), friend.close()]);
  await proxy.stop();
});

test('the pages have complained about nothing', () => {
  expect(complaints).toEqual([]);
});

/** The mean of what is seen, 0 to 255. */
const brightness = (page: Page) =>
  page.getByTestId('p2p-remote-video').evaluate((element) => {
    if (!(element instanceof HTMLVideoElement)) return -1;
    const canvas = new OffscreenCanvas(16, 9);
    const context = canvas.getContext('2d');
    context?.drawImage(element, 0, 0, 16, 9);
    const data = [...(context?.getImageData(0, 0, 16, 9).data ?? [])].filter((_, index) => index % 4 !== 3);
    return data.reduce((sum, value) => sum + value, 0) / data.length;
  });
