import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { difference, inPhase, look, moves, received } from '../support/console.ts';
import { artefacts, consoleStage } from '../support/console-stage.ts';
import { grows, stops, until } from '../support/until.ts';

const stage = consoleStage();
const roomId = 'studio';

/** The session by which a page publishes or listens. */
const ownId = async (page: Page, role: 'publisher' | 'listener') =>
  (await page
    .locator(`[data-testid=member-row][data-role=${role}]`)
    .filter({ hasText: 'You' })
    .getAttribute('data-session-id')) ?? '';
const publisher = (page: Page, sessionId: string) =>
  page.locator(`[data-testid=publisher][data-session-id="${sessionId}"]`);
const member = (page: Page, sessionId: string) =>
  page.locator(`[data-testid=member-row][data-session-id="${sessionId}"]`);

async function publish(page: Page, source: string): Promise<string> {
  const part = page.getByRole('region', { name: 'Publish' });
  await part.getByText(source).click();
  await page.getByTestId('publish-start').click();
  await inPhase(page, 'publish-state', 'connected');
  return ownId(page, 'publisher');
}

async function listen(page: Page, sessionId: string): Promise<void> {
  await publisher(page, sessionId).click();
  await publisher(page, sessionId).and(page.locator('[aria-pressed=true]')).waitFor();
}

