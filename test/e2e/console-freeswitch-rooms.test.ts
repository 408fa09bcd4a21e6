import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layouts } from '../../console/src/rooms/layouts.ts';
import { difference, inPhase, look, moves, received, shoot } from '../support/console.ts';
import { artefacts, consoleBrowser } from '../support/console-stage.ts';
import { engines } from '../support/freeswitch-stack.ts';
import { type EngineStack, startStackOn } from '../support/switchboard.ts';
import { grows, until } from '../support/until.ts';

const chromium = consoleBrowser();
const configured = new URL('../../infra/containers/freeswitch/conf/conference_layouts.conf.xml', import.meta.url);
const roomId = 'stage';

test('offers the layouts that our FreeSWITCH has', async () => {
  const names = (await readFile(configured, 'utf8')).matchAll(/<layout name="([^"]+)"/g);
  expect([...layouts]).toEqual([...names].map(([, name]) => name));
});

describe.each(engines)('a room that mixes on the %s FreeSWITCH', (engine) => {
  const complaints: string[] = [];
  let world: EngineStack;
  let camera: Page;
  let picture: Page;
  const isReal = engine === 'real';

  beforeAll(async () => {
    world = await startStackOn(engine);
    camera = await chromium.open(`${world.stack.console}/#rooms`, complaints);
  });
  afterAll(async () => {
    await Promise.all([camera, picture].map((page) => page?.close()));
    await world?.stop();
  });

  const frames = (page: Page) => received(page, 'member', 'video', 'framesDecoded');
  const sees = (page: Page) => look(page, 'member-remote-video');
  const member = (page: Page, isOwn: boolean) =>
    page.getByTestId('member-row').filter({ [isOwn ? 'hasText' : 'hasNotText']: 'You' });
  async function join(page: Page, source: string): Promise<void> {
    await page.getByRole('region', { name: 'Mix' }).getByText(source).click();
    await page.getByTestId('member-start').click();
    await member(page, true).waitFor();
    if (isReal) await inPhase(page, 'member-state', 'connected');
  }
  async function arrange(page: Page, layout: string): Promise<void> {
    await page.getByTestId('layout-name').fill(layout);
    await page.getByTestId('layout-set').click();
  }

  test('is made by the form, and has a mix to join', async () => {
    await camera.getByTestId('room-new').click();
    await camera.getByTestId('room-name').fill(roomId);
    await camera.getByTestId('room-class').selectOption('mcu');
    await camera.getByTestId('room-make').click();
    await camera.getByText('mcu, opus, vp8, any bitrate').waitFor();
    await camera.getByRole('region', { name: 'Mix' }).waitFor();
    expect(await camera.getByTestId('publish-start').count()).toBe(0);
    expect(await camera.locator(`[data-testid=room-row][data-room-id=${roomId}]`).textContent()).toContain('mcu');
    picture = await chromium.open(camera.url(), complaints);
  });

  test('lists who has joined, and shows them the mix of all', async () => {
    await join(camera, 'Camera');
    await join(picture, 'Test picture');
    for (const page of [camera, picture]) {
      await until('two members', async () => (await page.getByTestId('member-row').count()) === 2);
    }
    if (!isReal) return;
    await Promise.all(
      [camera, picture].flatMap((page) => [
        moves(page, 'member-remote-video'),
        grows('decoded frames', frames(page), 20),
      ]),
    );
    await until('one mix', async () => difference(await sees(camera), await sees(picture)) < 0.1);
    for (const page of [camera, picture]) {
      expect(difference(await sees(page), await look(page, 'member-local-video'))).toBeGreaterThan(0.25);
    }
  });

  test('is arranged anew for all by a layout, and tells why one is refused', async () => {
    await arrange(camera, '1x1');
    for (const page of [camera, picture]) await page.getByText('now 1x1').waitFor();
    const before = await sees(picture);
    await arrange(camera, '3x3');
    for (const page of [camera, picture]) await page.getByText('now 3x3').waitFor();
    if (isReal) {
      await until('another arrangement', async () => difference(before, await sees(picture)) > 0.25);
      await camera.screenshot({ path: `${artefacts}console-freeswitch-room.png`, fullPage: true });
      await arrange(camera, '2x2');
    }
    await arrange(camera, '7x7');
    const problem = camera.getByTestId('layout-problem');
    await problem.waitFor();
    expect(await problem.textContent()).toContain('presenter-overlap-small-top-right');
    expect(await shoot(camera, `${artefacts}console-freeswitch-layout-${engine}`)).toEqual([]);
  });

  test("mutes a member for all by a moderator's hand, which the member is told of", async () => {
    const mute = member(camera, false).getByTestId('member-mute-audio');
    await mute.click();
    await picture.getByText('audio muted by a moderator').waitFor();
    await mute.click();
    await picture.getByText('audio muted by a moderator').waitFor({ state: 'detached' });
    if (!isReal) return;
    const before = await sees(camera);
    await member(camera, false).getByTestId('member-mute-video').click();
    await picture.getByText('video muted by a moderator').waitFor();
    await until('the mix is without its picture', async () => difference(before, await sees(camera)) > 0.1);
    await member(camera, false).getByTestId('member-mute-video').click();
  });

  test('is recorded', async () => {
    const record = camera.getByTestId('room-record');
    await record.click();
    await record.and(camera.locator('[aria-pressed=true]')).waitFor();
    await picture.locator('[data-testid=room-recording][data-state=started]').waitFor();
    await delay(1000);
    await record.click();
    await camera.locator('[data-testid=room-recording][data-state=available]').waitFor();
  });

  test('tells a member that is kicked why, who can join again', async () => {
    await member(camera, false).getByTestId('member-kick').click();
    await picture.getByText('A moderator has removed you from the room.').waitFor();
    await until('one member', async () => (await camera.getByTestId('member-row').count()) === 1);
    await join(picture, 'Audio only');
  });

  test('is destroyed for all', async () => {
    await camera.getByTestId('room-destroy').click();
    await camera.getByTestId('room-destroy-yes').click();
    for (const page of [camera, picture]) {
      await page.getByText('The room was destroyed.').waitFor();
      await page.getByText(`There is no room ${roomId}`).waitFor();
    }
  });

  test('leaves its pages nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });
});
