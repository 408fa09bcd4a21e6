import { beforeEach, describe, expect, test } from 'vitest';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { admin, caller, moderator } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import { reason, refusal, rejection } from '../../../support/errors.ts';
import { FakeBackend } from '../../../support/fake-backend.ts';
import { FakeFreeSwitch } from '../../../support/fake-freeswitch.ts';
import { offer } from '../../../support/sdp.ts';
import { TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode();
});
const publish = (fields: Record<string, unknown> = {}) => ({ type: 'publish', offer, ...fields });
/** The room that a new publisher comes into. */
const roomOf = async (sessionId: string, fields: Record<string, unknown>, who = moderator()) =>
  (await node.session(sessionId, publish(fields), who)).spec.binding.room;
/** Another node has a room of this id. */
function elsewhere(roomId: string) {
  const record = { tenant: 'acme', roomId, nodeId: 'node-2', requestId: 'r', userId: 'bob' };
  node.roomWorld.records.set(`acme/${roomId}`, { ...record, class: 'sfu', backend: 'janus', createdAt: '' });
}

describe('create', () => {
  test('makes a room under the id that was given, or under one that names the node', async () => {
    expect((await node.room()).spec.roomId).toBe('lobby');
    expect((await node.room({ room_id: undefined })).spec.roomId).toMatch(/^[0-9a-f-]{36}@node-1$/);
    expect(node.rooms.count).toBe(2);
  });

  test('names the engine’s room by an id of its own, not by the client’s', async () => {
    await node.room();
    expect(node.janus.room.spec.mediaId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('of an id that is here is room_already_exists and leaves the first one alone', async () => {
    const room = await node.room();
    expect(await rejection(node.room())).toMatchObject(reason('room_already_exists'));
    expect(node.rooms.find(caller(), 'lobby')).toBe(room);
  });

  test('of the same id in another tenant makes another room', async () => {
    const mine = await node.room();
    const theirs = await node.room({}, moderator({ tenant: 'globex' }));
    expect(theirs).not.toBe(mine);
    await theirs.stop(new PatchbayError('room_destroyed'));
    expect(node.rooms.find(caller(), 'lobby')).toBe(mine);
  });

  test('needs the scope media:room, and the room in the claim', async () => {
    expect(await rejection(node.room({}, caller()))).toMatchObject(reason('unauthorized'));
    expect(await rejection(node.room({}, moderator({ rooms: ['attic'] })))).toMatchObject(reason('unauthorized'));
    expect(await rejection(node.room({ room_id: undefined }, admin({ rooms: ['attic'] })))).toMatchObject(
      reason('unauthorized'),
    );
    expect((await node.room({}, moderator({ rooms: ['lobby'] }))).spec.roomId).toBe('lobby');
    expect(node.rooms.count).toBe(1);
  });

  test('goes to the least loaded engine that keeps such rooms, and not to one that cannot', async () => {
    const second = new FakeBackend('janus', 'janus-2');
    node.backends.push(second);
    await node.session('busy', { type: 'echo', offer });
    expect((await node.room()).spec.backend).toBe(second);
    node.freeswitch.up = false;
    expect(await rejection(node.room({ room_id: 'm', class: 'mcu' }))).toMatchObject(reason('no_mediaserver'));
    expect(await rejection(node.room({ room_id: 'm', backend: 'freeswitch' }))).toMatchObject(
      reason('incompatible_session'),
    );
    node.janus.up = second.up = false;
    expect(await rejection(node.room({ room_id: 'm' }))).toMatchObject(reason('no_mediaserver'));
    expect(node.rooms.count).toBe(1);
  });

  test('on a node that drains is node_draining, while its rooms go on', async () => {
    const room = await node.room();
    node.rooms.drain();
    expect(await rejection(node.room({ room_id: 'other' }))).toMatchObject({
      ...reason('node_draining'),
      retryAfterSeconds: 1,
    });
    expect(await roomOf('p', { room_id: 'lobby' })).toBe(room);
  });
});

describe('a publisher', () => {
  test('comes into the room that it names, whoever made it', async () => {
    const room = await node.room();
    expect(await roomOf('p', { room_id: 'lobby' }, caller({ userId: 'bob' }))).toBe(room);
  });

  test('without a room has one made for it, of its own options', async () => {
    const room = await roomOf('p', { room_video_codec: 'h264', room_bitrate: 512 });
    expect(room?.spec).toMatchObject({
      roomId: expect.stringMatching(/@node-1$/),
      onDemand: true,
      options: { audio_codec: 'opus', video_codec: 'h264', bitrate: 512, timeout: 300, max_publishers: 50 },
    });
  });

  test('names a room that is not there: room_not_found, unless it may be made', async () => {
    expect(await rejection(roomOf('p', { room_id: 'lobby' }))).toMatchObject(reason('room_not_found'));
    expect((await roomOf('p', { room_id: 'lobby', create_room: true }))?.spec.onDemand).toBe(true);
  });

  test('never makes a room anew under an id of ours: that room was, and is over', async () => {
    const gone = '6b0cc2c4-9b7e-4a41-8f3b-0a3d7f2b9a10@node-1';
    expect(await rejection(roomOf('p', { room_id: gone, create_room: true }))).toMatchObject(reason('room_not_found'));
  });

  test('needs the scope media:room to have one made, not to come into one', async () => {
    expect(await rejection(roomOf('p', {}, caller()))).toMatchObject(reason('unauthorized'));
    expect(await rejection(roomOf('p', { room_id: 'lobby', create_room: true }, caller()))).toMatchObject(
      reason('unauthorized'),
    );
    await node.room();
    expect((await roomOf('p', { room_id: 'lobby', create_room: true }, caller()))?.spec.roomId).toBe('lobby');
  });

  test('comes only into rooms of its claim', async () => {
    await node.room();
    const claimed = moderator({ rooms: ['attic'] });
    expect(await rejection(roomOf('p', { room_id: 'lobby' }, claimed))).toMatchObject(reason('unauthorized'));
    expect(await rejection(roomOf('p', {}, claimed))).toMatchObject(reason('unauthorized'));
  });

  test('that expects other codecs or another bitrate than the room has is invalid_parameters', async () => {
    await node.room({ audio_codec: 'pcmu' });
    const error = await rejection(roomOf('p', { room_id: 'lobby', room_audio_codec: 'opus' }));
    expect(error).toMatchObject({
      ...reason('invalid_parameters'),
      message: 'data.room_audio_codec is opus, but room lobby has pcmu',
    });
    expect((await roomOf('p', { room_id: 'lobby', room_audio_codec: 'pcmu' }))?.spec.roomId).toBe('lobby');
  });

  test('whose room another node made first is different_mediaserver, which names the way there', async () => {
    elsewhere('lobby');
    const both = [1, 2].map((at) => rejection(roomOf(`p${at}`, { room_id: 'lobby', create_room: true })));
    for (const error of await Promise.all(both)) {
      expect(error).toMatchObject({ ...reason('different_mediaserver'), message: 'room lobby is on another node' });
    }
    expect([node.rooms.count, node.sessions.count, node.clock.pending]).toEqual([0, 0, 0]);
  });

  test('that comes while its room is being made waits for that', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    node.roomWorld.claiming = promise;
    const making = node.room();
    const coming = node.create('p', publish({ room_id: 'lobby' }));
    await flush();
    expect(node.world.typesOf('p')).toEqual([]);
    resolve();
    expect((await coming).spec.binding.room).toBe(await making);
  });
});

describe('a room is found', () => {
  test('by whoever may use it, and moderated by whoever has the scope', async () => {
    const room = await node.room();
    expect(node.rooms.find(caller({ userId: 'bob' }), 'lobby')).toBe(room);
    expect(node.rooms.moderated(moderator({ userId: 'bob' }), 'lobby')).toBe(room);
    expect(refusal(() => node.rooms.moderated(caller(), 'lobby'))).toMatchObject(reason('unauthorized'));
    expect(refusal(() => node.rooms.find(caller({ rooms: [] }), 'lobby'))).toMatchObject(reason('unauthorized'));
    expect(refusal(() => node.rooms.find(caller({ scopes: [] }), 'lobby'))).toMatchObject(reason('unauthorized'));
  });

  test('in its own tenant, and while it lives: else room_not_found', async () => {
    const room = await node.room();
    expect(refusal(() => node.rooms.find(admin({ tenant: 'globex' }), 'lobby'))).toMatchObject(
      reason('room_not_found'),
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    node.roomWorld.writing = promise;
    const ending = room.stop(new PatchbayError('room_destroyed'));
    await flush();
    expect(refusal(() => node.rooms.find(caller(), 'lobby'))).toMatchObject(reason('room_not_found'));
    resolve();
    await ending;
    expect(refusal(() => node.rooms.find(caller(), 'lobby'))).toMatchObject(reason('room_not_found'));
  });
});

describe('a list', () => {
  const list = (who = caller(), limit = 100, after = '') => {
    const page = node.rooms.list(who, { limit }, after);
    return { ids: page.rooms.map(({ room_id }) => room_id), more: page.more };
  };

  test('holds the rooms of the tenant in the order of ids, page by page', async () => {
    for (const room_id of ['c', 'a', 'b']) await node.room({ room_id });
    await node.room({ room_id: 'theirs' }, moderator({ tenant: 'globex' }));
    expect(list(caller(), 2)).toEqual({ ids: ['a', 'b'], more: true });
    expect(list(caller(), 2, 'b')).toEqual({ ids: ['c'], more: false });
  });

  test('holds only those of the claim', async () => {
    for (const room_id of ['a', 'b']) await node.room({ room_id });
    expect(list(caller({ rooms: ['b'] })).ids).toEqual(['b']);
    expect(refusal(() => list(caller({ scopes: [] })))).toMatchObject(reason('unauthorized'));
  });

  test('leaves out one that has ended, and counts the members that can be seen', async () => {
    await node.room();
    const over = await node.room({ room_id: 'over' });
    await node.publish('p');
    await over.stop(new PatchbayError('room_destroyed'));
    expect(node.rooms.list(caller(), { limit: 100 }, '').rooms).toEqual([
      { room_id: 'lobby', class: 'sfu', backend: 'janus', members: 1, created_at: '2030-01-01T00:00:00.000Z' },
    ]);
  });
});

test('the end of the node is the end of every room, and of who is in it', async () => {
  await node.room();
  await node.room({ room_id: 'other' });
  await node.publish('p');
  await node.rooms.stopAll(new PatchbayError('node_lost', 'the media node stops'));
  expect([node.rooms.count, node.clock.pending, node.roomWorld.records.size]).toEqual([0, 0, 0]);
  expect(node.over).toEqual({ p: 'node_lost' });
});

describe('a member of an mcu room', () => {
  const mcu = (fields: Record<string, unknown> = {}) => ({ type: 'mcu', offer, ...fields });
  const join = (sessionId: string, fields: Record<string, unknown> = {}, who = moderator()) =>
    node.session(sessionId, mcu(fields), who);
  const refused = (fields: Record<string, unknown>, who = moderator()) => rejection(join('x', fields, who));

  test('without a room has one made for it, of its profile, layout, codecs and bitrate', async () => {
    const { room } = await join('m', {
      room_type: 'audio-mcu',
      layout: '2x2',
      room_video_codec: 'h264',
      room_bitrate: 512,
    });
    expect(room?.spec).toMatchObject({ class: 'mcu', onDemand: true, profile: 'audio-mcu', layout: '2x2' });
    expect(node.freeswitch.room.spec).toMatchObject({
      profile: 'audio-mcu',
      layout: '2x2',
      videoCodec: 'h264',
      bitrateBps: 512_000,
    });
    expect((await join('n')).room?.spec).toMatchObject({ profile: 'video-mcu-stereo', options: { bitrate: 0 } });
  });

  test('makes the one that it names, without being asked whether it may be made', async () => {
    const { room } = await join('m', { room_id: 'lobby' });
    expect(room?.spec).toMatchObject({ roomId: 'lobby', onDemand: true });
    expect((await join('n', { room_id: 'lobby' }, caller({ userId: 'bob' }))).room).toBe(room);
    expect(room?.members.seen).toHaveLength(2);
  });

  test('comes into one that was created, and finds it of the default profile', async () => {
    const room = await node.room({ class: 'mcu' });
    expect((await join('m', { room_id: 'lobby', room_type: 'video-mcu-stereo' })).room).toBe(room);
  });

  test('needs the scope media:room to have one made, and the room in its claim', async () => {
    expect(await refused({ room_id: 'lobby' }, caller())).toMatchObject(reason('unauthorized'));
    expect(await refused({ room_id: 'lobby' }, moderator({ rooms: ['attic'] }))).toMatchObject(reason('unauthorized'));
    expect(await refused({}, moderator({ rooms: ['attic'] }))).toMatchObject(reason('unauthorized'));
    expect(node.rooms.count).toBe(0);
  });

  test.each([
    [{ room_type: 'audio-mcu' }, 'data.room_type is audio-mcu, but room lobby is video-mcu-stereo'],
    [{ room_audio_codec: 'pcmu' }, 'data.room_audio_codec is pcmu, but room lobby is opus'],
    [{ room_bitrate: 64 }, 'data.room_bitrate is 64, but room lobby is 0'],
  ])('that expects %o of one that is something else is invalid_parameters', async (fields, message) => {
    await join('m', { room_id: 'lobby' });
    expect(await refused({ room_id: 'lobby', ...fields })).toMatchObject({
      ...reason('invalid_parameters'),
      message: message.replace('lobby is', 'lobby has'),
    });
  });

  test('of an sfu room is incompatible_session, as is a publisher of an mcu room', async () => {
    await node.room();
    await node.room({ class: 'mcu', room_id: 'mix' });
    expect(await refused({ room_id: 'lobby' })).toMatchObject({
      ...reason('incompatible_session'),
      message: 'room lobby is of class sfu',
    });
    expect(await rejection(roomOf('p', { room_id: 'mix' }))).toMatchObject(reason('incompatible_session'));
  });

  test('never makes a room anew under an id of ours: room_not_found', async () => {
    const gone = '6b0cc2c4-9b7e-4a41-8f3b-0a3d7f2b9a10@node-1';
    expect(await refused({ room_id: gone })).toMatchObject(reason('room_not_found'));
  });

  test('that comes first with another at the same moment finds itself in the same room', async () => {
    const both = await Promise.all([join('m', { room_id: 'lobby' }), join('n', { room_id: 'lobby' })]);
    expect(both[0].room).toBe(both[1].room);
    expect(node.freeswitch.rooms).toHaveLength(1);
  });

  test('whose room another node made first is different_mediaserver, and nothing is left', async () => {
    elsewhere('lobby');
    const both = [1, 2].map((at) => rejection(node.create(`m${at}`, mcu({ room_id: 'lobby' }))));
    for (const error of await Promise.all(both)) expect(error).toMatchObject(reason('different_mediaserver'));
    expect([node.rooms.count, node.sessions.count, node.clock.pending]).toEqual([0, 0, 0]);
  });

  test('that comes as the last one leaves is in the next room of this id', async () => {
    const first = await join('m', { room_id: 'lobby' });
    const leaving = first.stop(new PatchbayError('user_stop'));
    const second = await join('n', { room_id: 'lobby' });
    await leaving;
    await flush();
    expect(second.room?.members.seen).toMatchObject([{ session_id: 'n' }]);
    expect([second.state, second.room?.ended, node.rooms.count]).toEqual(['ready', false, 1]);
  });

  test('waits for a room of this id to be over that has lost its last member', async () => {
    const first = await join('m', { room_id: 'lobby' });
    const { promise, resolve } = Promise.withResolvers<void>();
    node.roomWorld.writing = promise;
    await first.stop(new PatchbayError('user_stop'));
    const coming = join('n', { room_id: 'lobby' });
    await flush();
    expect(node.world.typesOf('n')).toEqual([]);
    resolve();
    const { room } = await coming;
    expect(node.rooms.find(caller(), 'lobby')).toBe(room);
    expect(room?.spec.mediaId).not.toBe(node.freeswitch.rooms[0]?.spec.mediaId);
  });

  test('on a node that drains comes into rooms that are there, and into no new one', async () => {
    await join('m', { room_id: 'lobby' });
    node.rooms.drain();
    expect((await join('n', { room_id: 'lobby' })).state).toBe('ready');
    expect(await refused({ room_id: 'attic' })).toMatchObject(reason('node_draining'));
    expect(await rejection(node.setType('n', { type: 'mcu', room_id: 'attic' }))).toMatchObject(
      reason('node_draining'),
    );
    expect(node.sessions.find(caller(), 'n')?.type).toBe('mcu');
  });

  test('that is to go there from another type finds the room made on its own engine', async () => {
    const idle = new FakeFreeSwitch('freeswitch-2');
    await node.park('m');
    node.backends.push(idle);
    await node.setType('m', { type: 'mcu', room_id: 'lobby' });
    expect(node.rooms.find(caller(), 'lobby').spec.backend).toBe(node.freeswitch);
    node.freeswitch.up = false;
    await node.park('n', { room_id: 'other' });
    expect(await rejection(node.setType('n', { type: 'mcu', room_id: 'lobby' }))).toMatchObject({
      ...reason('different_mediaserver'),
      message: 'room lobby is on another media server',
    });
  });
});
