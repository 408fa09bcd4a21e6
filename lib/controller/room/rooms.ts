import { randomUUID } from 'node:crypto';
import type { Backend } from '../../backends/backend.ts';
import { type Caller, requireRoom, requireScope, roomNotFound } from '../../domain/access.ts';
import { roomBackends } from '../../domain/capabilities.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import { makeId, nodeOfId } from '../../protocol/ids.ts';
import {
  type AudioCodec,
  type CreateRoomData,
  defaultRoomType,
  type RoomClass,
  type RoomListData,
  type RoomOptions,
  type RoomSummary,
  roomDefaults,
  type VideoCodec,
} from '../../protocol/room.ts';
import { chooseEngine } from '../engine-choice.ts';
import { page } from '../page.ts';
import { LiveRoom } from './live-room.ts';
import type { Seat } from './seat.ts';
import type { RoomSpec, RoomWorld } from './spec.ts';
import { roomSummary } from './view.ts';

export interface RoomsOptions {
  readonly nodeId: string;
  readonly backends: readonly Backend[];
  readonly world: Omit<RoomWorld, 'ended'>;
}

/** The live rooms of this node. */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #live = new Map<string, LiveRoom>();
  #draining = false;

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#live.size;
  }

  /**
   * Makes a room and resolves when it exists.
   *
   * @throws PatchbayError unauthorized, room_already_exists, incompatible_session, no_mediaserver
   */
  async create(caller: Caller, data: CreateRoomData, requestId: string): Promise<LiveRoom> {
    requireRoom(caller, data.room_id);
    const { class: roomClass, room_id, backend, ...options } = data;
    if (room_id !== undefined && this.#live.has(keyOf(caller.tenant, room_id))) {
      throw new PatchbayError('room_already_exists', `a room ${room_id} exists`);
    }
    const room = this.#open(
      {
        creator: caller,
        class: roomClass,
        options,
        requestId,
        onDemand: false,
        profile: roomClass === 'mcu' ? defaultRoomType : undefined,
      },
      room_id,
      backend,
    );
    await room.start();
    return room;
  }

  /**
   * A seat in the room that a publisher, or a member of an `mcu`, names, or in one made for it. One of this id that is just
   * ending is waited for.
   *
   * @throws PatchbayError unauthorized, room_not_found, incompatible_session, invalid_parameters, no_mediaserver;
   *   different_mediaserver when another node made it first
   */
  async seat(caller: Caller, wish: RoomWish, requestId: string): Promise<Seat> {
    const { type, room_id } = wish;
    requireRoom(caller, room_id);
    for (let live = this.#named(caller, room_id); live; live = this.#named(caller, room_id)) {
      if (!live.ended) return seatIn(live, () => requireSame(live.spec, wish));
      await live.over;
    }
    const isMade = type === 'mcu' || wish.create_room;
    if (room_id !== undefined && (!isMade || nodeOfId(room_id) !== undefined)) throw roomNotFound(room_id);
    const room = this.#open(
      { creator: caller, class: classOf(type), options: optionsOf(wish), requestId, onDemand: true, ...lookOf(wish) },
      room_id,
      wish.backend,
      wish.engine,
    );
    if (room_id !== undefined || type === 'mcu') return seatIn(room);
    // Nobody else can have an id of ours: its publisher need not wait.
    room.start().catch((error: unknown) => this.#options.world.log.warn({ err: error }, 'room not made'));
    return room.seat();
  }

  /**
   * Whoever may use the room gets it.
   *
   * @throws PatchbayError unauthorized, room_not_found
   */
  find(caller: Caller, roomId: string): LiveRoom {
    requireScope(caller, 'media:session');
    const room = this.#live.get(keyOf(caller.tenant, roomId));
    if (!room || room.ended) throw roomNotFound(roomId);
    requireRoom(caller, roomId);
    return room;
  }

  /** A moderator gets the room. @throws PatchbayError unauthorized, room_not_found */
  moderated(caller: Caller, roomId: string): LiveRoom {
    requireScope(caller, 'media:room');
    return this.find(caller, roomId);
  }

  /** A page of the rooms that the caller may use, in the order of ids, after the one where the last page ended. */
  list(caller: Caller, { limit }: RoomListData, after: string): { rooms: RoomSummary[]; more: boolean } {
    requireScope(caller, 'media:session');
    const rooms = [...this.#live.values()].filter(
      ({ ended, spec }) =>
        !ended &&
        spec.creator.tenant === caller.tenant &&
        spec.roomId > after &&
        (caller.rooms?.includes(spec.roomId) ?? true),
    );
    rooms.sort((a, b) => (a.spec.roomId < b.spec.roomId ? -1 : 1));
    const { lines, more } = page(lazily(rooms, roomSummary), limit);
    return { rooms: lines, more };
  }

  /** No new rooms from now on. */
  drain(): void {
    this.#draining = true;
  }

  /** Ends them all. */
  async stopAll(why: PatchbayError): Promise<void> {
    await Promise.all([...this.#live.values()].map((room) => room.stop(why)));
  }

  /** The same on a node that was given up: what others have ended already ends silently. */
  async stopHeld(why: PatchbayError): Promise<void> {
    await Promise.all([...this.#live.values()].map((room) => room.stopIfHeld(why)));
  }

  #named({ tenant }: Caller, roomId: string | undefined): LiveRoom | undefined {
    return roomId === undefined ? undefined : this.#live.get(keyOf(tenant, roomId));
  }

  #open(
    wanted: Pick<RoomSpec, 'creator' | 'class' | 'options' | 'requestId' | 'onDemand' | 'profile' | 'layout'>,
    id: string | undefined,
    backendName: string | undefined,
    engine?: Backend,
  ): LiveRoom {
    requireScope(wanted.creator, 'media:room');
    if (this.#draining) throw new PatchbayError('node_draining', undefined, { retryAfterSeconds: 1 });
    const { nodeId, backends, world } = this.#options;
    const roomId = id ?? makeId(randomUUID(), nodeId);
    const key = keyOf(wanted.creator.tenant, roomId);
    const backend = chooseEngine(engine ? [engine] : backends, roomBackends(wanted.class, backendName));
    const ended = (room: LiveRoom) => {
      if (this.#live.get(key) === room) this.#live.delete(key);
    };
    const room = new LiveRoom({ ...wanted, roomId, mediaId: randomUUID(), nodeId, backend }, { ...world, ended });
    this.#live.set(key, room);
    return room;
  }
}

/** What a session says of the room that it wants to be in. */
export interface RoomWish {
  readonly type: 'publish' | 'mcu';
  readonly room_id?: string | undefined;
  /** `publish`: it is made where there is none. An `mcu` room always is. */
  readonly create_room?: boolean;
  readonly room_type?: string | undefined;
  readonly layout?: string | undefined;
  readonly room_audio_codec?: AudioCodec | undefined;
  readonly room_video_codec?: VideoCodec | undefined;
  readonly room_bitrate?: number | undefined;
  readonly backend?: string | undefined;
  /** Where one that is made for it has to be. */
  readonly engine?: Backend;
}

const classOf = (type: RoomWish['type']): RoomClass => (type === 'mcu' ? 'mcu' : 'sfu');

const optionsOf = ({ room_audio_codec, room_video_codec, room_bitrate }: RoomWish): RoomOptions => ({
  ...roomDefaults,
  ...(room_audio_codec && { audio_codec: room_audio_codec }),
  ...(room_video_codec && { video_codec: room_video_codec }),
  ...(room_bitrate !== undefined && { bitrate: room_bitrate }),
});

const lookOf = ({ type, room_type, layout }: RoomWish): Pick<RoomSpec, 'profile' | 'layout'> =>
  type === 'mcu' ? { profile: room_type ?? defaultRoomType, layout } : {};

/** A seat in a room once that is there, and is what `check` wants it to be. */
async function seatIn(room: LiveRoom, check: () => void = () => {}): Promise<Seat> {
  const seat = room.seat();
  try {
    await startHere(room);
    check();
    return seat;
  } catch (error) {
    seat.giveBack();
    throw error;
  }
}

/** To whoever wants to be in it, a room that another node made first is only elsewhere. */
async function startHere(room: LiveRoom): Promise<void> {
  try {
    await room.start();
  } catch (error) {
    if (!(error instanceof PatchbayError && error.reason === 'room_already_exists')) throw error;
    throw new PatchbayError('different_mediaserver', `room ${room.spec.roomId} is on another node`);
  }
}

/** Who says what the room is to be gets that, or is told that it is something else. */
function requireSame({ roomId, class: roomClass, profile, options }: RoomSpec, wish: RoomWish): void {
  if (roomClass !== classOf(wish.type)) {
    throw new PatchbayError('incompatible_session', `room ${roomId} is of class ${roomClass}`);
  }
  const wanted = [
    ['room_type', wish.room_type, profile],
    ['room_audio_codec', wish.room_audio_codec, options.audio_codec],
    ['room_video_codec', wish.room_video_codec, options.video_codec],
    ['room_bitrate', wish.room_bitrate, options.bitrate],
  ] as const;
  for (const [field, value, actual] of wanted) {
    if (value === undefined || actual === undefined || value === actual) continue;
    throw new PatchbayError('invalid_parameters', `data.${field} is ${value}, but room ${roomId} has ${actual}`);
  }
}

const keyOf = (tenant: string, roomId: string) => `${tenant}/${roomId}`;

function* lazily<In, Out>(values: Iterable<In>, make: (value: In) => Out): Iterable<Out> {
  for (const value of values) yield make(value);
}
