import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { difference, inPhase, look, moves, received, videoKbps } from '../support/console.ts';
import { artefacts, consoleStage } from '../support/console-stage.ts';
import { janusHandles } from '../support/janus-admin.ts';
import { grows, stops, until } from '../support/until.ts';

const stage = consoleStage();
const complaints: string[] = [];

const open = (url: string) => stage.open(url, complaints);
const phase = (page: Page, name: string) => inPhase(page, 'proxy-state', name);
const audioBytes = (page: Page) => received(page, 'friend', 'audio', 'bytesReceived');
const framesDecoded = (page: Page) => received(page, 'friend', 'video', 'framesDecoded');

/** The caller sends its camera, the friend the test picture. */
async function startCall(): Promise<{ caller: Page; friend: Page; url: string }> {
  const caller = await open(stage.stack.console);
  await caller.getByTestId('way-proxy').click();
  await caller.getByTestId('proxy-start').click();
  await phase(caller, 'waiting');
  const url = (await caller.getByTestId('proxy-link').getAttribute('href')) ?? '';
  const friend = await open(url);
  await friend.getByRole('region', { name: 'Call a friend' }).getByText('Test picture').click();
  await friend.getByTestId('proxy-join').click();
  await Promise.all([phase(caller, 'connected'), phase(friend, 'connected')]);
  return { caller, friend, url };
}

const mediaIsGone = async () => (await janusHandles(stage.stack.janus)).length === 0;

describe('a call through the server, by a link', () => {
  let caller: Page;
  let friend: Page;
  let url: string;

  beforeAll(async () => {
    ({ caller, friend, url } = await startCall());
  });

  afterAll(() => Promise.all([caller, friend].map((page) => page?.close())));

  test('brings sound and moving pictures both ways, through Janus', async () => {
    await Promise.all(
      [caller, friend].flatMap((page) => [
        moves(page, 'proxy-remote-video'),
        grows('decoded frames', framesDecoded(page), 20),
        grows('audio', audioBytes(page), 2000),
      ]),
    );
    for (const [here, there] of [
      [caller, friend],
      [friend, caller],
    ] as const) {
      const seen = await look(here, 'proxy-remote-video');
      expect(difference(seen, await look(there, 'proxy-local-video'))).toBeLessThan(0.2);
      expect(difference(seen, await look(here, 'proxy-local-video'))).toBeGreaterThan(0.4);
    }
    expect(await janusHandles(stage.stack.janus)).toHaveLength(2);
    await caller.screenshot({ path: `${artefacts}console-proxy-caller.png` });
    await friend.screenshot({ path: `${artefacts}console-proxy-friend.png` });
  });

  test.each([
    ['the caller', () => [caller, friend] as const],
    ['the friend', () => [friend, caller] as const],
  ])('Mute audio of %s stops the sound at the other side, and leaves the picture', async (_, sides) => {
    const [here, there] = sides();
    const mute = here.getByTestId('proxy-mute-audio');
    await mute.click();
    await stops('audio', audioBytes(there));
    await grows('decoded frames', framesDecoded(there), 10);
    await grows('audio the other way', audioBytes(here), 1000);
    await mute.click();
    await grows('audio', audioBytes(there), 2000);
  });

  test.each([
    ['the caller', () => [caller, friend] as const],
    ['the friend', () => [friend, caller] as const],
  ])('Send at most 100 kbit/s of %s is kept to, until it is lifted', async (_, sides) => {
    const [here, there] = sides();
    const kbps = () => videoKbps(there, 'friend');
    const bitrate = here.getByTestId('proxy-bitrate');
    await until('more than 150 kbit/s', async () => (await kbps()) > 150);
    await bitrate.selectOption('100');
    await until('less than 120 kbit/s', async () => (await kbps()) < 120);
    await bitrate.selectOption('0');
    await until('more than 150 kbit/s', async () => (await kbps()) > 150, 20_000);
  });

  test('Hang up ends it for both, and in Janus', async () => {
    await caller.getByTestId('proxy-hang-up').click();
    await Promise.all([phase(caller, 'ended'), phase(friend, 'ended')]);
    await friend.getByText('The other side has hung up.').waitFor();
    await until('its media is gone', mediaIsGone);
    expect(new URL(friend.url()).search).toBe('');
    await friend.getByTestId('proxy-start').waitFor();
  });

  test('its link says so when it is over', async () => {
    const late = await open(url);
    await late.getByTestId('proxy-join').click();
    await late.getByText(/no session/).waitFor();
    await late.close();
  });
});

test('the friend who hangs up ends it for the caller, too', async () => {
  const { caller, friend } = await startCall();
  await grows('decoded frames', framesDecoded(caller), 5);
  await friend.getByTestId('proxy-hang-up').click();
  await Promise.all([phase(caller, 'ended'), phase(friend, 'ended')]);
  await until('its media is gone', mediaIsGone);
  await Promise.all([caller.close(), friend.close()]);
});

test('the pages have complained about nothing', () => {
  expect(complaints).toEqual([]);
});
