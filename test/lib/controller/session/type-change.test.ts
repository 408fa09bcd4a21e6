import { beforeEach, describe, expect, test } from 'vitest';
import { kick, mute } from '../../../../lib/controller/room/commands.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { caller, moderator } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { channelOf, TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode();
});
const session = (sessionId: string) => node.sessions.controlled(caller(), sessionId);
const channel = (sessionId: string) => channelOf(session(sessionId));
const room = (roomId = 'lobby') => node.rooms.find(moderator(), roomId);
const refusedOf = (sessionId: string, fields: Record<string, unknown>) => rejection(node.setType(sessionId, fields));
const transferError = () => new PatchbayError('fs_transfer_error', 'FreeSWITCH did not transfer the channel');
/** The engine is slow to move this session, until it is let go. */
function slow(sessionId: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  channel(sessionId).moving = promise;
  return resolve;
}

const wishes = {
  park: { type: 'park' },
  echo: { type: 'echo' },
  mcu: { type: 'mcu', room_id: 'lobby' },
  bridge: { type: 'bridge', peer_id: 'p' },
} as const;
type Type = keyof typeof wishes;
const types = ['park', 'echo', 'mcu', 'bridge'] as const;
const pairs = types.flatMap((from) => types.filter((to) => to !== from).map((to) => [from, to] as const));

describe('from any type to any other', () => {
  test.each(pairs)('%s to %s: the engine does it once, and session, room, peer and record say so', async (from, to) => {
    await node.park('p', { stop_after_peer: false });
    await node.park('a', wishes[from]);
    const before = channel('a').moves.length;
    const reply = {
      park: {},
      echo: {},
      mcu: { room_id: 'lobby', room_type: 'video-mcu-stereo' },
      bridge: { peer_id: 'p' },
    };
    expect(await node.setType('a', wishes[to])).toEqual(reply[to]);
    await flush();
    expect(channel('a').moves.slice(before)).toMatchObject([{ type: to }]);
    expect(node.world.of('a').at(-1)).toMatchObject({ type: 'type', body: { type: to, ...reply[to] } });
    expect([session('a').type, node.world.records.get('acme/a')?.type]).toEqual([to, to]);
    expect(session('p').type).toBe(to === 'bridge' ? 'bridge' : 'park');
    const told = node.roomWorld.typesOf('lobby');
    if (from === 'mcu') expect(told).toEqual(['created', 'started_member', 'stopped_member', 'destroyed']);
    else expect(told).toEqual(to === 'mcu' ? ['created', 'started_member'] : []);
  });

  test.each(types)('what is %s already stays so, without a word to the engine or an event', async (type: Type) => {
    await node.park('p');
    await node.park('a', wishes[type]);
    const before = [channel('a').moves.length, node.world.of('a').length];
    await node.setType('a', wishes[type]);
    expect([channel('a').moves.length, node.world.of('a').length]).toEqual(before);
    expect(session('a').type).toBe(type);
  });

  test('from one room into another: it leaves the first when it is in the second', async () => {
    await node.park('a', { type: 'mcu', room_id: 'lobby' });
    await node.setType('a', { type: 'mcu', room_id: 'attic' });
    await flush();
    expect(room('attic').members.seen).toEqual([{ session_id: 'a', role: 'member', user_id: 'ann' }]);
    expect(node.roomWorld.of('lobby').at(-1)).toMatchObject({ type: 'destroyed', body: { reason: 'no_room_members' } });
  });

  test('two that are bridged with others leave both alone', async () => {
    for (const [one, other] of [
      ['a', 'x'],
      ['b', 'y'],
    ]) {
      await node.park(String(one));
      await node.park(String(other), { type: 'bridge', peer_id: one, stop_after_peer: one === 'a' });
    }
    await node.setType('a', { type: 'bridge', peer_id: 'b' });
    expect(session('b').bridging.peer).toBe(session('a'));
    expect([node.over, session('y').type]).toEqual([{ x: 'bridge_stop' }, 'park']);
  });
});

