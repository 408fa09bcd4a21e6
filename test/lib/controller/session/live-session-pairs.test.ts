import { beforeEach, describe, expect, test } from 'vitest';
import { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import { sessionRecord } from '../../../../lib/controller/session/view.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { flush, type ManualClock } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { answer, offer } from '../../../support/sdp.ts';
import { create, FakeWorld, sessionSpec } from '../../../support/world.ts';

let world: FakeWorld;
let clock: ManualClock;
beforeEach(() => {
  world = new FakeWorld();
  clock = world.clock;
});
const userStop = () => new PatchbayError('user_stop');

describe('the two of a pair', () => {
  const p2p = (fields: Record<string, unknown>, sessionId: string, master?: LiveSession) =>
    new LiveSession(sessionSpec({ sessionId, master, data: create({ type: 'p2p', ...fields }) }), world);
  async function pair(ofMaster: Record<string, unknown> = {}, ofSlave: Record<string, unknown> = {}) {
    const master = p2p(ofMaster, 'master');
    await master.start();
    const slave = p2p({ offer: undefined, ...ofSlave }, 'slave', master);
    master.pair.join(slave);
    await slave.start();
    await flush();
    return { master, slave };
  }
  const over = () => Object.fromEntries(world.over.map(({ sessionId, reason: why }) => [sessionId, why]));

  test("share the master's offer and the slave's answer", async () => {
    const { master, slave } = await pair();
    expect(slave.negotiation.offer.known.value).toEqual(offer);
    await slave.setAnswer(answer);
    await flush();
    expect([master.state, slave.state]).toEqual(['ready', 'ready']);
    expect(master.negotiation.answer.known.value).toEqual(answer);
    expect(world.typesOf('master')).toEqual(['created', 'answer']);
    expect(world.typesOf('slave')).toEqual(['created', 'offer', 'answer']);
  });

  test('keep their answers apart with set_master_answer false', async () => {
    const { master, slave } = await pair({}, { set_master_answer: false });
    await slave.setAnswer(answer);
    await flush();
    expect([master.state, slave.state]).toEqual(['wait', 'ready']);
    const own = { ...answer, sdp: answer.sdp.replace('a=mid:1', 'a=mid:1\r\na=x-own:1') };
    await master.setAnswer(own);
    expect(master.negotiation.answer.known.value).toEqual(own);
    expect(slave.negotiation.answer.known.value).toEqual(answer);
  });

  test("keep the answer that the master had before its slave's", async () => {
    const { master, slave } = await pair();
    const own = { ...answer, sdp: answer.sdp.replace('a=mid:1', 'a=mid:1\r\na=x-own:1') };
    await master.setAnswer(own);
    await slave.setAnswer(answer);
    await flush();
    expect(master.negotiation.answer.known.value).toEqual(own);
    expect([master.state, slave.state]).toEqual(['ready', 'ready']);
  });

  test.each(['master', 'slave'] as const)('end together when the %s ends, each once', async (first) => {
    const both = await pair();
    await both[first].stop(userStop());
    await flush();
    const other = first === 'master' ? 'slave' : 'master';
    expect(over()).toEqual({ [first]: 'user_stop', [other]: 'peer_stopped' });
    expect(world.over).toHaveLength(2);
    expect(world.of(other).at(-1)?.body.error).toBe(`its peer ${first} stopped`);
    expect([both.master.peer, both.slave.peer]).toEqual([undefined, undefined]);
    expect(clock.pending).toBe(0);
    expect(world.records.size).toBe(0);
  });

  test('end once each when both are stopped at the same moment', async () => {
    const { master, slave } = await pair();
    await Promise.all([master.stop(userStop()), slave.stop(new PatchbayError('api_stop'))]);
    await flush();
    expect(over()).toEqual({ master: 'user_stop', slave: 'api_stop' });
    expect(world.over).toHaveLength(2);
    for (const id of ['master', 'slave'])
      expect(world.typesOf(id).filter((type) => type === 'destroyed')).toHaveLength(1);
  });

  test.each(['master', 'slave'] as const)(
    'part where the other one has stop_after_peer false and the %s ends',
    async (first) => {
      const stays = { stop_after_peer: false };
      const both = await pair(first === 'slave' ? stays : {}, first === 'master' ? stays : {});
      await both[first].stop(userStop());
      await flush();
      const other = first === 'master' ? both.slave : both.master;
      expect(over()).toEqual({ [first]: 'user_stop' });
      expect([other.state, other.peer]).toEqual(['wait', undefined]);
      await other.stop(userStop());
      expect(world.over).toHaveLength(2);
      expect(clock.pending).toBe(0);
    },
  );

  test('end when the master ends while the slave is being made: created, then destroyed', async () => {
    const master = p2p({}, 'master');
    await master.start();
    const { promise, resolve } = Promise.withResolvers<void>();
    world.claiming = promise;
    const slave = p2p({ offer: undefined }, 'slave', master);
    master.pair.join(slave);
    const starting = slave.start();
    await master.stop(userStop());
    resolve();
    await starting;
    await flush();
    expect(world.typesOf('slave')).toEqual(['created', 'destroyed']);
    expect(over()).toEqual({ master: 'user_stop', slave: 'peer_stopped' });
    expect(clock.pending).toBe(0);
  });

  test('never were where the slave is refused: the master goes on alone, and may get another one', async () => {
    const master = p2p({}, 'master');
    await master.start();
    world.records.set('acme/slave', { ...sessionRecord(master), sessionId: 'slave', nodeId: 'node-2' });
    const refused = p2p({ offer: undefined }, 'slave', master);
    master.pair.join(refused);
    expect(await rejection(refused.start())).toMatchObject(reason('duplicated_session_id'));
    await flush();
    expect([master.state, master.peer]).toEqual(['wait', undefined]);
    expect(world.typesOf('slave')).toEqual([]);
    world.records.delete('acme/slave');
    const slave = p2p({ offer: undefined }, 'slave', master);
    master.pair.join(slave);
    await slave.start();
    await flush();
    await slave.setAnswer(answer);
    await flush();
    expect([master.state, slave.state]).toEqual(['ready', 'ready']);
  });

  test('end both where the master is refused after its slave came', async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    world.claiming = promise;
    const master = p2p({}, 'master');
    const failed = master.start();
    await flush();
    world.claiming = Promise.resolve();
    const slave = p2p({ offer: undefined }, 'slave', master);
    master.pair.join(slave);
    await slave.start();
    reject(new Error('throttled'));
    await expect(failed).rejects.toThrow('throttled');
    await flush();
    expect(world.typesOf('master')).toEqual([]);
    expect(slave.state).toBe('destroyed');
    expect(clock.pending).toBe(0);
  });

  test('get each other’s candidates, also those that the master had before the slave came', async () => {
    const line = (port: number) => ({ candidate: `candidate:1 1 udp 1 192.0.2.7 ${port} typ host`, sdpMLineIndex: 0 });
    const ports = (id: string) =>
      world
        .of(id)
        .filter(({ type }) => type.startsWith('candidate'))
        .map(({ type, body }) => (type === 'candidate' ? Number(String(body.candidate).split(' ')[5]) : 'end'));
    const master = p2p({ offer: { ...offer, trickle_ice: true } }, 'master');
    await master.start();
    await master.addCandidates([line(1), line(2)]);
    expect(ports('master')).toEqual([1, 2]);
    const slave = p2p({ offer: undefined }, 'slave', master);
    master.pair.join(slave);
    await slave.start();
    await flush();
    await master.addCandidates([line(3)]);
    await master.endCandidates();
    await clock.advance(1000);
    expect(ports('slave')).toEqual([1, 2, 3, 'end']);
    expect(world.typesOf('slave').slice(0, 2)).toEqual(['created', 'offer']);
    await slave.setAnswer({ ...answer, trickle_ice: true });
    await slave.addCandidates([line(4)]);
    await flush();
    expect(ports('master')).toEqual([1, 2, 4]);
    expect(world.typesOf('master')).toEqual(['created', 'candidate', 'candidate', 'answer', 'candidate']);
  });
});
