import { parse } from 'sdp-transform';
import { beforeEach, describe, expect, test } from 'vitest';
import type { MediaSession } from '../../../../lib/backends/backend.ts';
import { SerialQueue } from '../../../../lib/controller/serial-queue.ts';
import { Negotiation } from '../../../../lib/controller/session/negotiation.ts';
import type { Candidate } from '../../../../lib/protocol/candidate.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import type { CreateData, Description } from '../../../../lib/protocol/session.ts';
import { flush, ManualClock } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { create } from '../../../support/world.ts';

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

const bare = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 0.0.0.0',
  'a=mid:first',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 0.0.0.0',
  'a=mid:second',
];
/** An SDP without candidates, and one that is not the same. */
const trickling: Description = { sdp: `${bare.join('\r\n')}\r\n`, sdp_type: 'webrtc', trickle_ice: true };
const accepting: Description = { ...trickling, sdp: trickling.sdp.replace('1 2', '3 4') };
const rtp: Description = { sdp: trickling.sdp, sdp_type: 'rtp', trickle_ice: false };

const line = (port: number, sdpMLineIndex = 0): Candidate => ({
  candidate: `candidate:1 1 udp 2122194687 192.0.2.7 ${port} typ host`,
  sdpMLineIndex,
});
const portOf = (candidate: unknown) => Number(String(candidate).split(' ')[5]);
/** The ports of each m-line's candidates. */
const portsIn = (description: Description | undefined) =>
  parse(description?.sdp ?? '').media.map(({ candidates }) => (candidates ?? []).map(({ port }) => port));

/** One session, as its negotiation sees it. */
class Party {
  readonly events: { type: string; body: object }[] = [];
  readonly queue = new SerialQueue();
  readonly failures: string[] = [];
  readonly data: CreateData;
  readonly negotiation: Negotiation;
  peer: Party | undefined;
  settled = 0;

  constructor(fields: Record<string, unknown>, media: Partial<MediaSession> = {}) {
    const later = (job: () => Promise<void>) =>
      void this.queue
        .run(job)
        .catch((error: unknown) => this.failures.push(String(Reflect.get(Object(error), 'reason'))));
    this.data = create({ type: 'p2p', offer: undefined, ...fields });
    this.negotiation = new Negotiation({
      clock,
      data: this.data,
      media: { close: async () => {}, ...media },
      emit: (type, body) => void this.events.push({ type, body }),
      later,
      hasPeer: () => this.peer !== undefined,
      toPeer: (job) => {
        const { peer } = this;
        void peer?.queue.run(() => job(peer.negotiation)).catch((error) => peer.failures.push(error.reason));
        return peer !== undefined;
      },
      settled: () => {
        this.settled += 1;
      },
      failed: (why) => void this.failures.push(why.reason),
    });
  }

  /** The offer of the session's own create. */
  giveOwnOffer(): Promise<void> {
    return this.negotiation.giveOffer(this.data.offer ?? trickling);
  }
  get types(): string[] {
    return this.events.map(({ type }) => type);
  }
  /** The candidates that the client was told: their ports, and `end`. */
  get candidates(): (number | 'end')[] {
    return this.events
      .filter(({ type }) => type.startsWith('candidate'))
      .map(({ type, body }) => (type === 'candidate' ? portOf(Reflect.get(body, 'candidate')) : 'end'));
  }
  get offer(): Description | undefined {
    return this.negotiation.offer.known.value;
  }
  get answer(): Description | undefined {
    return this.negotiation.answer.known.value;
  }
}

/** A session whose client offers. */
async function offering(fields: Record<string, unknown> = {}, offer = trickling): Promise<Party> {
  const party = new Party({ offer, ...fields });
  await party.giveOwnOffer();
  await flush();
  return party;
}
/** A master with its offer given, and its slave. */
async function pair(ofMaster: Record<string, unknown> = {}, ofSlave: Record<string, unknown> = {}) {
  const master = new Party({ offer: trickling, ...ofMaster });
  const slave = new Party({ master_id: 'm', ...ofSlave });
  master.peer = slave;
  slave.peer = master;
  await master.giveOwnOffer();
  await flush();
  return { master, slave };
}

