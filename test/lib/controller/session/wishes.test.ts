import { beforeEach, describe, expect, test } from 'vitest';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { caller, moderator } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { answer } from '../../../support/sdp.ts';
import { channelOf, TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode();
});
const find = (sessionId: string) => node.sessions.find(caller(), sessionId);
const typeOf = (sessionId: string) => find(sessionId)?.type;
const peerOf = (sessionId: string) => find(sessionId)?.bridging.peer?.spec.sessionId;
/** It answers: it is ready. */
async function answers(sessionId: string) {
  await find(sessionId)?.setAnswer(answer);
  await flush();
}

describe('in wait', () => {
  test.each([
    [{ type: 'echo' }, {}, 'echo'],
    [{ type: 'mcu', room_id: 'lobby' }, { room_id: 'lobby', room_type: 'video-mcu-stereo' }, 'mcu'],
    [{ type: 'bridge', peer_id: 'p' }, { peer_id: 'p' }, 'bridge'],
  ])('%o is answered at once, and takes effect when it is ready', async (fields, reply, type) => {
    await node.park('p');
    const ringing = await node.ring('a');
    expect(await node.setType('a', fields)).toEqual(reply);
    expect([ringing.type, channelOf(ringing).moves]).toEqual(['park', []]);
    await answers('a');
    expect([ringing.type, channelOf(ringing).moves.length]).toEqual([type, 1]);
    expect(node.world.of('a').at(-1)).toMatchObject({ type: 'type', body: { type, ...reply } });
  });

  test('the last one counts, and the room of an earlier one ends', async () => {
    const ringing = await node.ring('a');
    await node.setType('a', { type: 'mcu', room_id: 'lobby' });
    await node.setType('a', { type: 'mcu', room_id: 'attic' });
    await flush();
    expect(node.roomWorld.typesOf('lobby')).toEqual(['created', 'destroyed']);
    await answers('a');
    expect([ringing.room?.spec.roomId, channelOf(ringing).moves.length]).toEqual(['attic', 1]);
  });

  test('to stay what it is undoes an earlier one', async () => {
    const ringing = await node.ring('a');
    await node.setType('a', { type: 'echo' });
    await node.setType('a', { type: 'park' });
    await answers('a');
    expect([ringing.type, channelOf(ringing).moves]).toEqual(['park', []]);
  });

  test('the room that it is to be in is kept for it, also past its time-out, until it ends', async () => {
    await node.room({ class: 'mcu', room_id: 'lobby', timeout: 5 });
    await node.ring('a');
    await node.setType('a', { type: 'mcu', room_id: 'lobby' });
    await node.clock.advance(30_000);
    expect(node.roomWorld.typesOf('lobby')).toEqual(['created']);
    await node.stop('a');
    await node.clock.advance(5000);
    expect(node.roomWorld.of('lobby').at(-1)?.body.error).toBe('no members for 5 s');
  });

  test('what the engine refuses then leaves it parked, and alive', async () => {
    const ringing = await node.ring('a', { type: 'mcu', room_id: 'lobby' });
    await node.setType('a', { type: 'echo' });
    channelOf(ringing).moveFailure = new PatchbayError('fs_transfer_error');
    await answers('a');
    expect([ringing.state, ringing.type, node.rooms.count]).toEqual(['ready', 'park', 0]);
  });

  test('a room that is destroyed meanwhile leaves it what it is', async () => {
    const ringing = await node.ring('a', { type: 'echo' });
    await node.setType('a', { type: 'mcu', room_id: 'lobby' });
    await node.rooms.find(moderator(), 'lobby').stop(new PatchbayError('room_destroyed'));
    await answers('a');
    expect([ringing.state, ringing.type, channelOf(ringing).moves]).toEqual(['ready', 'echo', []]);
  });
});

