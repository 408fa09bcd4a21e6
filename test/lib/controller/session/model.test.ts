import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Backend, MediaSink } from '../../../../lib/backends/backend.ts';
import { P2pBackend } from '../../../../lib/backends/p2p/backend.ts';
import { Owners } from '../../../../lib/controller/owners.ts';
import type { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import { Sessions } from '../../../../lib/controller/session/sessions.ts';
import type { SessionWorld } from '../../../../lib/controller/session/spec.ts';
import type { Caller } from '../../../../lib/domain/access.ts';
import { silentLog } from '../../../../lib/domain/log.ts';
import { type SessionState, transitions } from '../../../../lib/domain/session-state.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import type { PatchbayEvent } from '../../../../lib/protocol/events.ts';
import { createData } from '../../../../lib/protocol/session.ts';
import { caller } from '../../../support/callers.ts';
import { flush, ManualClock } from '../../../support/clock.ts';
import { testRooms } from '../../../support/room-world.ts';
import { answer, offer } from '../../../support/sdp.ts';
import { testFiles, testRules } from '../../../support/world.ts';

/**
 * Random commands, faults and passing time over pairs of p2p sessions and engine sessions. Whatever happens, each
 * session goes by the table of states, tells it by events without a gap, and holds nothing once it is over.
 */

const runs = 1000;
const ids = ['a', 'b', 'c'] as const;
const connections = ['conn-1', 'conn-2'] as const;

/** An engine whose media sessions end when the test says so. */
class Engine implements Backend {
  readonly passesCandidates = true;
  readonly kind = 'janus';
  readonly sinks: MediaSink[] = [];
  open_ = 0;
  engine() {
    return { kind: this.kind, name: 'engine', version: '1', up: true, sessions: this.open_ } as const;
  }
  start(): void {}
  async stop(): Promise<void> {}
  open(_spec: unknown, sink: MediaSink) {
    this.open_ += 1;
    this.sinks.push(sink);
    let closed = false;
    return {
      acceptOffer: async () => answer,
      addCandidates: async () => {},
      endCandidates: async () => {},
      updateMedia: async () => ({ mute_audio: true }),
      close: async () => {
        if (!closed) this.open_ -= 1;
        closed = true;
      },
    };
  }
}

/** A node's sessions, with all that they tell. */
class System {
  readonly clock = new ManualClock();
  readonly engine = new Engine();
  readonly p2p = new P2pBackend();
  readonly events = new Map<LiveSession, PatchbayEvent[]>();
  readonly states = new Map<LiveSession, SessionState>();
  readonly records = new Set<string>();
  readonly waiters: Promise<unknown>[] = [];
  /** What a connection that attached was told again, and what went wrong after that. */
  readonly replayed = new Map<string, number>();
  readonly gaps: string[] = [];
  readonly owners = new Owners(async () => true);
  /** Another node has every id. */
  refuses = false;
  readonly sessions: Sessions;

  constructor() {
    const world: Omit<SessionWorld, 'ended'> = {
      clock: this.clock,
      log: silentLog,
      files: testFiles(),
      claim: async ({ sessionId }) =>
        !this.refuses && !this.records.has(sessionId) && Boolean(this.records.add(sessionId)),
      update: async ({ sessionId }) => this.records.has(sessionId),
      release: async ({ sessionId }) => void this.records.delete(sessionId),
      giveUp: async ({ sessionId }) => this.records.delete(sessionId),
      publish: (session, event) => {
        this.events.set(session, [...(this.events.get(session) ?? []), event]);
        this.#follow(session, event);
      },
      replay: ({ connectionId }, { obj_id, seq }) => void this.replayed.set(`${connectionId} ${obj_id}`, seq),
    };
    this.sessions = new Sessions({
      nodeId: 'node',
      capacity: ids.length,
      backends: [this.engine, this.p2p],
      rooms: testRooms([this.engine, this.p2p]),
      rules: testRules,
      owners: this.owners,
      world,
      onEnded: () => {},
    });
  }

  /** What a connection is told after a replay goes on where that ended. */
  #follow({ voice }: LiveSession, { obj_id, seq }: PatchbayEvent): void {
    for (const connectionId of connections) {
      const key = `${connectionId} ${obj_id}`;
      const last = this.replayed.get(key);
      this.replayed.delete(key);
      if (last !== undefined && voice.subscribers.has(connectionId) && seq !== last + 1)
        this.gaps.push(`${key}: ${last}, ${seq}`);
    }
  }

  async create(sessionId: string, fields: Record<string, unknown>, who: Caller): Promise<void> {
    const data = createData.parse({ wait_timeout: 20, ready_timeout: 60, reconnect_timeout: 5, ...fields });
    const placed = { sessionId, attempt: 1 };
    await this.sessions.create(who, data, placed, `request ${sessionId}`);
  }

  live(sessionId: string): LiveSession | undefined {
    try {
      return this.sessions.controlled(caller(), sessionId);
    } catch {
      return undefined;
    }
  }

  /** Holds at every moment. */
  check(): void {
    expect(this.gaps).toEqual([]);
    for (const [session, events] of this.events) {
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      expect(events[0]?.type).toBe('created');
      const ends = events.filter(({ type }) => type === 'destroyed');
      expect(ends).toHaveLength(session.state === 'destroyed' ? 1 : 0);
      if (ends.length > 0) expect(events.at(-1)?.type).toBe('destroyed');
      for (const type of ['offer', 'answer'])
        expect(events.filter((event) => event.type === type).length).toBeLessThan(2);

      const before = this.states.get(session) ?? 'wait';
      const reachable = [before, ...Object.values(transitions[before]), 'destroyed'];
      expect(reachable).toContain(session.state);
      this.states.set(session, session.state);
      if (session.state === 'ready') {
        expect(session.negotiation.offer.state).toBe('known');
        expect(session.negotiation.answer.state).toBe('known');
      }
      if (session.state === 'destroyed') expect(session.held).toEqual({ timers: 0, waiters: 0, jobs: 0 });
      if (session.peer) expect(session.peer.peer).toBe(session);
    }
  }
}

