import { beforeEach, describe, expect, test } from 'vitest';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { caller } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import { channelOf, TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode();
});
const session = (sessionId: string) => node.sessions.controlled(caller(), sessionId);
const peerOf = (sessionId: string) => session(sessionId).bridging.peer?.spec.sessionId;
const statesOf = (...ids: string[]) => ids.map((id) => [session(id).type, peerOf(id)]);
const lastOf = (sessionId: string) => node.world.of(sessionId).at(-1);

/** Two that are bridged with each other. */
async function bridge(a: Record<string, unknown> = {}, b: Record<string, unknown> = {}) {
  await node.park('a', a);
  await node.park('b', { type: 'bridge', peer_id: 'a', ...b });
}

describe('a session that is made to be bridged', () => {
  test.each(['peer_id', 'master_id'])(
    'with the one that %s names is, both saying so, whatever that was',
    async (field) => {
      for (const [at, other] of [{ type: 'park' }, { type: 'echo' }, { type: 'mcu', room_id: 'lobby' }].entries()) {
        await node.park(`a${at}`, other);
        await node.park(`b${at}`, { type: 'bridge', [field]: `a${at}` });
        expect(statesOf(`a${at}`, `b${at}`)).toEqual([
          ['bridge', `b${at}`],
          ['bridge', `a${at}`],
        ]);
        expect(lastOf(`a${at}`)).toMatchObject({ type: 'type', body: { type: 'bridge', peer_id: `b${at}` } });
        expect(lastOf(`b${at}`)).toMatchObject({ type: 'type', body: { type: 'bridge', peer_id: `a${at}` } });
        expect(channelOf(session(`a${at}`)).peer).toBe(channelOf(session(`b${at}`)));
      }
      expect([node.rooms.count, node.roomWorld.typesOf('lobby').at(-1)]).toEqual([0, 'destroyed']);
    },
  );

  test('takes its peer from whom that was bridged with: that one stops, or is parked', async () => {
    for (const stop_after_peer of [true, false]) {
      node = new TestNode();
      await bridge({}, { stop_after_peer });
      await node.park('c', { type: 'bridge', peer_id: 'a' });
      expect(statesOf('a', 'c')).toEqual([
        ['bridge', 'c'],
        ['bridge', 'a'],
      ]);
      if (stop_after_peer) expect(node.over).toEqual({ b: 'bridge_stop' });
      else expect([statesOf('b'), channelOf(session('b')).place]).toEqual([[['park', undefined]], { type: 'park' }]);
    }
  });
});

describe('when one leaves', () => {
  const ways = {
    'it is destroyed': () => node.stop('a'),
    'it hangs up': () => channelOf(session('a')).hangUp(),
    'it becomes an echo': () => node.setType('a', { type: 'echo' }),
    'it goes into a room': () => node.setType('a', { type: 'mcu', room_id: 'lobby' }),
    'the engine cannot bring it where it is to be': () => {
      channelOf(session('a')).moveFailure = new PatchbayError('fs_transfer_error');
      return node.setType('a', { type: 'echo' }).catch(() => {});
    },
  };

  test.each(Object.entries(ways))('as %s, the other stops with bridge_stop', async (_, leave) => {
    await bridge();
    await leave();
    await flush();
    expect(node.over).toMatchObject({ b: 'bridge_stop' });
    expect(lastOf('b')?.body).toMatchObject({ error: 'its peer a left the bridge' });
  });

  test.each(Object.entries(ways))(
    'as %s, the other is parked where its own stop_after_peer is false',
    async (_, leave) => {
      await bridge({}, { stop_after_peer: false });
      await leave();
      await flush();
      expect(statesOf('b')).toEqual([['park', undefined]]);
      expect(channelOf(session('b')).place).toEqual({ type: 'park' });
      expect(lastOf('b')).toMatchObject({ type: 'type', body: { type: 'park' } });
      expect(node.over.b).toBeUndefined();
    },
  );

  test('the other is parked though the engine will not do more than that', async () => {
    await bridge({}, { stop_after_peer: false });
    channelOf(session('b')).moveFailure = new PatchbayError('fs_error', 'no answer');
    await node.stop('a');
    expect([statesOf('b'), node.over]).toEqual([[['park', undefined]], { a: 'user_stop' }]);
  });

  test('and the other at the same moment, each ends as it was asked to, once', async () => {
    await bridge();
    const both = [session('a'), session('b')];
    await Promise.all(both.map((one) => one.stop(new PatchbayError('user_stop'))));
    await flush();
    expect(node.over).toEqual({ a: 'user_stop', b: 'user_stop' });
  });

  test('and the other by set_type at the same moment, one goes, and the other has stopped', async () => {
    await bridge();
    const [first, second] = await Promise.allSettled(['a', 'b'].map((id) => node.setType(id, { type: 'echo' })));
    expect([first?.status, second]).toMatchObject(['fulfilled', { reason: { reason: 'session_not_found' } }]);
    expect([session('a').type, node.over]).toEqual(['echo', { b: 'bridge_stop' }]);
  });

  test('and the other by set_type, neither stopping after its peer, both are what they asked for', async () => {
    await bridge({ stop_after_peer: false }, { stop_after_peer: false });
    await Promise.all([node.setType('a', { type: 'echo' }), node.setType('b', { type: 'mcu', room_id: 'lobby' })]);
    expect([session('a').type, session('b').type, node.over]).toEqual(['echo', 'mcu', {}]);
  });
});

test('stop_after_peer of a set_type counts from then on, and not when that is refused', async () => {
  await bridge();
  channelOf(session('b')).moveFailure = new PatchbayError('fs_transfer_error');
  await node.setType('b', { type: 'echo', stop_after_peer: false }).catch(() => {});
  expect(session('b').stopAfterPeer).toBe(true);
  channelOf(session('b')).moveFailure = undefined;
  await node.park('c');
  await node.setType('b', { type: 'bridge', peer_id: 'c', stop_after_peer: false });
  await node.stop('c');
  expect([session('b').type, node.over]).toEqual(['park', { a: 'bridge_stop', c: 'user_stop' }]);
  // Also where it is already what it is to become.
  await node.setType('b', { type: 'park', stop_after_peer: true });
  expect(session('b').stopAfterPeer).toBe(true);
});
