import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { caller, moderator } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import type { FakeMedia } from '../../../support/fake-backend.ts';
import {
  assertModel,
  inOrder,
  ModelNode,
  moderating,
  NoFiles,
  Step,
  seenIn,
  stores,
  typesOf,
} from '../../../support/model.ts';
import { answer, offer } from '../../../support/sdp.ts';
import { TestNode } from '../../../support/test-node.ts';

/**
 * Random commands, faults and passing time over rooms, publishers, listeners, recordings and proxies, in a house where
 * some are at home already. Whatever happens, every session and room tells its end once, and nothing of it stays: no
 * member, timer, job, record or recorder.
 */

const runs = 1000;
const ids = ['p', 'q', 'l', 'm', 'x'] as const;
const roomIds = ['lobby', 'attic'] as const;
const seconds = { wait_timeout: 20, ready_timeout: 60, reconnect_timeout: 5 };
const anew = { ...offer, sdp: offer.sdp.replace('s=-', 's=anew') };

class System extends ModelNode {
  /** Those whose records were taken by another node: they end without a word. */
  readonly taken = new Set<LiveSession>();

  constructor() {
    super(new TestNode({ capacity: 6, files: new NoFiles() }));
    this.node.janus.leavesFiles = false;
  }

  /** Two publishers, each with a listener, the first of which records. */
  async moveIn(): Promise<void> {
    const { node } = this;
    await node.room({ timeout: 10 });
    await node.publish('p', seconds);
    await node.publish('q', seconds);
    await node.listen('l', 'p', { ...seconds, record: true });
    await node.listen('m', 'q', seconds);
    this.check();
  }

  live(sessionId: string): LiveSession | undefined {
    try {
      return this.node.sessions.controlled(caller(), sessionId);
    } catch {
      return undefined;
    }
  }

  /** Another node has the session's record, and the session finds out. */
  async take(session: LiveSession): Promise<void> {
    const { sessionId } = session.spec;
    this.taken.add(session);
    this.node.world.records.delete(`acme/${sessionId}`);
    await this.node.sessions.attach(caller({ connectionId: 'connection-2' }), sessionId, undefined, undefined);
  }

  /** Holds at every moment when nothing is about to happen by itself. */
  check(): void {
    expect(this.faults).toEqual([]);
    const { world, roomWorld, sessions } = this.node;
    expect(sessions.count).toBeLessThanOrEqual(6);
    for (const [session, events] of world.told) {
      inOrder(events);
      const isOver = session.state === 'destroyed';
      const ends = typesOf(events).filter((type) => type === 'destroyed').length;
      expect(isOver && this.taken.has(session) ? [0, 1] : [isOver ? 1 : 0]).toContain(ends);
      if (isOver) expect(session.held).toEqual({ timers: 0, waiters: 0, jobs: 0 });
      const { room } = session.spec.binding;
      const { publisher } = session;
      if (room) expect(room.members.sessions.includes(session)).toBe(!isOver);
      if (!isOver && publisher) {
        expect(publisher.state).not.toBe('destroyed');
        expect(room?.members.listenersOf(publisher)).toContain(session);
      }
      if (!isOver && session.peer) expect(session.peer.peer).toBe(session);
      expect(session.media.recorder?.users).toBe(this.recordingsOf(session));
      expect(isRunning(this.media(session))).toBe(this.recordingsOf(session) > 0);
    }
    for (const [room, events] of roomWorld.told) {
      inOrder(events);
      // Its end may have to wait for a member that is still being made.
      const isOver = typesOf(events).includes('destroyed');
      const wasUsed = typesOf(events).includes('started_member');
      const isWaiting = this.pending > 0 || room.members.size > 0;
      if (room.spec.onDemand && !wasUsed && !isWaiting) expect(isOver).toBe(true);
      if (isOver) expect([room.ended, room.held, room.members.size]).toEqual([true, { timers: 0, jobs: 0 }, 0]);
      expect(room.members.publishers).toBeLessThanOrEqual(room.spec.options.max_publishers);
      expect(seenIn(events).sort()).toEqual(room.members.seen.map(({ session_id }) => session_id).sort());
    }
  }