describe('an answer', () => {
  test('without an offer is offer_not_set', async () => {
    const party = new Party({});
    expect(await rejection(party.negotiation.giveAnswer(accepting))).toMatchObject(reason('offer_not_set'));
  });

  test('to an offer whose candidates are still being collected is offer_not_set', async () => {
    const party = await offering({ no_offer_trickle_ice: true });
    expect(await rejection(party.negotiation.giveAnswer(accepting))).toMatchObject(reason('offer_not_set'));
    expect(party.negotiation.answer.state).toBe('empty');
  });

  test('settles the session once, and a second one is answer_already_set', async () => {
    const party = await offering();
    await party.negotiation.giveAnswer(accepting);
    expect(party).toMatchObject({ settled: 1, answer: accepting });
    expect(await rejection(party.negotiation.giveAnswer(trickling))).toMatchObject(reason('answer_already_set'));
    expect(party).toMatchObject({ settled: 1, answer: accepting });
    expect(party.types).toEqual(['answer']);
  });

  test('while another one is being collected is answer_already_set', async () => {
    const party = await offering({ no_answer_trickle_ice: true });
    await party.negotiation.giveAnswer(accepting);
    expect(party.settled).toBe(0);
    expect(await rejection(party.negotiation.giveAnswer(trickling))).toMatchObject(reason('answer_already_set'));
  });

  test('of another sdp_type than the offer is invalid_value', async () => {
    const party = await offering();
    expect(await rejection(party.negotiation.giveAnswer(rtp))).toMatchObject({
      ...reason('invalid_value'),
      message: "data.answer.sdp_type must be webrtc, as the offer's",
    });
    expect(party.negotiation.answer.state).toBe('empty');
  });

  test('that the engine refuses is not taken: another one may follow', async () => {
    let refuses = true;
    const acceptAnswer = async () => {
      if (refuses) throw new PatchbayError('fs_error');
      return undefined;
    };
    const party = new Party({}, { acceptAnswer });
    await party.negotiation.giveOffer(trickling);
    expect(await rejection(party.negotiation.giveAnswer(accepting))).toMatchObject(reason('fs_error'));
    expect(party.negotiation.answer.state).toBe('empty');
    refuses = false;
    await party.negotiation.giveAnswer(accepting);
    expect(party.settled).toBe(1);
  });
});

describe('an offer', () => {
  test("of the client's own is no event; one that was made, or completed, is", async () => {
    expect((await offering()).types).toEqual([]);
    const made = new Party({});
    await made.negotiation.giveOffer(trickling);
    expect(made.events).toEqual([{ type: 'offer', body: { offer: trickling } }]);
  });

  test('that comes again is ignored', async () => {
    const party = await offering();
    await party.negotiation.giveOffer(accepting);
    expect(party.offer).toEqual(trickling);
    expect(party.types).toEqual([]);
  });
});

describe('the end', () => {
  test('is told to who waits, and no timer is left', async () => {
    const party = await offering({ no_offer_trickle_ice: true });
    const { offer, answer } = party.negotiation;
    const waits = [rejection(offer.known.wait(25_000)), rejection(answer.known.wait(25_000))];
    await party.negotiation.endCandidates();
    expect(party.negotiation).toMatchObject({ waiting: 2, timers: 2 });
    party.negotiation.end(new PatchbayError('user_stop'));
    for (const error of await Promise.all(waits)) expect(error).toMatchObject(reason('user_stop'));
    expect(party.negotiation).toMatchObject({ waiting: 0, timers: 0 });
    expect(clock.pending).toBe(0);
  });
});