/** One thing that happens; a counterexample shows its name. */
class Step {
  readonly name: string;
  readonly run: (system: System) => Promise<unknown> | unknown;

  constructor(name: string, run: (system: System) => Promise<unknown> | unknown) {
    this.name = name;
    this.run = run;
  }

  [fc.toStringMethod](): string {
    return this.name;
  }
}

const id = fc.constantFrom(...ids);
const connection = fc.constantFrom(...connections).map((connectionId) => caller({ connectionId }));
const flags = fc.record(
  {
    no_offer_trickle_ice: fc.boolean(),
    no_answer_trickle_ice: fc.boolean(),
    stop_after_peer: fc.boolean(),
    set_master_answer: fc.boolean(),
    trickle_ice_timeout: fc.constantFrom(100, 5000),
  },
  { requiredKeys: [] },
);
const trickled = fc.boolean();
const line = { candidate: 'candidate:1 1 udp 2122194687 192.0.2.7 40000 typ host', sdpMLineIndex: 0 };
const text = (value: unknown) => JSON.stringify(value);

/** A command is refused with an error of ours, or carried out: nothing else may come of it. */
const command = (name: string, run: Step['run']): Step =>
  new Step(name, async (system) => {
    try {
      await run(system);
    } catch (error) {
      expect(error).toBeInstanceOf(PatchbayError);
      expect(error).not.toMatchObject({ reason: 'internal_error' });
    }
  });
const onLive =
  (what: string, run: (session: LiveSession, system: System) => Promise<unknown> | unknown) => (name: string) =>
    command(`${name}: ${what}`, (system) => {
      const session = system.live(name);
      return session && run(session, system);
    });
const create = (name: string, who: Caller, fields: Record<string, unknown>, note: string) =>
  command(`${name}: create ${note} by ${who.connectionId}`, (system) => system.create(name, fields, who));