describe('what the engine refuses', () => {
  test.each(pairs)('from %s to %s leaves it parked, which it says', async (from, to) => {
    await node.park('p', { stop_after_peer: false });
    await node.park('a', wishes[from]);
    const { length } = node.world.of('a');
    channel('a').moveFailure = transferError();
    expect(await refusedOf('a', wishes[to])).toMatchObject(reason('fs_transfer_error'));
    await flush();
    expect([session('a').type, session('p').type, channel('a').place?.type]).toEqual(['park', 'park', 'park']);
    const told = node.world
      .of('a')
      .slice(length)
      .map(({ body }) => body.type);
    expect(told).toEqual(from === 'park' ? [] : ['park']);
    expect([session('a').bridging.peer, session('a').room, node.rooms.count]).toEqual([undefined, undefined, 0]);
  });

  test('parks the peer as well that it was to be bridged with, out of its room, and whom both leave alone', async () => {
    await node.park('x', { stop_after_peer: false });
    await node.park('a', { type: 'bridge', peer_id: 'x' });
    await node.park('b', { type: 'mcu', room_id: 'lobby' });
    channel('a').moveFailure = transferError();
    expect(await refusedOf('a', { type: 'bridge', peer_id: 'b' })).toMatchObject(reason('fs_transfer_error'));
    await flush();
    expect(['a', 'b', 'x'].map((id) => [session(id).type, channel(id).place?.type])).toEqual(
      ['a', 'b', 'x'].map(() => ['park', 'park']),
    );
    expect(node.rooms.count).toBe(0);
  });

  test.each([
    ['its client is not connected yet', (id: string) => Object.assign(channel(id), { isConnected: false })],
    [
      'the engine is out of reach',
      (id: string) => Object.assign(channel(id), { outOfReach: new PatchbayError('fs_error', 'not connected') }),
    ],
  ])('before it has touched anything, as %s, leaves all as it was', async (_, prevent) => {
    await node.park('a', { type: 'mcu', room_id: 'lobby' });
    await node.park('b', { type: 'echo' });
    prevent('a');
    for (const fields of [{ type: 'echo' }, { type: 'bridge', peer_id: 'b' }, { type: 'mcu', room_id: 'attic' }]) {
      await refusedOf('a', fields);
    }
    await flush();
    expect([session('a').type, session('b').type, channel('a').place?.type]).toEqual(['mcu', 'echo', 'mcu']);
    expect([room().members.seen.length, node.roomWorld.typesOf('attic').at(-1)]).toEqual([1, 'destroyed']);
  });

  test('of one that was made for a peer leaves it parked, also where nothing was touched', async () => {
    await node.park('a');
    const made = node.create('b', { type: 'bridge', offer: session('a').spec.data.offer, peer_id: 'a' });
    await made;
    channel('b').isConnected = false;
    await flush();
    expect([session('b').type, session('a').type, node.world.of('b').at(-1)?.body]).toEqual([
      'park',
      'park',
      { type: 'park' },
    ]);
  });
});

