import { beforeEach, describe, expect, test } from 'vitest';
import type { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { caller } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { answer, offer } from '../../../support/sdp.ts';
import { mediaOf, TestNode } from '../../../support/test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode();
});
const userStop = () => new PatchbayError('user_stop');
/** What the engine offers the far side. */
const farOffer = { ...offer, sdp: offer.sdp.replace('s=-', 's=far') };

/** The master of a proxy, whose engine makes the offer for the far side when it is told to. */
async function proxyMaster(fields: Record<string, unknown> = {}) {
  const master = await node.session('m', { type: 'proxy', offer, ...fields });
  return {
    master,
    slave: (more: Record<string, unknown> = {}) => node.session('s', { type: 'proxy', master_id: 'm', ...more }),
  };
}
async function proxy(ofMaster: Record<string, unknown> = {}, ofSlave: Record<string, unknown> = {}) {
  const { master, slave } = await proxyMaster(ofMaster);
  return { master, slave: await slave(ofSlave) };
}
const known = ({ negotiation }: LiveSession) => ({
  offer: negotiation.offer.known.value,
  answer: negotiation.answer.known.value,
});

describe('the two of a proxy', () => {
  test('become ready together: the answer that the engine makes of the slave’s is the master’s', async () => {
    const { master, slave } = await proxy();
    const waiting = master.negotiation.answer.known.wait(1000);
    const given = { ...answer, sdp: answer.sdp.replace('s=-', 's=callee') };
    await slave.setAnswer(given);
    await flush();
    expect([master.state, slave.state]).toEqual(['ready', 'ready']);
    expect(await waiting).toEqual(answer);
    expect(mediaOf(slave).answer).toEqual(given);
    expect(known(slave)).toEqual({ offer, answer: given });
    expect(node.world.typesOf('m')).toEqual(['created', 'answer']);
    expect(node.world.typesOf('s')).toEqual(['created', 'offer', 'answer']);
  });

  test('have each its own offer, though the slave comes before the master’s is known', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    node.world.claiming = promise;
    const making = node.create('m', { type: 'proxy', offer });
    await flush();
    const made = Promise.withResolvers<typeof offer>();
    const open = node.janus.open.bind(node.janus);
    node.janus.open = (...args) => Object.assign(open(...args), { makeOffer: () => made.promise });
    const coming = node.create('s', { type: 'proxy', master_id: 'm' });
    await flush();
    resolve();
    const [master, slave] = [await making, await coming];
    await flush();
    expect([known(master).offer, known(slave).offer]).toEqual([offer, undefined]);
    made.resolve(farOffer);
    await flush();
    expect([known(master).offer, known(slave).offer]).toEqual([offer, farOffer]);
  });

  test('stop together, whatever stop_after_peer says: one alone is no proxy', async () => {
    const stays = { stop_after_peer: false };
    const { master } = await proxy(stays, stays);
    await master.stop(userStop());
    await flush();
    expect(node.over).toEqual({ m: 'user_stop', s: 'peer_stopped' });
    expect([node.sessions.count, node.clock.pending, node.world.records.size]).toEqual([0, 0, 0]);
  });

  test('are each muted on its own side', async () => {
    const { master, slave } = await proxy();
    await slave.setAnswer(answer);
    await flush();
    await slave.updateMedia({ mute_audio: true });
    expect([mediaOf(master).changes, mediaOf(slave).changes]).toEqual([[], [{ mute_audio: true }]]);
  });

  test('keep their candidates to themselves: each has the engine for its far side', async () => {
    const { master, slave } = await proxy();
    await slave.setAnswer(answer);
    await flush();
    await master.addCandidates([{ candidate: 'candidate:1 1 udp 1 192.0.2.7 1 typ host', sdpMLineIndex: 0 }]);
    await slave.endCandidates();
    await node.clock.advance(1000);
    expect([mediaOf(master).trickled, mediaOf(slave).trickled]).toEqual([
      ['candidate:1 1 udp 1 192.0.2.7 1 typ host'],
      ['end'],
    ]);
    expect(node.world.typesOf('s')).not.toContain('candidate');
  });
});

describe('the offer for the far side', () => {
  test('is had of the master, and of no other session', async () => {
    const { master, slave } = await proxy();
    expect(await master.farOffer()).toEqual(offer);
    expect(await rejection(slave.farOffer())).toMatchObject({
      ...reason('invalid_operation'),
      message: 'session s is not the master of a proxy',
    });
    const echo = await node.session('e', { type: 'echo', offer });
    expect(await rejection(echo.farOffer())).toMatchObject(reason('invalid_operation'));
  });
});

describe('the answer of the master', () => {
  test('cannot be given by its client: invalid_operation', async () => {
    const { master } = await proxy();
    expect(await rejection(master.setAnswer(answer))).toMatchObject(reason('invalid_operation'));
  });
});

describe('a slave that never was', () => {
  test('leaves its master to the next one', async () => {
    const { master, slave } = await proxyMaster();
    node.world.claiming = Promise.reject(new Error('throttled'));
    node.world.claiming.catch(() => {});
    await expect(slave()).rejects.toThrow('throttled');
    expect([master.state, master.peer]).toEqual(['wait', undefined]);
    node.world.claiming = Promise.resolve();
    expect((await slave()).peer).toBe(master);
  });
});

test('a slave whose master ends while it is being made is created, then destroyed', async () => {
  const { master } = await proxyMaster();
  const { promise, resolve } = Promise.withResolvers<void>();
  node.world.claiming = promise;
  const creating = node.create('s', { type: 'proxy', master_id: 'm' });
  await flush();
  await master.stop(userStop());
  resolve();
  await creating;
  await flush();
  expect(node.world.typesOf('s')).toEqual(['created', 'destroyed']);
  expect(node.over).toEqual({ m: 'user_stop', s: 'peer_stopped' });
  expect(node.sessions.owned(caller(), '', 10).ids).toEqual([]);
});