describe('candidates are collected into the offer with no_offer_trickle_ice', () => {
  const fields = { no_offer_trickle_ice: true };

  test('until the end is signalled, and 1 s more for those that it overtook', async () => {
    const party = await offering(fields);
    await party.negotiation.addCandidates([line(1)]);
    await party.negotiation.endCandidates();
    await clock.advance(999);
    await party.negotiation.addCandidates([line(2, 1)]);
    expect(party.negotiation.offer.state).toBe('collecting');
    await clock.advance(1);
    expect(portsIn(party.offer)).toEqual([[1], [2]]);
    expect(party.offer?.trickle_ice).toBe(false);
    expect(party.events).toEqual([{ type: 'offer', body: { offer: party.offer } }]);
    expect(clock.pending).toBe(0);
  });

  test('until trickle_ice_timeout where no end is signalled', async () => {
    const party = await offering({ ...fields, trickle_ice_timeout: 700 });
    await party.negotiation.addCandidates([line(1)]);
    await clock.advance(699);
    expect(party.negotiation.offer.state).toBe('collecting');
    await clock.advance(1);
    expect(portsIn(party.offer)).toEqual([[1], []]);
    expect(clock.pending).toBe(0);
  });

  test('each on the line of its mid, or else its index', async () => {
    const party = await offering(fields);
    await party.negotiation.addCandidates([
      { ...line(1), sdpMid: 'second', sdpMLineIndex: 0 },
      { ...line(2), sdpMid: null, sdpMLineIndex: 1 },
      { candidate: line(3).candidate },
    ]);
    await clock.advance(5000);
    expect(portsIn(party.offer)).toEqual([[3], [1, 2]]);
  });

  test('and who waits for the offer gets it complete', async () => {
    const party = await offering(fields);
    const waiting = party.negotiation.offer.known.wait(25_000);
    await party.negotiation.addCandidates([line(1)]);
    await clock.advance(5000);
    expect(portsIn(await waiting)).toEqual([[1], []]);
  });

  test('and none at all is no_ice_candidates', async () => {
    const party = await offering(fields);
    await party.negotiation.endCandidates();
    await clock.advance(1000);
    expect(party.failures).toEqual(['no_ice_candidates']);
    expect(party.negotiation.offer.state).toBe('collecting');
    expect(party.types).toEqual([]);
  });

  test('but not into one that holds its candidates already', async () => {
    const party = await offering(fields, { ...trickling, trickle_ice: false });
    expect(party.negotiation.offer.state).toBe('known');
    expect(clock.pending).toBe(0);
  });

  test("by a slave, of its master's offer: the master's candidates, and the answer's do not get there", async () => {
    const { master, slave } = await pair({}, { ...fields });
    await master.negotiation.addCandidates([line(1)]);
    await slave.negotiation.addCandidates([line(9)]);
    await master.negotiation.endCandidates();
    await clock.advance(1000);
    expect(portsIn(slave.offer)).toEqual([[1], []]);
    expect(master.offer).toEqual(trickling);
    expect(slave.candidates).toEqual([]);
    expect(master.candidates).toEqual([]);
  });

  test('by a master: its slave gets the offer when it is complete, and no candidate', async () => {
    const { master, slave } = await pair(fields);
    expect(slave.negotiation.offer.state).toBe('empty');
    await master.negotiation.addCandidates([line(1)]);
    await master.negotiation.endCandidates();
    await clock.advance(1000);
    expect(slave.offer).toEqual(master.offer);
    expect(portsIn(slave.offer)).toEqual([[1], []]);
    expect(slave.types).toEqual(['offer']);
  });
});