describe('while the engine is slow', () => {
  test('all that the change touches stands still, and what came meanwhile is done then', async () => {
    await node.park('x', { stop_after_peer: false });
    await node.park('a', { type: 'bridge', peer_id: 'x' });
    await node.park('b');
    const letGo = slow('a');
    const done: string[] = [];
    const changing = node.setType('a', { type: 'bridge', peer_id: 'b' }).then(() => done.push('change'));
    await flush();
    for (const id of ['a', 'b', 'x'])
      void session(id)
        .sendInfo('x', {})
        .then(() => done.push(id));
    await flush();
    expect(done).toEqual([]);
    letGo();
    await changing;
    await flush();
    expect(done.sort()).toEqual(['a', 'b', 'change', 'x']);
  });

  test('who is connected with it only since then stands still for the next one as well', async () => {
    for (const id of ['a', 'b']) await node.park(id, { stop_after_peer: false });
    const [letGoOfA, letGoOfB] = [slow('a'), slow('b')];
    const first = node.setType('a', wishFor('b'));
    await flush();
    const second = node.setType('b', { type: 'echo' });
    await flush();
    letGoOfA();
    await first;
    await flush();
    const told = session('a').sendInfo('x', {});
    await flush();
    expect([channel('b').moves, node.world.typesOf('a')]).toMatchObject([
      [{ type: 'echo' }],
      expect.not.arrayContaining(['info']),
    ]);
    letGoOfB();
    await Promise.all([second, told]);
    expect([session('a').type, session('b').type]).toEqual(['park', 'echo']);
  });

  test('two commands at once are done one after the other', async () => {
    await node.park('a');
    const letGo = slow('a');
    const both = [node.setType('a', { type: 'echo' }), node.setType('a', { type: 'mcu', room_id: 'lobby' })];
    await flush();
    expect(channel('a').moves.map(({ type }) => type)).toEqual(['echo']);
    letGo();
    expect(await Promise.all(both)).toMatchObject([{}, { room_id: 'lobby' }]);
    expect([session('a').type, room().members.seen.length]).toEqual(['mcu', 1]);
  });

  test('A to B and C to B: both are done, and the one that was first is left alone', async () => {
    for (const id of ['a', 'b', 'c']) await node.park(id, { stop_after_peer: false });
    const letGo = slow('a');
    const first = node.setType('a', wishFor('b'));
    await flush();
    const second = node.setType('c', wishFor('b'));
    await flush();
    letGo();
    await Promise.all([first, second]);
    await flush();
    expect(['a', 'b', 'c'].map((id) => [session(id).type, session(id).bridging.peer?.spec.sessionId])).toEqual([
      ['park', undefined],
      ['bridge', 'c'],
      ['bridge', 'b'],
    ]);
  });

  test('three that want each other in a ring come to an end', async () => {
    for (const id of ['a', 'b', 'c']) await node.park(id, { stop_after_peer: false });
    const ring = [node.setType('a', wishFor('b')), node.setType('b', wishFor('c')), node.setType('c', wishFor('a'))];
    await Promise.all(ring);
    await flush();
    expect(['a', 'b', 'c'].filter((id) => session(id).type === 'park')).toHaveLength(1);
  });

  test('one that hangs up is over when that is done, once, and its peer is left alone', async () => {
    for (const id of ['a', 'b']) await node.park(id);
    const letGo = slow('a');
    const changing = node.setType('a', wishFor('b'));
    await flush();
    channel('b').hangUp();
    letGo();
    await rejection(changing);
    await flush();
    expect([node.over, session('a').type, channel('a').place?.type]).toEqual([
      { b: 'fs_channel_stop' },
      'park',
      'park',
    ]);
  });

  test('a room that is destroyed while a member is on its way into it takes it along, having told of it', async () => {
    await node.park('a');
    await node.park('m', { type: 'mcu', room_id: 'lobby' });
    const letGo = slow('a');
    const changing = node.setType('a', { type: 'mcu', room_id: 'lobby' });
    await flush();
    const stopping = room().stop(new PatchbayError('room_destroyed'));
    await flush();
    letGo();
    await Promise.all([changing, stopping]);
    expect(node.over).toEqual({ a: 'room_destroyed', m: 'room_destroyed' });
    expect(node.roomWorld.typesOf('lobby').at(-1)).toBe('destroyed');
  });

  test('a room that is destroyed while a member fails to get into it leaves that one alone', async () => {
    await node.park('a');
    await node.park('m', { type: 'mcu', room_id: 'lobby' });
    const letGo = slow('a');
    channel('a').moveFailure = transferError();
    const changing = rejection(node.setType('a', { type: 'mcu', room_id: 'lobby' }));
    await flush();
    const stopping = room().stop(new PatchbayError('room_destroyed'));
    await flush();
    letGo();
    await Promise.all([changing, stopping]);
    await flush();
    expect([node.over, session('a').type]).toEqual([{ m: 'room_destroyed' }, 'park']);
  });

  test.each([
    ['destroyed', () => room().stop(new PatchbayError('room_destroyed'))],
    ['that it is to be removed from', () => kick(room(), session('a'))],
  ])('a member that is on its way out of a room %s gets out', async (_, end) => {
    await node.park('a', { type: 'mcu', room_id: 'lobby' });
    const letGo = slow('a');
    const changing = node.setType('a', { type: 'echo' });
    await flush();
    const ending = end();
    await flush();
    letGo();
    await Promise.all([changing, ending]);
    expect([node.over, session('a').type]).toEqual([{}, 'echo']);
  });

  test('one that is to be muted in a room that it is leaving is not: member_not_found', async () => {
    await node.park('a', { type: 'mcu', room_id: 'lobby' });
    await node.park('m', { type: 'mcu', room_id: 'lobby' });
    const letGo = slow('a');
    const changing = node.setType('a', { type: 'echo' });
    await flush();
    const muting = rejection(mute(room(), session('a'), { audio: true }));
    letGo();
    await changing;
    expect(await muting).toMatchObject(reason('member_not_found'));
    expect(session('a').media.state.mute_audio).toBe(false);
  });

  test('whom a left bridge ends has ended before anything else is done to it', async () => {
    await node.park('b');
    await node.park('a', { type: 'bridge', peer_id: 'b' });
    const letGo = slow('a');
    const changing = node.setType('a', { type: 'echo' });
    await flush();
    const told = rejection(session('b').updateMedia({ mute_audio: true }));
    letGo();
    await changing;
    expect(await told).toMatchObject(reason('session_not_found'));
    expect(node.over).toEqual({ b: 'bridge_stop' });
  });

  test('the last member leaves and a new one comes: it is in the room, or in the next one of its id', async () => {
    await node.park('a', { type: 'mcu', room_id: 'lobby' });
    await node.park('b');
    const both = [node.setType('a', { type: 'echo' }), node.setType('b', { type: 'mcu', room_id: 'lobby' })];
    await Promise.all(both);
    await flush();
    expect(room().members.seen.map(({ session_id }) => session_id)).toEqual(['b']);
    expect(session('b').room).toBe(room());
  });
});