  /** Ends all, and expects that nothing is left. */
  async finish(): Promise<void> {
    const { node } = this;
    this.setStore('world', 'there');
    this.setStore('roomWorld', 'there');
    for (const media of node.janus.opened) media.fails(new PatchbayError('janus_error'));
    await flush();
    node.sessions.drain();
    node.rooms.drain();
    await node.sessions.stopAll(new PatchbayError('node_lost'));
    await node.rooms.stopAll(new PatchbayError('node_lost'));
    await Promise.all(this.running);
    await flush();
    this.check();
    const { world, roomWorld, sessions, rooms, clock, janus } = node;
    for (const told of roomWorld.told.values()) expect(told.at(-1)?.type).toBe('destroyed');
    expect([sessions.count, rooms.count, clock.pending]).toEqual([0, 0, 0]);
    expect([world.records.size, roomWorld.records.size]).toEqual([0, 0]);
    expect(janus.opened.filter(({ closed }) => closed === 0)).toEqual([]);
    expect(janus.rooms.filter(({ closed }) => closed === 0)).toEqual([]);
    expect(janus.opened.filter(isRunning)).toEqual([]);
    for (const name of ['connection-1', 'connection-2']) expect(node.owners.of(name)).toEqual([]);
  }

  /** How many record the media of this session now. */
  recordingsOf(session: LiveSession): number {
    const live = [...this.node.world.told.keys()].filter(({ state }) => state !== 'destroyed');
    const recording = live.filter(({ recordings }) => recordings.list.some(({ state }) => state === 'started'));
    return recording.filter((one) => (one.publisher ?? one) === session).length;
  }

  media({ media }: LiveSession): FakeMedia {
    const found = this.node.janus.opened.find((one) => one === media.engine);
    if (!found) throw new Error('it has no media');
    return found;
  }
}

const isRunning = ({ recorder }: FakeMedia) => recorder.started.length > recorder.stopped;

const id = fc.constantFrom(...ids);
const publisher = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('p', 'q') }, id);
const listener = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('l', 'm') }, id);
const roomId = fc.oneof({ weight: 3, arbitrary: fc.constant(roomIds[0]) }, fc.constant(roomIds[1]));
const note = (fields: object) => JSON.stringify(fields).replaceAll('"', '');
const create = (sessionId: string, fields: Record<string, unknown>) => {
  const { offer: _, ...shown } = fields;
  return new Step<System>(`${sessionId}: create ${note(shown)}`, ({ node }) =>
    node.create(sessionId, { ...seconds, ...fields }),
  );
};
const onLive =
  (what: string, run: (session: LiveSession, system: System) => unknown) =>
  (sessionId: string): Step<System> =>
    new Step<System>(`${sessionId}: ${what}`, (system) => {
      const session = system.live(sessionId);
      return session && run(session, system);
    });
const onEngine =
  (what: string, run: (media: FakeMedia) => unknown) =>
  (index: number): Step<System> =>
    new Step<System>(`the engine ${what} its session ${index}`, ({ node }) => {
      const media = node.janus.opened[index];
      return media && run(media);
    });
const index = fc.nat(5);

