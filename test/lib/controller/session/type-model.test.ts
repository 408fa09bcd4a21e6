import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { caller, moderator } from '../../../support/callers.ts';
import { flush } from '../../../support/clock.ts';
import type { FakeChannel } from '../../../support/fake-freeswitch.ts';
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
import { channelOf, TestNode } from '../../../support/test-node.ts';

/**
 * Random creates, changes of type, ends and faults over sessions and rooms of FreeSWITCH, many of them at the same moment.
 * Whatever happens, nobody is bridged with somebody who does not know of it, rooms and the engine agree with the sessions
 * once all is quiet, everything comes to an end, and nothing stays behind.
 */

const runs = 1000;
const ids = ['a', 'b', 'c', 'd'] as const;
const roomIds = ['lobby', 'attic'] as const;
const seconds = { wait_timeout: 20, ready_timeout: 60, reconnect_timeout: 5 };

class System extends ModelNode {
  /** Changes of type that the engine is slow to do. */
  readonly #slow: PromiseWithResolvers<void>[] = [];

  constructor() {
    super(new TestNode({ capacity: 5, files: new NoFiles() }));
    this.node.freeswitch.leavesFiles = false;
    this.node.backends.splice(0, this.node.backends.length, this.node.freeswitch);
  }

  /** Three sessions of which two are bridged, and a room with a member. */
  async moveIn(): Promise<void> {
    const { node } = this;
    await node.session('a', { type: 'park', offer, ...seconds });
    await node.session('b', { type: 'bridge', offer, peer_id: 'a', stop_after_peer: false, ...seconds });
    await node.session('c', { type: 'mcu', offer, room_id: 'lobby', ...seconds });
    this.check();
  }

  live(sessionId: string): LiveSession | undefined {
    return this.node.sessions.find(caller(), sessionId);
  }

  slow(channel: FakeChannel): void {
    const slow = Promise.withResolvers<void>();
    this.#slow.push(slow);
    channel.moving = slow.promise;
  }

