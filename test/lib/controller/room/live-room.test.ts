import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { LiveRoom } from '../../../../lib/controller/room/live-room.ts';
import { roomRecord } from '../../../../lib/controller/room/view.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { caller, moderator } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import { reason, refusal, rejection } from '../../../support/errors.ts';
import { offer } from '../../../support/sdp.ts';
import { mediaOf, TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode();
});
const userStop = () => new PatchbayError('user_stop');
const destroy = () => new PatchbayError('room_destroyed', 'enough');
/** The room is over, once, and holds nothing any more. */
function expectOver(room: LiveRoom, why: string) {
  const ends = node.roomWorld.of(room.spec.roomId).filter(({ type }) => type === 'destroyed');
  expect(ends.map(({ body }) => body.reason)).toEqual([why]);
  expect([room.ended, room.held, room.members.size]).toEqual([true, { timers: 0, jobs: 0 }, 0]);
  expect(node.janus.room.closed).toBeGreaterThan(0);
  expect([node.rooms.count, node.roomWorld.records.size, node.clock.pending]).toEqual([0, 0, 0]);
}
/** Makes the store wait until it is let go. */
function holdStore() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => {});
  node.roomWorld.claiming = promise;
  return { resolve, reject };
}

describe('a room', () => {
  test('is claimed and made on its engine, told, and given back at its end', async () => {
    const room = await node.room({ bitrate: 256 });
    expect(node.roomWorld.records.get('acme/lobby')).toMatchObject({ nodeId: 'node-1', class: 'sfu', userId: 'ann' });
    expect(node.janus.room).toMatchObject({ made: 1, spec: { bitrateBps: 256_000 } });
    await node.clock.advance(2600);
    await room.stop(destroy());
    expect(node.roomWorld.of('lobby')).toMatchObject([
      { type: 'created', body: { room_id: 'lobby', class: 'sfu', bitrate: 256, user_id: 'ann', status: {} } },
      { type: 'destroyed', body: { reason: 'room_destroyed', error: 'enough', duration: 3 } },
    ]);
    expectOver(room, 'room_destroyed');
  });

  test('of an id that is alive elsewhere is room_already_exists, without an event, and nothing is left', async () => {
    const elsewhere = { ...(await node.room()).spec, nodeId: 'node-2' };
    const second = new TestNode();
    second.roomWorld.records.set('acme/lobby', {
      ...elsewhere,
      tenant: 'acme',
      userId: 'bob',
      backend: 'janus',
      createdAt: '',
    });
    expect(await rejection(second.room())).toMatchObject(reason('room_already_exists'));
    expect(second.roomWorld.happened).toEqual([]);
    expect([second.rooms.count, second.clock.pending, second.janus.room.closed]).toEqual([0, 0, 1]);
    expect(second.roomWorld.records.get('acme/lobby')).toMatchObject({ nodeId: 'node-2' });
  });

  test('that the engine cannot make fails as that says, and its id is free again', async () => {
    node.janus.roomFailure = new PatchbayError('janus_error', 'no more rooms');
    expect(await rejection(node.room())).toMatchObject(reason('janus_error'));
    expect([node.rooms.count, node.roomWorld.records.size, node.clock.pending]).toEqual([0, 0, 0]);
    node.janus.roomFailure = undefined;
    expect((await node.room()).ended).toBe(false);
  });

  test('that cannot be claimed because the store is away fails so, and the engine has none', async () => {
    holdStore().reject(new Error('throttled'));
    await expect(node.room()).rejects.toThrow('throttled');
    expect([node.rooms.count, node.janus.room.closed]).toEqual([0, 1]);
  });

  test('ends once, whoever ends it at the same moment', async () => {
    const room = await node.room();
    node.janus.room.sink.stopped(new PatchbayError('janus_session_down'));
    await Promise.all([room.stop(destroy()), room.stop(destroy())]);
    expect(node.roomWorld.typesOf('lobby')).toEqual(['created', 'destroyed']);
    expectOver(room, 'janus_session_down');
  });

  test('that is destroyed while it is being made is made, then destroyed', async () => {
    const store = holdStore();
    const making = node.room();
    await flush();
    const stopping = node.rooms.find(moderator(), 'lobby').stop(destroy());
    store.resolve();
    const room = await making;
    await stopping;
    expect(node.roomWorld.typesOf('lobby')).toEqual(['created', 'destroyed']);
    expectOver(room, 'room_destroyed');
  });

  test('has its record put again every day, so that it is not collected while the room lives', async () => {
    await node.room({ timeout: 259_200 });
    node.roomWorld.records.clear();
    await node.clock.advance(86_400_000);
    expect(node.roomWorld.records.size).toBe(1);
  });

  test('whose record is another node’s by then ends: its id is that one’s', async () => {
    const room = await node.room({ timeout: 259_200 });
    await node.publish('p', { ready_timeout: 604_800 });
    node.roomWorld.records.set('acme/lobby', { ...roomRecord(room), nodeId: 'node-2' });
    await node.clock.advance(86_400_000);
    expect([room.ended, node.over]).toEqual([true, { p: 'node_lost' }]);
  });

  test('that ends while its record is put again leaves none', async () => {
    const room = await node.room({ timeout: 259_200 });
    const store = holdStore();
    await node.clock.advance(86_400_000);
    const ending = room.stop(destroy());
    await flush();
    store.resolve();
    await ending;
    expectOver(room, 'room_destroyed');
  });

  test('keeps its record though that could not be put again one day', async () => {
    const room = await node.room({ timeout: 259_200 });
    holdStore().reject(new Error('throttled'));
    await node.clock.advance(86_400_000);
    expect([room.ended, node.clock.pending]).toEqual([false, 2]);
  });
});

