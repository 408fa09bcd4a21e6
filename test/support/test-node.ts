import type { Backend } from '../../lib/backends/backend.ts';
import { Owners } from '../../lib/controller/owners.ts';
import type { LiveRoom } from '../../lib/controller/room/live-room.ts';
import type { Rooms } from '../../lib/controller/room/rooms.ts';
import type { LiveSession } from '../../lib/controller/session/live-session.ts';
import { Sessions } from '../../lib/controller/session/sessions.ts';
import { setType } from '../../lib/controller/session/set-type.ts';
import type { Caller } from '../../lib/domain/access.ts';
import { check } from '../../lib/protocol/check.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import { createRoomData } from '../../lib/protocol/room.ts';
import { createData, type SetTypeReply, setTypeData } from '../../lib/protocol/session.ts';
import { admin, moderator } from './callers.ts';
import { flush, type ManualClock } from './clock.ts';
import { FakeBackend, FakeMedia } from './fake-backend.ts';
import { FakeChannel, FakeFreeSwitch } from './fake-freeswitch.ts';
import { FakeRoomWorld, testRooms } from './room-world.ts';
import { answer, offer } from './sdp.ts';
import { FakeWorld, testFiles, testRules } from './world.ts';

type Fields = Record<string, unknown>;

/** The sessions and rooms of a node `node-1`, without its surroundings. Whoever is not named is a moderator. */
export class TestNode {
  readonly world: FakeWorld;
  readonly roomWorld: FakeRoomWorld;
  readonly janus = new FakeBackend();
  readonly freeswitch = new FakeFreeSwitch();
  readonly backends: Backend[] = [this.janus, this.freeswitch];
  readonly owners = new Owners(async () => true);
  readonly rooms: Rooms;
  readonly sessions: Sessions;

  constructor({ capacity = 100, files = testFiles() } = {}) {
    const { backends, owners } = this;
    const world = new FakeWorld(files);
    this.world = world;
    this.roomWorld = new FakeRoomWorld(world.clock, files);
    const rooms = testRooms(backends, this.roomWorld);
    this.rooms = rooms;
    const of = { nodeId: 'node-1', capacity, backends, rooms, owners, rules: testRules, onEnded: () => {} };
    this.sessions = new Sessions({ ...of, world });
  }

  get clock(): ManualClock {
    return this.world.clock;
  }

  /** Begins to make a session; what it is made of may be refused at once. */
  create(sessionId: string, fields: Fields, who: Caller = moderator()): Promise<LiveSession> {
    const data = check(createData, fields, 'data');
    return this.sessions.create(who, data, { sessionId, attempt: 1 }, `request ${sessionId}`);
  }

  /** A session, and all that comes of it at once. */
  async session(sessionId: string, fields: Fields, who?: Caller): Promise<LiveSession> {
    const session = await this.create(sessionId, fields, who);
    await flush();
    return session;
  }

  /** A session of FreeSWITCH that is ready: parked, if nothing else is said. */
  park(sessionId: string, fields: Fields = {}, who?: Caller): Promise<LiveSession> {
    return this.session(sessionId, { type: 'park', offer, backend: 'freeswitch', ...fields }, who);
  }

  /** The same of one that is still to answer. */
  ring(sessionId: string, fields: Fields = {}, who?: Caller): Promise<LiveSession> {
    return this.park(sessionId, { offer: undefined, ...fields }, who);
  }

  setType(sessionId: string, fields: Fields, who: Caller = moderator()): Promise<SetTypeReply> {
    const data = check(setTypeData, fields, 'data');
    const order = { caller: who, data, requestId: `set_type of ${sessionId}` };
    return setType(this.sessions.controlled(who, sessionId), order, this.sessions, this.rooms);
  }

  /** Ends a session, as its owner does. */
  async stop(sessionId: string): Promise<void> {
    await this.sessions.controlled(admin(), sessionId).stop(new PatchbayError('user_stop'));
    await flush();
  }

  room(fields: Fields = {}, who: Caller = moderator()): Promise<LiveRoom> {
    const data = check(createRoomData, { class: 'sfu', room_id: 'lobby', ...fields }, 'data');
    return this.rooms.create(who, data, 'request of the room');
  }

  /** A publisher of a room that is there. */
  publish(sessionId: string, fields: Fields = {}, who?: Caller): Promise<LiveSession> {
    return this.session(sessionId, { type: 'publish', offer, room_id: 'lobby', ...fields }, who);
  }

  /** A listener that has answered. */
  async listen(sessionId: string, publisher_id: string, fields: Fields = {}, who?: Caller): Promise<LiveSession> {
    const session = await this.session(sessionId, { type: 'listen', publisher_id, ...fields }, who);
    await session.setAnswer(answer);
    await flush();
    return session;
  }

  /** Why each session that is over ended, by its id: told once each. */
  get over(): Record<string, unknown> {
    const ends = this.world.happened.filter(({ type }) => type === 'destroyed');
    if (new Set(ends.map(({ obj_id }) => obj_id)).size < ends.length) throw new Error('destroyed was told twice');
    return Object.fromEntries(ends.map(({ obj_id, body }) => [obj_id, body.reason]));
  }
}

/** What the engine has of a session. */
export function mediaOf({ media, spec }: LiveSession): FakeMedia {
  if (media.engine instanceof FakeMedia) return media.engine;
  throw new Error(`${spec.sessionId} is not on a fake engine`);
}

/** The same of one that is on what stands for FreeSWITCH. */
export function channelOf({ media, spec }: LiveSession): FakeChannel {
  if (media.engine instanceof FakeChannel) return media.engine;
  throw new Error(`${spec.sessionId} is not on FreeSWITCH`);
}