const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(id, flags, trickled, connection)
    .map(([name, extra, trickle_ice, who]) =>
      create(
        name,
        who,
        { type: 'p2p', offer: { ...offer, trickle_ice }, ...extra },
        `p2p, trickle_ice ${trickle_ice} ${text(extra)}`,
      ),
    ),
  fc
    .tuple(id, id, flags, connection)
    .map(([name, master_id, extra, who]) =>
      create(name, who, { type: 'p2p', master_id, ...extra }, `p2p slave of ${master_id} ${text(extra)}`),
    ),
  fc.tuple(id, connection).map(([name, who]) => create(name, who, { type: 'echo', offer }, 'echo')),
  fc
    .tuple(id, id, fc.boolean(), connection)
    .map(([name, master_id, stop_after_peer, who]) =>
      create(name, who, { type: 'echo', offer, master_id, stop_after_peer }, `echo slave of ${master_id}`),
    ),
  fc
    .tuple(id, trickled)
    .map(([name, trickle_ice]) =>
      onLive(`set_answer, trickle_ice ${trickle_ice}`, (one) => one.setAnswer({ ...answer, trickle_ice }))(name),
    ),
  id.map(onLive('set_candidate', (one) => one.addCandidates([line]))),
  id.map(onLive('set_candidate_end', (one) => one.endCandidates())),
  id.map(onLive('update_media', (one) => one.updateMedia({ mute_audio: true }))),
  id.map(onLive('send_info', (one) => one.sendInfo('info', {}))),
  id.map(onLive('destroy', (one) => one.stop(new PatchbayError('user_stop')))),
  id.map(
    onLive('destroy, and its peer at the same instant', (one) =>
      Promise.all([one.stop(new PatchbayError('user_stop')), one.peer?.stop(new PatchbayError('api_stop'))]),
    ),
  ),
  fc.tuple(id, fc.constantFrom('offer' as const, 'answer' as const)).map(([name, side]) =>
    onLive(`get_${side}`, (one, system) => {
      const waiting = one.negotiation[side].known.wait(25_000);
      system.waiters.push(waiting.catch((error: unknown) => expect(error).toBeInstanceOf(PatchbayError)));
    })(name),
  ),
  fc
    .tuple(id, connection, fc.option(fc.nat(5), { nil: undefined }))
    .map(([name, who, since]) =>
      command(`${name}: attach by ${who.connectionId} since ${since}`, (system) =>
        system.sessions.attach(who, name, undefined, since),
      ),
    ),
  fc
    .constantFrom(...connections)
    .map((name) => new Step(`${name} is gone`, (system) => system.sessions.connectionGone(name))),
  fc
    .nat(3)
    .map(
      (index) =>
        new Step(`the engine stops its session ${index}`, (system) =>
          system.engine.sinks[index]?.stopped(new PatchbayError('janus_session_down')),
        ),
    ),
  fc
    .nat(3)
    .map(
      (index) =>
        new Step(`the engine tells a status of its session ${index}`, (system) =>
          system.engine.sinks[index]?.status({ class: 'webrtc', status: 'up' }),
        ),
    ),
  fc.boolean().map(
    (refuses) =>
      new Step(`another node has ${refuses ? 'every id' : 'no id'}`, (system) => {
        system.refuses = refuses;
      }),
  ),
  fc
    .constantFrom(50, 500, 1500, 6000, 25_000)
    .map((ms) => new Step(`${ms} ms pass`, (system) => system.clock.advance(ms))),
);
/** Half of the steps are under way together with the next one. */
const steps = fc.array(
  fc.tuple(step, fc.boolean()).map(([one, isAwaited]) => ({
    run: one.run,
    isAwaited,
    [fc.toStringMethod]: () => `\n  ${one.name}${isAwaited ? '' : ' …'}`,
  })),
  { maxLength: 25 },
);

test('random commands, faults and time: states by the table, no gap in seq, nothing held after destroyed', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const system = new System();
      for (const { run, isAwaited } of all) {
        const running = run(system);
        if (!isAwaited) {
          system.waiters.push(Promise.resolve(running));
          continue;
        }
        await running;
        await flush();
        system.check();
      }
      system.sessions.drain();
      await system.sessions.stopAll(new PatchbayError('node_lost'));
      await flush();
      await Promise.all(system.waiters);
      system.check();
      expect(system.sessions.count).toBe(0);
      expect(system.clock.pending).toBe(0);
      expect(system.records.size).toBe(0);
      expect(system.engine.open_).toBe(0);
      expect(system.p2p.engine().sessions).toBe(0);
      for (const name of connections) expect(system.owners.of(name)).toEqual([]);
    }),
    { numRuns: runs },
  );
}, 60_000);