test('a room whose record cannot be given back is over nevertheless', async () => {
  const room = await node.room();
  node.roomWorld.writing = Promise.reject(new Error('throttled'));
  await room.stop(destroy());
  expect([node.rooms.count, node.clock.pending, node.roomWorld.typesOf('lobby').at(-1)]).toEqual([0, 0, 'destroyed']);
});

describe('its members', () => {
  test('are told of when they are ready and when they leave, with whom they hear', async () => {
    await node.room();
    const publisher = await node.publish('p');
    const listener = await node.listen('l', 'p', {}, caller({ userId: 'bob', connectionId: 'c2' }));
    await listener.stop(userStop());
    await publisher.stop(userStop());
    const ofListener = { session_id: 'l', role: 'listener', user_id: 'bob', peer_id: 'p' };
    const ofPublisher = { session_id: 'p', role: 'publisher', user_id: 'ann' };
    expect(node.roomWorld.of('lobby').slice(1)).toEqual([
      { type: 'started_member', body: ofPublisher },
      { type: 'started_member', body: ofListener },
      { type: 'stopped_member', body: ofListener },
      { type: 'stopped_member', body: ofPublisher },
    ]);
  });

  test('that turn to another publisher are told of, once they are ready', async () => {
    const room = await node.room();
    await node.publish('p1');
    await node.publish('p2');
    const listener = await node.listen('l', 'p1');
    await node.sessions.controlled(caller(), 'l').listenTo(node.sessions.controlled(caller(), 'p2'));
    expect(node.roomWorld.of('lobby').at(-1)).toEqual({
      type: 'status',
      body: { class: 'listening', session_id: 'l', peer_id: 'p2' },
    });
    expect(room.members.seen.find(({ session_id }) => session_id === listener.spec.sessionId)?.peer_id).toBe('p2');
  });

  test('that a moderator has muted are listed as such until they are let through again', async () => {
    const room = await node.room();
    const publisher = await node.publish('p');
    await publisher.moderate({ audio: true, video: true }, room);
    expect(room.members.seen).toEqual([expect.objectContaining({ mute_audio: true, mute_video: true })]);
    await publisher.moderate({ audio: false, video: false }, room);
    expect(Object.keys(room.members.seen[0] ?? {})).not.toContain('mute_audio');
  });

  test('that never got ready are told of to nobody, but count against max_publishers while they try', async () => {
    await node.room({ max_publishers: 1 });
    node.janus.answers = 'later';
    const first = await node.publish('p1');
    const error = await rejection(node.publish('p2'));
    expect(error).toMatchObject({ ...reason('invalid_state'), message: 'room lobby has its 1 publishers' });
    mediaOf(first).fails(new PatchbayError('janus_error'));
    await flush();
    node.janus.answers = 'now';
    expect((await node.publish('p3')).state).toBe('ready');
    expect(node.roomWorld.typesOf('lobby')).toEqual(['created', 'started_member']);
  });

  test('that are refused a place leave nothing on the engine', async () => {
    await node.room({ max_publishers: 1 });
    await node.publish('p1');
    await rejection(node.publish('p2'));
    expect([node.janus.engine().sessions, node.sessions.count]).toEqual([1, 1]);
    expect(node.world.typesOf('p2')).toEqual([]);
  });

  test('end with room_destroyed when the room does, each once, before its own end is told', async () => {
    const room = await node.room();
    await node.publish('p');
    await node.listen('l', 'p');
    const waiting = await node.session('w', { type: 'listen', publisher_id: 'p' });
    expect(waiting.state).toBe('wait');
    await room.stop(destroy());
    expect(node.over).toEqual({ p: 'room_destroyed', l: 'room_destroyed', w: 'room_destroyed' });
    expect(node.roomWorld.typesOf('lobby').at(-1)).toBe('destroyed');
    expectOver(room, 'room_destroyed');
  });

  test('end as the engine says when that loses the room', async () => {
    const room = await node.room();
    await node.publish('p');
    node.janus.room.sink.stopped(new PatchbayError('janus_session_down', 'Janus lost the room'));
    await flush();
    expect(node.over).toEqual({ p: 'janus_session_down' });
    expectOver(room, 'janus_session_down');
  });

  test('who listen end with publisher_stop when their publisher does; the others stay', async () => {
    await node.room();
    const first = await node.publish('p1');
    await node.publish('p2');
    await node.listen('l1', 'p1');
    await node.listen('l2', 'p2');
    await first.stop(userStop());
    await flush();
    expect(node.over).toEqual({ p1: 'user_stop', l1: 'publisher_stop' });
  });

  test('that are being made when the room ends are created, then destroyed', async () => {
    const room = await node.room();
    const { promise, resolve } = Promise.withResolvers<void>();
    node.world.claiming = promise;
    const creating = node.create('p', { type: 'publish', offer, room_id: 'lobby' });
    await flush();
    const stopping = room.stop(destroy());
    resolve();
    await creating;
    await stopping;
    expect(node.world.typesOf('p')).toEqual(['created', 'destroyed']);
    expectOver(room, 'room_destroyed');
  });

  test('are not seen by others before they are ready: member_not_found', async () => {
    const room = await node.room();
    node.janus.answers = 'later';
    const publisher = await node.publish('p');
    expect(refusal(() => room.member('p'))).toMatchObject(reason('member_not_found'));
    mediaOf(publisher).answers();
    await flush();
    expect(room.member('p')).toBe(publisher);
  });

  test('cannot come once it has ended: room_not_found', async () => {
    const room = await node.room();
    const publisher = await node.publish('p');
    await room.stop(destroy());
    expect(refusal(() => room.join(publisher, 'publisher', undefined))).toMatchObject(reason('room_not_found'));
    expect(room.members.size).toBe(0);
  });
});

