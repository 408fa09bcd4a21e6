import fc from 'fast-check';
import { parse } from 'sdp-transform';
import { expect, test } from 'vitest';
import { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import type { Description } from '../../../../lib/protocol/session.ts';
import { flush } from '../../../support/clock.ts';
import { answer, offer } from '../../../support/sdp.ts';
import { create, FakeWorld, sessionSpec } from '../../../support/world.ts';

/**
 * A p2p call whose candidates come whenever they like: before the other session exists, before the answer, between,
 * after their own end. Each of them must reach the other client once, in the SDP or as an event.
 */

const runs = 500;
const withoutCandidates = (description: Description): Description => ({
  ...description,
  sdp: description.sdp.replaceAll(/a=(candidate|end-of-candidates).*\r\n/g, ''),
  trickle_ice: true,
});
const line = (port: number) => ({
  candidate: `candidate:1 1 udp 2122194687 192.0.2.7 ${port} typ host`,
  sdpMLineIndex: 0,
});
const portsIn = (description: Description | undefined) =>
  parse(description?.sdp ?? '').media.flatMap(({ candidates }) => (candidates ?? []).map(({ port }) => port));

const steps = [
  'the master trickles',
  'the master ends',
  'the slave comes',
  'the slave trickles',
  'the slave ends',
  'the slave answers',
  '300 ms pass',
  '2 s pass',
] as const;
type Step = (typeof steps)[number];

class Pair {
  readonly world = new FakeWorld();
  readonly sent: { master: number[]; slave: number[] } = { master: [], slave: [] };
  readonly master: LiveSession;
  readonly #ofSlave: object;
  slave: LiveSession | undefined;

  constructor(ofMaster: object, ofSlave: object) {
    this.#ofSlave = ofSlave;
    this.master = this.#session('master', { offer: withoutCandidates(offer), ...ofMaster });
  }

  #session(sessionId: string, fields: object, master?: LiveSession): LiveSession {
    const data = create({ type: 'p2p', offer: undefined, wait_timeout: 3600, ...fields });
    return new LiveSession(sessionSpec({ sessionId, data, master }), this.world);
  }

  async do(step: Step): Promise<void> {
    const { master, slave } = this;
    if (step === 'the master trickles') await this.#trickle(master, 'master', 1000);
    if (step === 'the master ends') await master.endCandidates();
    if (step === 'the slave trickles' && slave) await this.#trickle(slave, 'slave', 2000);
    if (step === 'the slave ends') await slave?.endCandidates();
    if (step === 'the slave answers') await slave?.setAnswer(withoutCandidates(answer));
    if (step === '300 ms pass') await this.world.clock.advance(300);
    if (step === '2 s pass') await this.world.clock.advance(2000);
    if (step !== 'the slave comes' || slave) return;
    this.slave = this.#session('slave', this.#ofSlave, master);
    master.pair.join(this.slave);
    await this.slave.start();
  }

  async #trickle(session: LiveSession, who: 'master' | 'slave', base: number): Promise<void> {
    const port = base + this.sent[who].length;
    this.sent[who].push(port);
    await session.addCandidates([line(port)]);
  }

  /** The ports that a client learns of its far side: once the SDP that it gets is there, and by events. */
  learnt(session: LiveSession, side: 'offer' | 'answer'): number[] {
    const events = this.world.of(session.spec.sessionId).filter(({ type }) => type === 'candidate');
    const told = events.map(({ body }) => Number(String(body.candidate).split(' ')[5]));
    return [...portsIn(session.negotiation[side].known.value), ...told].toSorted();
  }
}

const flags = fc.record({
  no_offer_trickle_ice: fc.boolean(),
  no_answer_trickle_ice: fc.boolean(),
  trickle_ice_timeout: fc.constantFrom(100, 1500),
});

test('each candidate reaches the other client once, whenever it comes and whoever collects', async () => {
  await fc.assert(
    fc.asyncProperty(flags, flags, fc.array(fc.constantFrom(...steps), { maxLength: 20 }), async (one, two, random) => {
      const pair = new Pair(one, two);
      await pair.master.start();
      // One of each side at least: without any, what has to be collected ends the session.
      const all: Step[] = [
        'the master trickles',
        ...random,
        'the slave comes',
        'the slave trickles',
        '2 s pass',
        'the slave answers',
      ];
      for (const step of all) {
        await pair.do(step).catch((error: unknown) => expect(error).toBeInstanceOf(PatchbayError));
        await flush();
      }
      await pair.world.clock.advance(3000);
      const { master, slave, sent, world } = pair;
      if (!slave) throw new Error('no slave came');
      // An answer that was collected before its first candidate came ends both: nothing to compare.
      if (world.over.length > 0) {
        expect(world.over.map(({ reason }) => reason)).toContain('no_ice_candidates');
        return;
      }
      expect([master.state, slave.state]).toEqual(['ready', 'ready']);
      expect(pair.learnt(slave, 'offer')).toEqual(sent.master);
      // While it has no peer, the master's own events tell its candidates to whoever serves its far side.
      const heard = pair.learnt(master, 'answer').filter((port) => !sent.master.includes(port));
      expect(heard).toEqual(sent.slave);
      await slave.stop(new PatchbayError('user_stop'));
      await flush();
      expect(world.clock.pending).toBe(0);
    }),
    { numRuns: runs },
  );
}, 60_000);