describe('a room with two tabs that publish, and one that listens', () => {
  const complaints: string[] = [];
  let camera: Page;
  let picture: Page;
  let listener: Page;
  let cameraId: string;
  let pictureId: string;
  const framesDecoded = () => received(listener, 'listen', 'video', 'framesDecoded')();
  const audioBytes = () => received(listener, 'listen', 'audio', 'bytesReceived')();

  beforeAll(async () => {
    camera = await stage.open(stage.stack.console, complaints);
  });

  afterAll(() => Promise.all([camera, picture, listener].map((page) => page?.close())));

  test('is made with its codec and its bitrate, and opened by its link', async () => {
    await camera.getByTestId('nav-rooms').click();
    await camera.getByTestId('room-new').click();
    await camera.getByTestId('room-name').fill(roomId);
    await camera.getByTestId('room-video-codec').selectOption('vp8');
    await camera.getByTestId('room-bitrate').fill('1000');
    await camera.getByTestId('room-make').click();
    await camera.getByText('opus, vp8, at most 1000 kbit/s').waitFor();
    await camera.locator(`[data-testid=room-row][data-room-id=${roomId}]`).waitFor();
    expect(new URL(camera.url()).hash).toBe(`#room=${roomId}`);
    picture = await stage.open(camera.url(), complaints);
    listener = await stage.open(camera.url(), complaints);
  });

  test('shows moving pictures in all of them', async () => {
    cameraId = await publish(camera, 'Camera');
    pictureId = await publish(picture, 'Test picture');
    await listen(listener, cameraId);
    await inPhase(listener, 'listen-state', 'connected');
    await Promise.all([
      moves(camera, 'publish-video'),
      moves(picture, 'publish-video'),
      moves(listener, 'listen-video'),
      grows('decoded frames', framesDecoded, 20),
      grows('audio', audioBytes, 2000),
    ]);
    // Near enough to what the camera shows, and far from the test picture.
    const [seen, ofCamera, ofPicture] = await Promise.all([
      look(listener, 'listen-video'),
      look(camera, 'publish-video'),
      look(picture, 'publish-video'),
    ]);
    expect(difference(seen, ofCamera)).toBeLessThan(0.2);
    expect(difference(seen, ofPicture)).toBeGreaterThan(0.4);
    for (const [name, page] of Object.entries({ camera, picture, listener })) {
      await page.screenshot({ path: `${artefacts}console-room-${name}.png` });
    }
  });

  test('shows each who is in it', async () => {
    for (const page of [camera, picture, listener]) {
      await until('three members', async () => (await page.getByTestId('member-row').count()) === 3);
      expect(await page.locator('[data-testid=member-row][data-role=publisher]').count()).toBe(2);
      expect(await page.getByTestId('publisher').count()).toBe(2);
    }
    expect(await member(listener, cameraId).textContent()).toContain('publisher');
    expect(await member(camera, cameraId).textContent()).toContain('You');
  });

  test('switches by a click: another picture in the same session, over the same peer connection', async () => {
    const sessionId = await ownId(listener, 'listener');
    await listener.evaluate(() => Object.assign(window, { before: window.patchbay.listen }));
    const before = await look(listener, 'listen-video');
    await listen(listener, pictureId);
    await until('another picture', async () => difference(before, await look(listener, 'listen-video')) > 0.4);
    await Promise.all([moves(listener, 'listen-video'), grows('decoded frames', framesDecoded, 20)]);
    const seen = await look(listener, 'listen-video');
    expect(difference(seen, await look(picture, 'publish-video'))).toBeLessThan(0.2);
    expect(await listener.evaluate(() => Reflect.get(window, 'before') === window.patchbay.listen)).toBe(true);
    expect(await ownId(listener, 'listener')).toBe(sessionId);
    // Who hears whom is seen, too.
    await member(listener, sessionId).getByTitle(pictureId).waitFor();
    await listener.screenshot({ path: `${artefacts}console-room-switched.png` });
  });

  test('lets one tab publish and listen, also to who sends sound only and then to a picture again', async () => {
    const soundId = await publish(listener, 'Audio only');
    const frames = received(camera, 'listen', 'video', 'framesDecoded');
    const sound = received(camera, 'listen', 'audio', 'bytesReceived');
    const tile = camera.locator('figure').filter({ has: camera.getByTestId('listen-video') });
    await listen(camera, pictureId);
    await moves(camera, 'listen-video');
    await listen(camera, soundId);
    await tile.getByText('Sound only').waitFor();
    await Promise.all([grows('audio', sound, 1000), stops('decoded frames', frames)]);
    await listen(camera, pictureId);
    await tile.getByText('Sound only').waitFor({ state: 'detached' });
    await Promise.all([moves(camera, 'listen-video'), grows('decoded frames', frames, 20)]);
    await moves(camera, 'publish-video');
    await camera.getByTestId('listen-hang-up').click();
    await inPhase(camera, 'listen-state', 'ended');
    await listener.getByTestId('publish-hang-up').click();
    await publisher(camera, soundId).waitFor({ state: 'detached' });
  });

  test('brings what a publisher writes to who listens, and Mute data keeps it back', async () => {
    const write = async (text: string) => {
      await picture.getByTestId('publish-text').fill(text);
      await picture.getByTestId('publish-write').click();
    };
    await write('good evening');
    await listener.getByText('good evening').waitFor();
    const mute = picture.getByTestId('publish-mute-data');
    await mute.click();
    await mute.and(picture.locator('[aria-pressed=true]')).waitFor();
    await write('a secret');
    await delay(1000);
    expect(await listener.getByTestId('listen-text').textContent()).toBe('good evening');
    await mute.click();
    await mute.and(picture.locator('[aria-pressed=false]')).waitFor();
    await write('and good night');
    await listener.getByText('and good night').waitFor();
  });

  test("stops a publisher's picture by a moderator's mute, which the publisher is told of", async () => {
    const mute = member(camera, pictureId).getByTestId('member-mute-video');
    await mute.click();
    await picture.getByText('video muted by a moderator').waitFor();
    await stops('decoded frames', framesDecoded);
    await grows('audio', audioBytes, 1000);
    await mute.click();
    await picture.getByText('video muted by a moderator').waitFor({ state: 'detached' });
    await grows('decoded frames', framesDecoded, 10);
  });

  test('records a publisher, and links to what was recorded', async () => {
    const record = picture.getByTestId('publish-record');
    const line = (state: string) => picture.locator(`[data-testid=publish-recording][data-state=${state}]`);
    await record.click();
    await line('started').waitFor();
    await delay(1500);
    await record.click();
    await line('available').waitFor();
    const url = (await line('available').getByRole('link').getAttribute('href')) ?? '';
    const recording: unknown = await (await fetch(url)).json();
    expect(recording).toMatchObject({ session_id: pictureId, type: 'publish' });
  });

  test('goes on while another page of the console is shown', async () => {
    await listener.getByTestId('nav-calls').click();
    await listener.getByTestId('echo-start').waitFor();
    await grows('decoded frames', framesDecoded, 10);
    await listener.getByTestId('nav-rooms').click();
    await moves(listener, 'listen-video');
  });

  test('tells a publisher that is kicked, and who listens to it, why; and the other one can still be heard', async () => {
    await member(camera, pictureId).getByTestId('member-kick').click();
    await picture.getByText('A moderator has removed you from the room.').waitFor();
    await inPhase(picture, 'publish-state', 'ended');
    await listener.getByText('The publisher has left the room.').waitFor();
    await publisher(listener, pictureId).waitFor({ state: 'detached' });
    await picture.screenshot({ path: `${artefacts}console-room-kicked.png` });
    await listen(listener, cameraId);
    await grows('decoded frames', framesDecoded, 10);
  });

  test('is destroyed only after a question, and then for all', async () => {
    await camera.getByTestId('room-destroy').click();
    await camera.getByRole('button', { name: 'Cancel' }).click();
    await grows('decoded frames', framesDecoded, 10);
    await camera.getByTestId('room-destroy').click();
    await camera.getByTestId('room-destroy-yes').click();
    for (const page of [camera, listener]) {
      await page.getByText('The room was destroyed.').waitFor();
      await page.getByText(`There is no room ${roomId}`).waitFor();
      await page.locator(`[data-testid=room-row][data-room-id=${roomId}]`).waitFor({ state: 'detached' });
    }
    expect(await camera.getByTestId('publish-start').isDisabled()).toBe(true);
  });

  test('leaves its pages nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });
});