describe('without publishers', () => {
  test('for its timeout it ends with no_room_members', async () => {
    const room = await node.room({ timeout: 10 });
    await node.clock.advance(9999);
    expect(room.ended).toBe(false);
    await node.clock.advance(1);
    expect(node.roomWorld.of('lobby').at(-1)?.body).toMatchObject({
      reason: 'no_room_members',
      error: 'no publishers for 10 s',
    });
    expectOver(room, 'no_room_members');
  });

  test('it has its timeout again when the last one leaves, and all of it', async () => {
    const room = await node.room({ timeout: 10 });
    const publisher = await node.publish('p');
    await node.clock.advance(60_000);
    await publisher.stop(userStop());
    await node.clock.advance(9999);
    expect(room.ended).toBe(false);
    await node.clock.advance(1);
    expectOver(room, 'no_room_members');
  });

  test('it lives on while there is one, whoever else leaves', async () => {
    const room = await node.room({ timeout: 10 });
    await node.publish('p1');
    const [second, listener] = [await node.publish('p2'), await node.listen('l', 'p1')];
    await second.stop(userStop());
    await listener.stop(userStop());
    await node.clock.advance(60_000);
    expect([room.ended, node.clock.pending]).toEqual([false, 2]);
  });

  test('a publisher that is being made when its time is over keeps it', async () => {
    const room = await node.room({ timeout: 10 });
    await node.clock.advance(9999);
    node.janus.answers = 'later';
    await node.publish('p');
    await node.clock.advance(20_000);
    expect(room.ended).toBe(false);
    await room.stop(destroy());
  });
});