  letGo(): void {
    for (const { resolve } of this.#slow.splice(0)) resolve();
  }

  get isQuiet(): boolean {
    return this.pending === 0 && [...this.node.world.told.keys()].every(({ held }) => held.jobs === 0);
  }

  /** Holds at every moment when nothing is about to happen by itself, but for what waits for the engine or the store. */
  check(): void {
    expect(this.faults).toEqual([]);
    const { world, roomWorld } = this.node;
    for (const [session, events] of world.told) {
      inOrder(events);
      expect(typesOf(events).includes('destroyed')).toBe(session.state === 'destroyed');
      const { peer } = session.bridging;
      if (peer) expect(peer.bridging.peer).toBe(session);
      if (session.state === 'destroyed') expect(session.held).toMatchObject({ timers: 0, waiters: 0 });
    }
    for (const [room, events] of roomWorld.told) {
      inOrder(events);
      expect(seenIn(events).sort()).toEqual(room.members.seen.map(({ session_id }) => session_id).sort());
      if (typesOf(events).includes('destroyed')) {
        expect([room.ended, room.held, room.members.size]).toEqual([true, { timers: 0, jobs: 0 }, 0]);
      }
    }
    if (this.isQuiet) this.checkQuiet();
  }

  /** What sessions, rooms and the engine think of each other is the same. */
  checkQuiet(): void {
    const { world, roomWorld, freeswitch } = this.node;
    const live = [...world.told.keys()].filter(({ state }) => state !== 'destroyed');
    for (const session of live) {
      expect({ [session.spec.sessionId]: placeOf(session) }).toEqual({ [session.spec.sessionId]: engineOf(session) });
      const { type, state, room, bridging, wishes, media } = session;
      expect([type === 'mcu', type === 'bridge']).toEqual([
        room !== undefined,
        // One that was made for a peer waits for it, or to be ready for something else.
        bridging.peer !== undefined || (type === 'bridge' && (wishes.peer !== undefined || state === 'wait')),
      ]);
      if (bridging.peer) expect([session.state, bridging.peer.state]).toEqual(['ready', 'ready']);
      if (!room) expect(media.moderated).toEqual({ audio: false, video: false });
    }
    for (const room of roomWorld.told.keys()) {
      const members = live.filter((session) => session.room === room);
      expect([...room.members.sessions].sort(byId)).toEqual(members.sort(byId));
      expect(freeswitch.membersOf(room.media).length).toBe(room.ended ? 0 : members.length);
      // Only what waits to be ready keeps a room that was made for it without a member.
      const isWished = live.some(({ state }) => state === 'wait');
      if (room.spec.onDemand && members.length === 0 && !isWished) expect(room.ended).toBe(true);
      if (room.ended) expect(typesOf(roomWorld.told.get(room) ?? [])).toContain('destroyed');
    }
  }

  /** Ends all, and expects that nothing is left. */
  async finish(): Promise<void> {
    const { node } = this;
    this.setStore('world', 'there');
    this.setStore('roomWorld', 'there');
    this.letGo();
    for (const channel of node.freeswitch.opened) channel.fails(new PatchbayError('fs_invite_error'));
    // Time that passes takes a round for each timer; nothing else takes long.
    for (let round = 0; round < 20 && this.pending > 0; round += 1) await flush();
    this.check();
    expect(this.pending).toBe(0);
    node.sessions.drain();
    node.rooms.drain();
    await node.sessions.stopAll(new PatchbayError('node_lost'));
    await node.rooms.stopAll(new PatchbayError('node_lost'));
    await Promise.all(this.running);
    await flush();
    this.check();
    const { world, roomWorld, sessions, rooms, clock, freeswitch } = node;
    for (const told of [...world.told.values(), ...roomWorld.told.values()]) {
      expect(typesOf(told).filter((type) => type === 'destroyed')).toHaveLength(1);
    }
    expect([sessions.count, rooms.count, clock.pending]).toEqual([0, 0, 0]);
    expect([world.records.size, roomWorld.records.size]).toEqual([0, 0]);
    expect(freeswitch.opened.filter(({ closed, place }) => closed === 0 || place)).toEqual([]);
    expect(freeswitch.rooms.filter(({ closed }) => closed === 0)).toEqual([]);
    const recorders = [...freeswitch.opened, ...freeswitch.rooms].map(({ recorder }) => recorder);
    expect(recorders.filter(({ started, stopped }) => started.length > stopped)).toEqual([]);
    expect(node.owners.of('connection-1')).toEqual([]);
  }
}

const byId = (one: LiveSession, other: LiveSession) => (one.spec.sessionId < other.spec.sessionId ? -1 : 1);

/** Where a session is, as it thinks. */
function placeOf({ type, room, bridging }: LiveSession): string {
  if (type === 'mcu') return `in ${room?.spec.mediaId}`;
  if (type === 'bridge' && bridging.peer) return `with ${bridging.peer.spec.mediaId}`;
  return type === 'bridge' ? 'park' : type;
}

/** The same, as the engine has it. */
function engineOf(session: LiveSession): string | undefined {
  const { place, peer } = channelOf(session);
  if (place?.type === 'mcu') return `in ${place.room.spec.mediaId}`;
  return place?.type === 'bridge' ? `with ${peer?.spec.mediaId}` : place?.type;
}

const id = fc.constantFrom(...ids);
const roomId = fc.constantFrom(...roomIds);
const note = (fields: object) => JSON.stringify(fields).replaceAll('"', '');
const onLive =
  (what: string, run: (session: LiveSession, system: System) => unknown) =>
  (sessionId: string): Step<System> =>
    new Step(`${sessionId}: ${what}`, (system) => {
      const session = system.live(sessionId);
      return session && run(session, system);
    });
const onEngine =
  (what: string, run: (channel: FakeChannel, system: System) => unknown) =>
  (index: number): Step<System> =>
    new Step(`the engine ${what} its channel ${index}`, (system) => {
      const channel = system.node.freeswitch.opened[index];
      return channel && run(channel, system);
    });
const index = fc.nat(5);
const change = ({ spec }: LiveSession, fields: Record<string, unknown>, { node }: System) =>
  node.setType(spec.sessionId, fields);

const stop_after_peer = fc.option(fc.boolean(), { nil: undefined });
const wish = fc.oneof(
  fc.record({ type: fc.constantFrom('park', 'echo'), stop_after_peer }),
  fc.record({ type: fc.constant('mcu'), room_id: fc.option(roomId, { nil: undefined }), stop_after_peer }),
  fc.record({ type: fc.constant('bridge'), peer_id: id, stop_after_peer }),
);
const setTypes = fc
  .tuple(id, wish)
  .map(([name, fields]) => onLive(`set_type ${note(fields)}`, (one, system) => change(one, fields, system))(name));

const step: fc.Arbitrary<Step<System>> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(id, wish, fc.boolean(), fc.boolean())
      .map(
        ([name, fields, isOffered, record]) =>
          new Step<System>(`${name}: create ${note(fields)}${isOffered ? ' with an offer' : ''}`, ({ node }) =>
            node.create(name, { ...seconds, ...fields, record, ...(isOffered && { offer }) }),
          ),
      ),
  },
  fc
    .tuple(id, id)
    .map(
      ([name, master_id]) =>
        new Step<System>(`${name}: create bridge, slave of ${master_id}`, ({ node }) =>
          node.create(name, { ...seconds, type: 'bridge', master_id, offer }),
        ),
    ),
  { weight: 6, arbitrary: setTypes },
  fc.tuple(id, wish, wish).map(([name, first, second]) =>
    onLive(`set_type ${note(first)} and ${note(second)} at once`, (one, system) => {
      for (const fields of [first, second]) system.run(() => change(one, fields, system));
    })(name),
  ),
  fc.tuple(id, id, id).map(
    ([to, one, other]) =>
      new Step<System>(`${one} and ${other} to ${to} at once`, (system) => {
        const both = [one, other].map((name) => system.live(name)).filter((session) => session !== undefined);
        for (const session of both) system.run(() => change(session, { type: 'bridge', peer_id: to }, system));
      }),
  ),
  { weight: 2, arbitrary: id.map(onLive('set_answer', (one) => one.setAnswer(answer))) },
  id.map(onLive('destroy', (one) => one.stop(new PatchbayError('user_stop')))),
  id.map(
    onLive('destroy, and its peer at the same instant', (one) =>
      Promise.all([one, one.bridging.peer].map((session) => session?.stop(new PatchbayError('user_stop')))),
    ),
  ),
  fc.tuple(id, wish).map(([name, fields]) =>
    onLive(`leaves its room, and a new one comes with ${note(fields)}`, (one, system) => {
      const stopping = one.stop(new PatchbayError('user_stop'));
      const room_id = one.room?.spec.roomId ?? 'lobby';
      return Promise.all([stopping, system.node.create('d', { ...seconds, type: 'mcu', room_id, offer })]);
    })(name),
  ),
  id.map(onLive('update_media', (one) => one.updateMedia({ mute_audio: true }))),
  id.map(onLive('start to record', (one) => one.startRecording())),
  id.map(onLive('stop to record', (one) => one.stopRecording())),
  fc
    .tuple(roomId, fc.constantFrom(5, 300))
    .map(
      ([room_id, timeout]) =>
        new Step<System>(`${room_id}: make`, ({ node }) => node.room({ class: 'mcu', room_id, timeout })),
    ),
  roomId.map(
    (room_id) =>
      new Step<System>(`${room_id}: destroy`, ({ node }) =>
        node.rooms.moderated(moderator(), room_id).stop(new PatchbayError('room_destroyed')),
      ),
  ),
  fc.tuple(roomId, fc.boolean()).map(
    ([room_id, starts]) =>
      new Step<System>(`${room_id}: ${starts ? 'start' : 'stop'} to record`, ({ node }) => {
        const room = node.rooms.find(moderator(), room_id);
        return starts ? room.startRecording() : room.stopRecording();
      }),
  ),
  fc
    .tuple(roomId, fc.constantFrom('2x2', 'none'))
    .map(
      ([room_id, layout]) =>
        new Step<System>(`${room_id}: layout ${layout}`, ({ node }) =>
          node.rooms.find(moderator(), room_id).setLayout(layout),
        ),
    ),
  ...moderating<System>(roomId, id),
  { weight: 2, arbitrary: index.map(onEngine('hangs up', (channel) => channel.hangUp())) },
  index.map(onEngine('answers', (channel) => channel.answers())),
  index.map(onEngine('refuses', (channel) => channel.fails(new PatchbayError('fs_invite_error')))),
  index.map(onEngine('is slow to move', (channel, system) => system.slow(channel))),
  fc.constant(new Step<System>('the engine moves what it was slow to move', (system) => system.letGo())),
  fc.tuple(index, fc.boolean()).map(([at, fails]) =>
    onEngine(`${fails ? 'cannot' : 'can'} move`, (channel) => {
      channel.moveFailure = fails ? new PatchbayError('fs_transfer_error') : undefined;
    })(at),
  ),
  fc.tuple(index, fc.boolean()).map(([at, isConnected]) =>
    onEngine(`${isConnected ? 'has' : 'does not have'} the client of`, (channel) => {
      channel.isConnected = isConnected;
    })(at),
  ),
  fc.constantFrom('now' as const, 'later' as const).map(
    (when) =>
      new Step<System>(`the engine answers ${when}`, ({ node }) => {
        node.freeswitch.answers = when;
      }),
  ),
  fc
    .tuple(fc.constantFrom('world' as const, 'roomWorld' as const), fc.constantFrom(...stores))
    .map(
      ([of, store]) => new Step<System>(`the store of the ${of} is ${store}`, (system) => system.setStore(of, store)),
    ),
  fc.constant(new Step<System>('the connection is gone', ({ node }) => node.sessions.connectionGone('connection-1'))),
);
const time = fc
  .constantFrom(50, 1500, 6000, 25_000)
  .map((ms) => new Step<System>(`${ms} ms pass`, ({ node }) => node.clock.advance(ms)));

test(
  'random changes of type: sessions, rooms and the engine agree, all comes to an end, and nothing is left',
  () => assertModel(() => new System(), step, time, { stepsPerTime: 6, runs }),
  60_000,
);