test('the node stops while the engine is slow: each ends once, and nothing is left', async () => {
  await node.park('b');
  await node.park('a', { type: 'mcu', room_id: 'lobby' });
  const letGo = slow('a');
  const changing = node.setType('a', wishFor('b'));
  await flush();
  node.sessions.drain();
  node.rooms.drain();
  const stopping = node.sessions.stopAll(new PatchbayError('node_lost'));
  await flush();
  letGo();
  await Promise.all([changing, stopping]);
  await node.rooms.stopAll(new PatchbayError('node_lost'));
  expect(node.over).toEqual({ a: 'node_lost', b: 'node_lost' });
  expect([node.sessions.count, node.rooms.count, node.clock.pending]).toEqual([0, 0, 0]);
});

describe('across changes of type', () => {
  test('what the client muted stays muted, and its bitrate stays', async () => {
    await node.park('a', { mute_audio: true, bitrate: 64_000 });
    for (const type of ['echo', 'mcu', 'park'] as const) {
      await node.setType('a', wishes[type]);
      expect(session('a').media.state).toMatchObject({ mute_audio: true, bitrate: 64_000 });
    }
    expect(channel('a').changes).toEqual([]);
  });

  test('what a moderator muted in a room ends with the room, what the client muted itself does not', async () => {
    await node.park('a', { type: 'mcu', room_id: 'lobby', mute_video: true });
    await mute(room(), session('a'), { audio: true, video: true });
    await node.setType('a', { type: 'echo' });
    expect(session('a').media.state).toMatchObject({ mute_audio: false, mute_video: true });
    expect(channel('a').changes.at(-1)).toEqual({ mute_audio: false, mute_video: true });
  });

  test('and in another room it is as free as any other', async () => {
    await node.park('a', { type: 'mcu', room_id: 'lobby' });
    await mute(room(), session('a'), { audio: true });
    await node.setType('a', { type: 'mcu', room_id: 'attic' });
    expect(Object.keys(room('attic').members.seen[0] ?? {})).not.toContain('mute_audio');
  });

  test('where the engine does not let it be heard again, it goes on, and what it is told is what was wanted', async () => {
    await node.park('a', { type: 'mcu', room_id: 'lobby' });
    await mute(room(), session('a'), { audio: true });
    channel('a').failure = new PatchbayError('fs_error');
    await node.setType('a', { type: 'echo' });
    expect([session('a').state, session('a').type]).toEqual(['ready', 'echo']);
  });

  test('a recording goes on', async () => {
    await node.park('a', { record: true });
    for (const type of ['echo', 'mcu', 'park'] as const) await node.setType('a', wishes[type]);
    expect(session('a').recordings.list).toMatchObject([{ state: 'started' }]);
    expect([channel('a').recorder.started.length, channel('a').recorder.stopped]).toEqual([1, 0]);
  });

  test('events are numbered without a gap', async () => {
    await node.park('p', { stop_after_peer: false });
    await node.park('a');
    for (const type of ['echo', 'bridge', 'mcu', 'park'] as const) await node.setType('a', wishes[type]);
    await node.stop('a');
    expect(node.world.of('a').map(({ seq }) => seq)).toEqual(node.world.of('a').map((_, at) => at + 1));
    expect(node.world.typesOf('a').filter((type) => type === 'type')).toHaveLength(4);
  });
});

function wishFor(peer_id: string) {
  return { type: 'bridge', peer_id };
}