describe('a room that was made for a publisher', () => {
  const first = { type: 'publish', offer, room_id: 'lobby', create_room: true };

  test('ends at once where that never gets ready', async () => {
    node.janus.answers = 'later';
    const publisher = await node.session('p', first);
    const room = node.rooms.find(caller(), 'lobby');
    mediaOf(publisher).fails(new PatchbayError('invalid_value', 'no codec'));
    await flush();
    expect(node.roomWorld.typesOf('lobby')).toEqual(['created', 'destroyed']);
    expectOver(room, 'no_room_members');
  });

  test('ends at once where that is refused', async () => {
    await node.session('taken', { type: 'echo', offer });
    expect(await rejection(node.create('taken', first))).toMatchObject(reason('duplicated_session_id'));
    await flush();
    expect(node.rooms.count).toBe(0);
    expect(node.roomWorld.of('lobby').at(-1)).toMatchObject({ type: 'destroyed', body: { reason: 'no_room_members' } });
  });

  test('stays for its timeout once somebody was in it', async () => {
    const publisher = await node.session('p', first);
    await publisher.stop(userStop());
    await node.clock.advance(299_999);
    expect(node.rooms.count).toBe(1);
    await node.clock.advance(1);
    expect(node.rooms.count).toBe(0);
  });

  test('stays for the second one, though the first one fails while that comes in', async () => {
    await node.session('taken', { type: 'echo', offer });
    const store = holdStore();
    const refused = rejection(node.create('taken', first));
    const second = node.create('p', { ...first, create_room: false });
    await flush();
    store.resolve();
    expect(await refused).toMatchObject(reason('duplicated_session_id'));
    const publisher = await second;
    await flush();
    expect(publisher.state).toBe('ready');
    expect(node.rooms.find(caller(), 'lobby').members.size).toBe(1);
  });

  test('under an id of ours is not waited for, but is told of before its members', async () => {
    const store = holdStore();
    const publisher = await node.session('p', { type: 'publish', offer });
    const { room } = publisher.spec.binding;
    expect([publisher.state, node.roomWorld.happened]).toEqual(['ready', []]);
    store.resolve();
    await flush();
    expect(node.roomWorld.happened.map(({ type, seq, obj_id }) => [type, seq, obj_id])).toEqual([
      ['created', 1, room?.spec.roomId],
      ['started_member', 2, room?.spec.roomId],
    ]);
  });

  test('and then cannot be claimed ends its publisher, too: nobody stays in a room that is not there', async () => {
    const store = holdStore();
    const publisher = await node.session('p', { type: 'publish', offer });
    store.reject(new Error('throttled'));
    await flush();
    expect(publisher.state).toBe('destroyed');
    expect([node.rooms.count, node.sessions.count, node.clock.pending]).toEqual([0, 0, 0]);
    expect(node.roomWorld.happened).toEqual([]);
  });
});