describe('candidates are collected into the answer with no_answer_trickle_ice', () => {
  const fields = { no_answer_trickle_ice: true };

  test('by a slave: early ones, those between and late ones; its master gets the answer complete', async () => {
    const { master, slave } = await pair({}, fields);
    await slave.negotiation.addCandidates([line(1)]);
    await slave.negotiation.giveAnswer(accepting);
    await slave.negotiation.addCandidates([line(2)]);
    await slave.negotiation.endCandidates();
    await clock.advance(500);
    await slave.negotiation.addCandidates([line(3, 1)]);
    expect(master.negotiation.answer.state).toBe('empty');
    expect([master.settled, slave.settled]).toEqual([0, 0]);
    await clock.advance(500);
    expect(portsIn(slave.answer)).toEqual([[1, 2], [3]]);
    expect(master.answer).toEqual(slave.answer);
    expect([master.settled, slave.settled]).toEqual([1, 1]);
    expect(master.candidates).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('by trickle_ice_timeout where no end is signalled', async () => {
    const { master, slave } = await pair({}, { ...fields, trickle_ice_timeout: 300 });
    await slave.negotiation.giveAnswer(accepting);
    await slave.negotiation.addCandidates([line(1)]);
    await clock.advance(300);
    expect(portsIn(master.answer)).toEqual([[1], []]);
  });

  test('1 s after the answer where the end came before it', async () => {
    const { slave } = await pair({}, fields);
    await slave.negotiation.addCandidates([line(1)]);
    await slave.negotiation.endCandidates();
    await clock.advance(2000);
    await slave.negotiation.giveAnswer(accepting);
    await clock.advance(999);
    expect(slave.negotiation.answer.state).toBe('collecting');
    await clock.advance(1);
    expect(portsIn(slave.answer)).toEqual([[1], []]);
    expect(slave.settled).toBe(1);
  });

  test("by a master: its slave's candidates", async () => {
    const { master, slave } = await pair(fields);
    await slave.negotiation.giveAnswer(accepting);
    await flush();
    expect(slave.settled).toBe(1);
    expect(master.negotiation.answer.state).toBe('collecting');
    await slave.negotiation.addCandidates([line(1)]);
    await slave.negotiation.endCandidates();
    await clock.advance(1000);
    expect(portsIn(master.answer)).toEqual([[1], []]);
    expect(master).toMatchObject({ settled: 1, candidates: [] });
  });

  test('in a session without a peer: whoever serves its far side sends them to it', async () => {
    const party = await offering(fields);
    await party.negotiation.giveAnswer(accepting);
    await party.negotiation.addCandidates([line(1)]);
    await party.negotiation.endCandidates();
    await clock.advance(1000);
    expect(portsIn(party.answer)).toEqual([[1], []]);
    expect(party.settled).toBe(1);
  });

  test('and none at all is no_ice_candidates: nobody gets the answer', async () => {
    const { master, slave } = await pair({}, fields);
    await slave.negotiation.giveAnswer(accepting);
    await clock.advance(5000);
    expect(slave.failures).toEqual(['no_ice_candidates']);
    expect(master.negotiation.answer.state).toBe('empty');
  });
});

describe('candidates that nobody collects', () => {
  test('go from master to slave, and from slave to master, each side only to the other', async () => {
    const { master, slave } = await pair();
    await master.negotiation.addCandidates([line(1), line(2)]);
    await slave.negotiation.giveAnswer(accepting);
    await slave.negotiation.addCandidates([line(3)]);
    await flush();
    expect(slave.candidates).toEqual([1, 2]);
    expect(master.candidates).toEqual([3]);
  });

  test('keep their mid and index', async () => {
    const { master, slave } = await pair();
    const given = { ...line(1, 1), sdpMid: 'second' };
    await master.negotiation.addCandidates([given]);
    await flush();
    expect(slave.events.at(-1)).toEqual({ type: 'candidate', body: given });
  });

  test('wait for the answer that they belong to, and come after it', async () => {
    const { master, slave } = await pair();
    await slave.negotiation.addCandidates([line(1)]);
    await flush();
    expect(master.types).toEqual([]);
    await slave.negotiation.giveAnswer(accepting);
    await flush();
    expect(master.types).toEqual(['answer', 'candidate']);
    expect(slave.types).toEqual(['offer', 'answer']);
  });

  test('reach the other side up to 1 s after the end, before candidate_end does', async () => {
    const { master, slave } = await pair();
    await master.negotiation.addCandidates([line(1)]);
    await master.negotiation.endCandidates();
    await clock.advance(999);
    await master.negotiation.addCandidates([line(2)]);
    await flush();
    expect(slave.candidates).toEqual([1, 2]);
    await clock.advance(1);
    expect(slave.candidates).toEqual([1, 2, 'end']);
    expect(master.candidates).toEqual([]);
  });

  test('and their end wait for the answer', async () => {
    const { master, slave } = await pair();
    await slave.negotiation.addCandidates([line(1)]);
    await slave.negotiation.endCandidates();
    await clock.advance(1500);
    await slave.negotiation.giveAnswer(accepting);
    await flush();
    expect(master.types).toEqual(['answer', 'candidate', 'candidate_end']);
  });

  test("wait at the master's until it takes an answer of its own, with set_master_answer false", async () => {
    const { master, slave } = await pair({}, { set_master_answer: false });
    await slave.negotiation.giveAnswer(accepting);
    await slave.negotiation.addCandidates([line(1)]);
    await slave.negotiation.endCandidates();
    await clock.advance(1000);
    expect(master.types).toEqual([]);
    await master.negotiation.giveAnswer(accepting);
    expect(master.types).toEqual(['answer', 'candidate', 'candidate_end']);
  });

  test('are events of the session itself where it has no peer', async () => {
    const party = await offering();
    await party.negotiation.addCandidates([line(1)]);
    await party.negotiation.endCandidates();
    await clock.advance(1000);
    expect(party.candidates).toEqual([1, 'end']);
  });

  test('are told again to a slave that comes later, once, and after the offer', async () => {
    const master = await offering();
    await master.negotiation.addCandidates([line(1)]);
    await master.negotiation.endCandidates();
    await clock.advance(1000);
    const slave = new Party({ master_id: 'm' });
    master.peer = slave;
    slave.peer = master;
    master.negotiation.passAgain();
    await flush();
    expect(slave.types).toEqual([]);
    await slave.negotiation.giveOffer(trickling);
    await master.negotiation.addCandidates([line(2)]);
    await flush();
    expect(slave.types).toEqual(['offer', 'candidate', 'candidate_end', 'candidate']);
    expect(slave.candidates).toEqual([1, 'end', 2]);
  });
});

describe('an engine', () => {
  let given: (number | 'end')[];
  const media = {
    addCandidates: async (candidates: readonly Candidate[]) => {
      given.push(...candidates.map(({ candidate }) => portOf(candidate)));
    },
    endCandidates: async () => void given.push('end'),
  };
  beforeEach(() => {
    given = [];
  });

  test('is given early candidates, and their end, once both descriptions are known', async () => {
    const party = new Party({ offer: trickling }, media);
    await party.giveOwnOffer();
    await party.negotiation.addCandidates([line(1)]);
    await party.negotiation.endCandidates();
    await party.negotiation.addCandidates([line(2)]);
    expect(given).toEqual([]);
    await party.negotiation.giveEngineAnswer(accepting);
    await flush();
    expect(given).toEqual([1, 2, 'end']);
    expect(party.types).toEqual(['answer']);
    expect(clock.pending).toBe(0);
  });

  test('is given later ones at once, also those after the end', async () => {
    const party = new Party({ offer: trickling }, media);
    await party.giveOwnOffer();
    await party.negotiation.giveEngineAnswer(accepting);
    await party.negotiation.addCandidates([line(1)]);
    await party.negotiation.endCandidates();
    await party.negotiation.addCandidates([line(2)]);
    expect(given).toEqual([1, 'end', 2]);
    expect(party.candidates).toEqual([]);
  });

  test("that made the offer is given the answer's candidates", async () => {
    const party = new Party({}, { ...media, acceptAnswer: async () => {} });
    await party.negotiation.addCandidates([line(1)]);
    await party.negotiation.giveOffer(trickling);
    expect(given).toEqual([]);
    await party.negotiation.giveAnswer(accepting);
    await flush();
    expect(given).toEqual([1]);
  });

  test('that takes candidates gets them though the session has a peer', async () => {
    const party = new Party({ offer: trickling }, media);
    party.peer = new Party({ offer: trickling }, media);
    await party.giveOwnOffer();
    await party.negotiation.giveEngineAnswer(accepting);
    await party.negotiation.addCandidates([line(1)]);
    await flush();
    expect(given).toEqual([1]);
    expect(party.peer.candidates).toEqual([]);
  });

  test('has its candidates one by one: nothing is collected for it, whatever the client asked for', async () => {
    const party = new Party({ offer: trickling, no_offer_trickle_ice: true, no_answer_trickle_ice: true }, media);
    await party.giveOwnOffer();
    await party.negotiation.addCandidates([line(1)]);
    await party.negotiation.giveEngineAnswer(accepting);
    await flush();
    expect([party.offer, party.settled, given, clock.pending]).toEqual([trickling, 1, [1], 0]);
  });

  test('is given none of plain RTP: they are refused, or dropped where they came too early to tell', async () => {
    const refused = { ...reason('invalid_operation'), message: 'plain RTP has no ICE candidates' };
    const master = new Party({ offer: rtp }, media);
    expect(await rejection(master.negotiation.addCandidates([line(1)]))).toMatchObject(refused);

    const slave = new Party({}, { ...media, acceptAnswer: async () => {} });
    await slave.negotiation.addCandidates([line(1)]);
    await slave.negotiation.giveOffer(rtp);
    expect(await rejection(slave.negotiation.addCandidates([line(2)]))).toMatchObject(refused);
    await slave.negotiation.giveAnswer(rtp);
    await flush();
    expect([given, slave.failures, slave.settled]).toEqual([[], [], 1]);
  });

  test("does not offer its client's offer to the peer: that is another engine's call", async () => {
    const party = new Party({ offer: trickling }, media);
    party.peer = new Party({}, media);
    await party.giveOwnOffer();
    await flush();
    expect(party.peer.offer).toBeUndefined();
  });

  test('whose answer comes again changes nothing', async () => {
    const party = new Party({ offer: trickling }, media);
    await party.giveOwnOffer();
    await party.negotiation.giveEngineAnswer(accepting);
    await party.negotiation.giveEngineAnswer(trickling);
    expect(party).toMatchObject({ answer: accepting, settled: 1 });
  });
});

test('a session takes 500 candidates, and no more', async () => {
  const party = new Party({ offer: trickling, no_offer_trickle_ice: true });
  await party.giveOwnOffer();
  for (let at = 0; at < 10; at += 1) {
    await party.negotiation.addCandidates(Array.from({ length: 50 }, (_, n) => line(1000 + at * 50 + n)));
  }
  expect(await rejection(party.negotiation.addCandidates([line(9999)]))).toMatchObject(reason('rate_limited'));
});