const step: fc.Arbitrary<Step<System>> = fc.oneof(
  fc
    .tuple(roomId, fc.constantFrom(1, 2, 50))
    .map(
      ([room_id, max_publishers]) =>
        new Step<System>(`${room_id}: make, for ${max_publishers}`, ({ node }) =>
          node.room({ room_id, max_publishers, timeout: 10 }),
        ),
    ),
  roomId.map(
    (room_id) =>
      new Step<System>(`${room_id}: destroy`, ({ node }) =>
        node.rooms.moderated(moderator(), room_id).stop(new PatchbayError('room_destroyed')),
      ),
  ),
  fc
    .tuple(id, fc.option(roomId, { nil: undefined }), fc.boolean(), fc.boolean())
    .map(([name, room_id, create_room, record]) =>
      create(name, { type: 'publish', offer, room_id, create_room, record }),
    ),
  fc
    .tuple(id, publisher, fc.boolean())
    .map(([name, publisher_id, record]) => create(name, { type: 'listen', publisher_id, record })),
  fc
    .tuple(listener, publisher)
    .map(
      ([name, publisher_id]) =>
        new Step<System>(`${name}: listen to ${publisher_id}, and answer`, ({ node }) =>
          node.listen(name, publisher_id, seconds),
        ),
    ),
  id.map((name) => create(name, { type: 'proxy', offer })),
  fc.tuple(id, id).map(([name, master_id]) => create(name, { type: 'proxy', master_id })),
  fc.tuple(id, id).map(
    ([master_id, name]) =>
      new Step<System>(`${name}: answer a proxy of ${master_id}`, async ({ node }) => {
        await node.create(master_id, { ...seconds, type: 'proxy', offer });
        const slave = await node.session(name, { ...seconds, type: 'proxy', master_id });
        await slave.setAnswer(answer);
      }),
  ),
  fc.tuple(id, id).map(([name, master_id]) => create(name, { type: 'echo', offer, master_id })),
  id.map(onLive('set_answer', (one) => one.setAnswer(answer))),
  fc
    .tuple(listener, publisher)
    .map(([name, publisher_id]) =>
      onLive(`set_type to listen to ${publisher_id}`, ({ spec }, { node }) =>
        node.setType(spec.sessionId, { type: 'listen', publisher_id }, caller()),
      )(name),
    ),
  id.map(onLive('start to record', (one) => one.startRecording())),
  id.map(onLive('stop to record', (one) => one.stopRecording())),
  id.map(onLive('update_media', (one) => one.updateMedia({ mute_audio: true }))),
  id.map(onLive('destroy', (one) => one.stop(new PatchbayError('user_stop')))),
  ...moderating<System>(roomId, id),
  index.map(onEngine('stops', ({ sink }) => sink.stopped(new PatchbayError('janus_session_down')))),
  index.map(onEngine('answers', (media) => media.answers())),
  index.map(onEngine('refuses', (media) => media.fails(new PatchbayError('janus_error')))),
  index.map(
    onEngine('offers anew when it is turned', (media) => {
      media.newOffer = anew;
    }),
  ),
  fc.tuple(index, fc.boolean()).map(([at, fails]) =>
    onEngine(`${fails ? 'cannot' : 'can'} record`, ({ recorder }) => {
      recorder.failure = fails ? new Error('no disk') : undefined;
    })(at),
  ),
  fc
    .nat(3)
    .map(
      (at) =>
        new Step<System>(`the engine loses its room ${at}`, ({ node }) =>
          node.janus.rooms[at]?.sink.stopped(new PatchbayError('janus_session_down')),
        ),
    ),
  fc.constantFrom('now' as const, 'later' as const).map(
    (when) =>
      new Step<System>(`the engine answers ${when}`, ({ node }) => {
        node.janus.answers = when;
      }),
  ),
  fc.boolean().map(
    (fails) =>
      new Step<System>(`the engine ${fails ? 'makes no rooms' : 'makes rooms'}`, ({ node }) => {
        node.janus.roomFailure = fails ? new PatchbayError('janus_error') : undefined;
      }),
  ),
  fc
    .tuple(fc.constantFrom('world' as const, 'roomWorld' as const), fc.constantFrom(...stores))
    .map(
      ([of, store]) => new Step<System>(`the store of the ${of} is ${store}`, (system) => system.setStore(of, store)),
    ),
  id.map(onLive("its record is another node's", (one, system) => system.take(one))),
  fc.constant(new Step<System>('the connection is gone', ({ node }) => node.sessions.connectionGone('connection-1'))),
);
const time = fc
  .constantFrom(50, 1500, 6000, 11_000, 25_000)
  .map((ms) => new Step<System>(`${ms} ms pass`, ({ node }) => node.clock.advance(ms)));

test(
  'random commands, faults and time over rooms: one end each, and nothing left behind',
  () => assertModel(() => new System(), step, time, { stepsPerTime: 5, runs }),
  60_000,
);