describe('an mcu room', () => {
  const join = (sessionId: string, fields: Record<string, unknown> = {}) =>
    node.park(sessionId, { type: 'mcu', room_id: 'lobby', ...fields });
  const lastOf = (roomId: string) => node.roomWorld.of(roomId).at(-1);

  test('that was made by its first member ends with its last, at once', async () => {
    const [first, second] = [await join('m1'), await join('m2')];
    const { room } = first;
    await first.stop(userStop());
    expect(room?.ended).toBe(false);
    await second.stop(userStop());
    await flush();
    expect(lastOf('lobby')).toMatchObject({ body: { reason: 'no_room_members', error: 'its last member left' } });
    expect(node.roomWorld.typesOf('lobby')).toEqual([
      'created',
      'started_member',
      'started_member',
      'stopped_member',
      'stopped_member',
      'destroyed',
    ]);
    expect([node.rooms.count, node.roomWorld.records.size, node.clock.pending]).toEqual([0, 0, 0]);
    expect(node.freeswitch.room.closed).toBe(1);
  });

  test('whose first member never gets ready ends with that one', async () => {
    const ringing = await node.ring('m', { type: 'mcu', room_id: 'lobby', wait_timeout: 5 });
    expect([ringing.room?.members.seen, ringing.room?.members.size]).toEqual([[], 1]);
    await node.clock.advance(5000);
    expect(lastOf('lobby')?.body).toMatchObject({ error: 'its first member could not be started' });
  });

  test('whose first member is refused ends at once', async () => {
    await node.park('taken');
    expect(await rejection(join('taken'))).toMatchObject(reason('duplicated_session_id'));
    await flush();
    expect(node.rooms.count).toBe(0);
  });

  test('stays for the second one, though the first one is refused while that comes in', async () => {
    await node.park('taken');
    const store = holdStore();
    const refused = rejection(join('taken'));
    const second = join('m');
    await flush();
    store.resolve();
    expect(await refused).toMatchObject(reason('duplicated_session_id'));
    expect((await second).room?.members.seen).toMatchObject([{ session_id: 'm' }]);
  });

  test('that was created ends when it has had no members for its timeout, and not with its last', async () => {
    const room = await node.room({ class: 'mcu', timeout: 10 });
    const member = await join('m');
    await node.clock.advance(60_000);
    await member.stop(userStop());
    await node.clock.advance(9999);
    expect(room.ended).toBe(false);
    await node.clock.advance(1);
    expect(lastOf('lobby')?.body).toMatchObject({ reason: 'no_room_members', error: 'no members for 10 s' });
  });

  test('is kept by a seat, as by a member, until that is given back', async () => {
    const room = await node.room({ class: 'mcu', timeout: 10 });
    const seat = room.seat();
    await node.clock.advance(60_000);
    expect(room.ended).toBe(false);
    seat.giveBack();
    seat.giveBack();
    await node.clock.advance(10_000);
    expect(room.ended).toBe(true);
  });

  test('that the engine loses ends its members as that says', async () => {
    await join('m');
    node.freeswitch.room.sink.stopped(new PatchbayError('fs_channel_stop', 'the conference is gone'));
    await flush();
    expect(node.over).toEqual({ m: 'fs_channel_stop' });
  });

  describe('is recorded', () => {
    const started = async () => {
      const { room } = await join('m');
      if (!room) throw new Error('it is in no room');
      return { room, recording: await room.startRecording() };
    };
    const manifestOf = async (recordingId: string) => {
      const base = node.freeswitch.room.recorder.started.at(-1) ?? '';
      expect(base).toContain(recordingId);
      return JSON.parse(await readFile(`${dirname(base)}/recording.json`, 'utf8'));
    };

    test('by the recorder of its mix; the manifest and the statuses say of which room', async () => {
      const { room, recording } = await started();
      await node.clock.advance(1500);
      expect(await room.stopRecording()).toEqual({ ...recording, duration: 1.5 });
      expect(await manifestOf(recording.recording_id)).toMatchObject({
        recording_id: recording.recording_id,
        room_id: 'lobby',
        type: 'mcu',
        duration_ms: 1500,
      });
      expect(await manifestOf(recording.recording_id)).not.toHaveProperty('session_id');
      const statuses = node.roomWorld.of('lobby').filter(({ type }) => type === 'status');
      expect(statuses.map(({ body }) => [body.class, body.state])).toEqual(
        ['started', 'processing', 'available'].map((state) => ['recording', state]),
      );
    });

    test('to its end: that is told when the recording is complete', async () => {
      const { room } = await started();
      await room.stop(destroy());
      const told = node.roomWorld.of('lobby').map(({ type, body }) => body.state ?? type);
      expect(told.slice(2)).toEqual(['started', 'processing', 'available', 'stopped_member', 'destroyed']);
    });

    test('no more once it is ending: room_not_found, and the recorder stands still', async () => {
      const { room } = await started();
      const ending = room.stop(destroy());
      expect(await rejection(room.startRecording())).toMatchObject(reason('room_not_found'));
      expect(await rejection(room.stopRecording())).toMatchObject(reason('room_not_found'));
      await ending;
      const { recorder } = node.freeswitch.room;
      expect([recorder.started.length, recorder.stopped]).toEqual([1, 1]);
    });

    test('or not, where the engine refuses: recording_failed, without its words', async () => {
      const { room } = await join('m');
      node.freeswitch.room.recorder.failure = new PatchbayError('fs_error', 'secrets of the disk');
      expect(await rejection(room?.startRecording() ?? Promise.resolve())).toMatchObject({
        ...reason('recording_failed'),
        message: 'the recording failed',
      });
    });
  });
});

test('an sfu room has no mix to record: invalid_operation', async () => {
  const room = await node.room();
  expect(await rejection(room.startRecording())).toMatchObject({
    ...reason('invalid_operation'),
    message: 'the media of this sfu room cannot be recorded here',
  });
});

test('a status is told and kept, and nothing follows the end', async () => {
  const room = await node.room();
  const mute = { class: 'mute', session_id: 'p', audio: true, video: false } as const;
  room.setStatus(mute);
  expect(room.status).toEqual({ mute });
  await room.stop(destroy());
  room.setStatus({ ...mute, audio: false });
  expect(node.roomWorld.typesOf('lobby')).toEqual(['created', 'status', 'destroyed']);
});
