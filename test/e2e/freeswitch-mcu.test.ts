import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandInput } from '../../lib/client/index.ts';
import type { SdpType } from '../../lib/protocol/session.ts';
import { type BareClient, bareClient } from '../support/bare-client.ts';
import { engines, type FreeSwitchStack, type Held, startFreeSwitchStack } from '../support/freeswitch-stack.ts';
import { received } from '../support/media-ends.ts';
import { nextPicture } from '../support/picture.ts';
import { fetchManifest, playAll } from '../support/recordings.ts';
import { until } from '../support/until.ts';

const recordMs = 3000;

describe.each(engines)('on the %s FreeSWITCH', (engine) => {
  let world: FreeSwitchStack;
  let bare: BareClient;
  /** Where media is measured: the double has it for plain RTP only. */
  const kind: SdpType = engine === 'double' ? 'rtp' : 'webrtc';
  beforeAll(async () => {
    world = await startFreeSwitchStack(engine);
    bare = await bareClient(world.stack.api);
    await world.client.subscribe({ subclass: 'room' });
  });
  afterAll(async () => {
    await bare?.close();
    await world?.stop();
  });

  const room = (cmd: 'get_info' | 'destroy', room_id: string) => world.client.request(`room/${cmd}`, { room_id });
  const roomAction = (data: CommandInput<'session/room_action'>) => world.client.request('session/room_action', data);
  const join = (room_id: string, of: SdpType = kind) => world.open('mcu', of, { room_id });
  const told = (room_id: string, type: string) =>
    world.heard.of(room_id).flatMap((event) => (event.type === type ? [event.body] : []));
  const statuses = (room_id: string, name: string) => told(room_id, 'status').filter((body) => body.class === name);

  test('a room is made by its first member, tells who comes and goes, and ends with its last', async () => {
    const room_id = 'joined';
    const first = await join(room_id);
    const second = await world.open('park', 'rtp');
    const { sessionId: session_id } = second;
    const fields = { room_id, room_type: 'video-mcu-stereo' };
    expect(await world.client.request('session/set_type', { session_id, type: 'mcu', room_id })).toEqual(fields);
    await Promise.all([first.end.hears(second.end.hz), second.end.hears(first.end.hz)]);

    const member = ({ sessionId }: Held) => ({ session_id: sessionId, role: 'member', user_id: 'anonymous' });
    const members = [first, second].map(member);
    expect(await room('get_info', room_id)).toMatchObject({ class: 'mcu', backend: 'freeswitch', members });
    expect((await roomAction({ room_id, action: 'list' })).members).toEqual(members);
    expect((await world.client.request('room/get_list', {})).rooms).toMatchObject([{ room_id, members: 2 }]);
    expect((await world.client.request('session/get_list', { room_id })).sessions).toHaveLength(2);

    await world.client.request('session/set_type', { session_id, type: 'park' });
    await world.hangUp(first);
    expect(await world.heard.endings(room_id)).toEqual(['no_room_members']);
    expect(world.heard.of(room_id).map(({ type }) => type)).toEqual([
      'created',
      'started_member',
      'started_member',
      'stopped_member',
      'stopped_member',
      'destroyed',
    ]);
    expect(told(room_id, 'started_member')).toEqual(members);
    expect(told(room_id, 'stopped_member')).toEqual([second, first].map(member));
    await expect(room('get_info', room_id)).rejects.toMatchObject({ reason: 'room_not_found' });
    await world.hangUp(second);
  });

  test('a room that was created outlives its members, until its timeout is over', async () => {
    const room_id = 'created';
    await world.client.request('room/create', { class: 'mcu', room_id, timeout: 5 });
    const member = await join(room_id);
    await world.hangUp(member);
    const leftAtMs = performance.now();
    expect(await room('get_info', room_id)).toMatchObject({ class: 'mcu', members: [], timeout: 5 });
    expect(await world.heard.endings(room_id)).toEqual(['no_room_members']);
    expect(Math.abs((performance.now() - leftAtMs) / 1000 - 5)).toBeLessThan(1.5);
  });

  test('a room that is destroyed ends its members', async () => {
    const room_id = 'destroyed';
    const member = await join(room_id);
    await room('destroy', room_id);
    expect(await world.heard.endings(member.sessionId)).toEqual(['room_destroyed']);
    expect(await world.heard.endings(room_id)).toEqual(['room_destroyed']);
  });

  test('its layout is one that FreeSWITCH knows, asked for by whatever command', async () => {
    const room_id = 'arranged';
    const member = await world.open('mcu', kind, { room_id, layout: '1x1' });
    expect(await room('get_info', room_id)).toMatchObject({ layout: '1x1' });
    const ways: readonly (readonly [string, (layout: string) => Promise<unknown>])[] = [
      ['2x2', (layout) => world.client.request('room/layout', { room_id, layout })],
      ['2x1', (layout) => roomAction({ session_id: member.sessionId, action: 'layout', layout })],
      ['3x3', (mcu_layout) => asked(bare, 'update', { update_type: 'mcu_layout', room_id, mcu_layout })],
    ];
    const isUnknown = expect.stringMatching(/^layout must be one of (.*, )?2x2(,|$)/);
    for (const [layout, ask] of ways) {
      await expect(ask('9x9')).rejects.toMatchObject({ reason: 'invalid_value', message: isUnknown });
      await ask(layout);
      expect(await room('get_info', room_id)).toMatchObject({ layout });
      if (engine === 'double') expect(world.double.conferences()).toMatchObject([{ layout }]);
    }
    await until('it is told', () => statuses(room_id, 'layout').length === ways.length);
    expect(statuses(room_id, 'layout')).toEqual(ways.map(([layout]) => ({ class: 'layout', layout })));
    const nowhere = { room_id: 'nowhere', layout: '2x2' };
    for (const ask of [
      () => world.client.request('room/layout', nowhere),
      () => roomAction({ action: 'layout', ...nowhere }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ reason: 'room_not_found' });
    }
    await world.hangUp(member);
  });

  test('who is muted by a moderator is not heard, until that is over; who is kicked is out', async () => {
    const room_id = 'moderated';
    const [member, other] = [await join(room_id, 'rtp'), await join(room_id)];
    const { sessionId: session_id } = member;
    const mute = (audio: boolean) => world.client.request('room/mute', { room_id, session_id, audio });
    const action = (name: 'mute' | 'unmute') => roomAction({ room_id, action: name, member_id: session_id });
    for (const [off, on] of [
      [() => mute(true), () => mute(false)],
      [() => action('mute'), () => action('unmute')],
    ] as const) {
      await other.end.hears(member.end.hz);
      await off();
      await other.end.hearsNothing();
      expect((await world.info(member)).mute_audio).toBe(true);
      await member.end.hears(other.end.hz);
      await on();
      await other.end.hears(member.end.hz);
    }
    expect(statuses(room_id, 'mute')).toHaveLength(4);
    await world.client.request('room/kick', { room_id, session_id });
    expect(await world.heard.endings(session_id)).toEqual(['member_stop']);
    const { members } = await room('get_info', room_id);
    expect(members).toMatchObject([{ session_id: other.sessionId }]);
    await expect(action('mute')).rejects.toMatchObject({ reason: 'member_not_found' });
    await world.hangUp(other);
  });

  test("whose video is muted by a moderator is out of everybody's picture, until that is over", async () => {
    const room_id = 'pictured';
    const member = await world.openWith(await world.camera({ color: 'red' }), 'mcu', { room_id, layout: '1x1' });
    const {
      sessionId: session_id,
      end: { peerConnection },
    } = member;
    const isSeen = (color: 'red' | 'grey') =>
      until(
        `${color} is seen`,
        async () => !peerConnection || (await nextPicture(received(peerConnection, 'video'))).color === color,
      );
    for (const video of [true, false]) {
      if (video) await isSeen('red');
      await world.client.request('room/mute', { room_id, session_id, video });
      if (engine === 'double') expect(world.double.channels()).toMatchObject([{ videoMuted: video }]);
      await isSeen(video ? 'grey' : 'red');
    }
    await world.hangUp(member);
  });

  test('its mix is recorded, by an admin', async () => {
    const room_id = 'recorded';
    const [member, other] = [await join(room_id, 'rtp'), await join(room_id)];
    await other.end.hears(member.end.hz);
    const { uri, recording_id } = await roomAction({ room_id, action: 'record_start' });
    const again = roomAction({ room_id, action: 'record_start' });
    await expect(again).rejects.toMatchObject({
      reason: 'invalid_state',
      message: expect.stringContaining(recording_id ?? ''),
    });
    await delay(recordMs);
    const stopped = await roomAction({ room_id, action: 'record_stop' });
    expect(stopped).toEqual({ uri, recording_id, duration: expect.closeTo(recordMs / 1000, 0) });
    expect(await fetchManifest(uri ?? '')).toMatchObject({ room_id, type: 'mcu' });
    const [played, ...more] = await playAll(uri ?? '');
    expect(more).toEqual([]);
    console.info(`${engine}: the mix, ${stopped.duration} s: ${played?.name}, ${played?.seconds} s`);
    expect(Math.abs((played?.seconds ?? 0) - recordMs / 1000)).toBeLessThan(1);
    await expect(roomAction({ room_id, action: 'record_stop' })).rejects.toMatchObject({
      reason: 'no_active_recorder',
    });
    expect(statuses(room_id, 'recording').map(({ state }) => state)).toEqual(['started', 'processing', 'available']);
    await world.hangUp(member, other);
  });

  test('nothing is left of all these rooms, and each has told of its end once, without a gap before it', async () => {
    expect(await world.faulty()).toEqual([]);
  });
});

/** A command by hand. @throws what it is answered with, where that is an error */
async function asked(client: BareClient, cmd: string, data: Record<string, unknown>): Promise<void> {
  const reply = await client.request(cmd, data);
  if (reply.result !== 'ok') throw Object.assign(new Error(reply.data.error), { reason: reply.data.reason });
}