describe('a peer that is not ready yet', () => {
  test('is bridged with as soon as both are, whoever is first', async () => {
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      node = new TestNode();
      await node.ring('a');
      await node.ring('b', { type: 'bridge', peer_id: 'a' });
      const [first, second] = order;
      await answers(String(first));
      expect([peerOf('a'), peerOf('b')]).toEqual([undefined, undefined]);
      await answers(String(second));
      expect([peerOf('a'), peerOf('b')]).toEqual(['b', 'a']);
    }
  });

  test('is not waited for by a set_type of one that is ready', async () => {
    await node.ring('a');
    const ready = await node.park('b');
    expect(await node.setType('b', { type: 'bridge', peer_id: 'a' })).toEqual({ peer_id: 'a' });
    expect(ready.type).toBe('park');
    await answers('a');
    expect(peerOf('b')).toBe('a');
  });

  test('and that both name each other is one bridge', async () => {
    await node.ring('a');
    await node.ring('b', { type: 'bridge', peer_id: 'a' });
    await node.setType('a', { type: 'bridge', peer_id: 'b' });
    await answers('b');
    await answers('a');
    expect([peerOf('a'), peerOf('b')]).toEqual(['b', 'a']);
    expect(node.world.typesOf('a').filter((type) => type === 'type')).toHaveLength(1);
  });

  test('that a later wish has overtaken is not bridged with', async () => {
    await node.ring('a');
    await node.park('b');
    await node.setType('b', { type: 'bridge', peer_id: 'a' });
    await node.setType('b', { type: 'echo' });
    await answers('a');
    expect([typeOf('a'), typeOf('b')]).toEqual(['park', 'echo']);
  });

  test('whose turn is waited for is not bridged with when something newer is asked for until then', async () => {
    const peer = await node.park('b');
    await node.ring('x', { type: 'bridge', peer_id: 'b' });
    const { promise: others, resolve } = Promise.withResolvers<void>();
    const held = peer.hold(() => others);
    await answers('x');
    await node.setType('x', { type: 'echo' });
    resolve();
    await held;
    await flush();
    expect([typeOf('x'), typeOf('b'), peerOf('x')]).toEqual(['echo', 'park', undefined]);
  });

  test('and never is, as its wait_timeout passes: who was made for it stops, or is parked', async () => {
    await node.ring('a', { wait_timeout: 5 });
    await node.park('stops', { type: 'bridge', peer_id: 'a' });
    await node.ring('waits', { type: 'bridge', master_id: 'a', stop_after_peer: false });
    await node.park('asked');
    await node.setType('asked', { type: 'bridge', peer_id: 'a' });
    await node.clock.advance(5000);
    expect(node.over).toEqual({ a: 'session_timeout', stops: 'bridge_stop' });
    expect([typeOf('waits'), typeOf('asked')]).toEqual(['park', 'park']);
    await answers('waits');
    expect([find('waits')?.state, typeOf('waits')]).toEqual(['ready', 'park']);
  });

  test('that ends with everything else leaves nobody waiting', async () => {
    await node.ring('a');
    await node.ring('b', { type: 'bridge', peer_id: 'a' });
    await node.setType('a', { type: 'bridge', peer_id: 'b' });
    await node.sessions.stopAll(new PatchbayError('node_lost'));
    await flush();
    expect([node.over, node.clock.pending]).toEqual([{ a: 'node_lost', b: 'node_lost' }, 0]);
  });
});

test('a peer that ends while its turn is waited for: who was made for it stops, who asked is told', async () => {
  await node.park('a');
  const { promise, resolve } = Promise.withResolvers<void>();
  const holding = find('a')?.hold(() => promise);
  await node.park('b', { type: 'bridge', peer_id: 'a' });
  await node.park('c');
  const stopping = node.stop('a');
  const asking = rejection(node.setType('c', { type: 'bridge', peer_id: 'a' }));
  await flush();
  resolve();
  await Promise.all([holding, stopping]);
  await flush();
  // `b` came before the end, and is bridged for a moment.
  expect(node.over).toEqual({ a: 'user_stop', b: 'bridge_stop' });
  expect(await asking).toMatchObject(reason('unknown_peer'));
  expect(typeOf('c')).toBe('park');
});

test('a set_type of a session that ends while its room is being made is session_not_found, and the room is over', async () => {
  await node.park('a');
  const { promise, resolve } = Promise.withResolvers<void>();
  node.roomWorld.claiming = promise;
  const changing = rejection(node.setType('a', { type: 'mcu', room_id: 'lobby' }));
  await flush();
  await node.stop('a');
  resolve();
  expect(await changing).toMatchObject(reason('session_not_found'));
  await flush();
  expect([node.rooms.count, node.clock.pending]).toEqual([0, 0]);
});

test('one that was made for a peer, and is sent to a room that is gone by then, is parked', async () => {
  await node.ring('a');
  await node.park('b', { type: 'bridge', peer_id: 'a' });
  const { promise, resolve } = Promise.withResolvers<void>();
  const holding = find('b')?.hold(() => promise);
  const changing = rejection(node.setType('b', { type: 'mcu', room_id: 'lobby' }));
  await flush();
  await node.rooms.find(moderator(), 'lobby').stop(new PatchbayError('room_destroyed'));
  resolve();
  await holding;
  expect(await changing).toMatchObject(reason('room_not_found'));
  expect([typeOf('b'), node.world.of('b').at(-1)]).toMatchObject(['park', { type: 'type', body: { type: 'park' } }]);
});
