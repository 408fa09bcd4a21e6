import { randomUUID } from 'node:crypto';
import type { Backend } from '../../backends/backend.ts';
import { type Caller, requireRoom, requireScope } from '../../domain/access.ts';
import { roomBackends } from '../../domain/capabilities.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import { makeId, nodeOfId } from '../../protocol/ids.ts';
import {
  type CreateRoomData,
  type RoomListData,
  type RoomOptions,
  type RoomSummary,
  roomDefaults,
} from '../../protocol/room.ts';
import type { CreateData } from '../../protocol/session.ts';
import { chooseEngine } from '../engine-choice.ts';
import { page } from '../page.ts';
import { LiveRoom } from './live-room.ts';
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
      { creator: caller, class: roomClass, options, requestId, onDemand: false },
      room_id,
      backend,
    );
    await room.start();
    return room;
  }

  /**
   * The room that a publisher names, or one made for it. A room that is made for an id of ours need not be waited for:
   * nobody else can have it.
   *
   * @throws PatchbayError unauthorized, room_not_found, invalid_parameters, no_mediaserver; different_mediaserver when
   *   another node made it first
   */
  async ofPublisher(caller: Caller, data: CreateData, requestId: string): Promise<LiveRoom> {
    const { room_id, create_room } = data;
    requireRoom(caller, room_id);
    const live = room_id === undefined ? undefined : this.#live.get(keyOf(caller.tenant, room_id));
    if (live) {
      await startHere(live);
      requireSameOptions(live, data);
      return live;
    }
    if (room_id !== undefined && (!create_room || nodeOfId(room_id) !== undefined)) throw roomNotFound(room_id);
    const options: RoomOptions = {
      ...roomDefaults,
      ...(data.room_audio_codec && { audio_codec: data.room_audio_codec }),
      ...(data.room_video_codec && { video_codec: data.room_video_codec }),
      ...(data.room_bitrate !== undefined && { bitrate: data.room_bitrate }),
    };
    const room = this.#open(
      { creator: caller, class: 'sfu', options, requestId, onDemand: true },
      room_id,
      data.backend,
    );
    if (room_id === undefined) {
      room.start().catch((error: unknown) => this.#options.world.log.warn({ err: error }, 'room not made'));
      return room;
    }
    await startHere(room);
    return room;
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

  /** Ends them all: the node stops. */
  async stopAll(why: PatchbayError): Promise<void> {
    await Promise.all([...this.#live.values()].map((room) => room.stop(why)));
  }

  #open(
    wanted: Pick<RoomSpec, 'creator' | 'class' | 'options' | 'requestId' | 'onDemand'>,
    id: string | undefined,
    backendName: string | undefined,
  ): LiveRoom {
    requireScope(wanted.creator, 'media:room');
    if (this.#draining) throw new PatchbayError('node_draining', undefined, { retryAfterSeconds: 1 });
    const { nodeId, backends, world } = this.#options;
    const roomId = id ?? makeId(randomUUID(), nodeId);
    const key = keyOf(wanted.creator.tenant, roomId);
    const backend = chooseEngine(backends, roomBackends(wanted.class, backendName));
    const ended = (room: LiveRoom) => {
      if (this.#live.get(key) === room) this.#live.delete(key);
    };
    const room = new LiveRoom({ ...wanted, roomId, mediaId: randomUUID(), nodeId, backend }, { ...world, ended });
    this.#live.set(key, room);
    return room;
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

/** A publisher that says what codecs and bitrate it expects gets these, or is told that the room has others. */
function requireSameOptions({ spec }: LiveRoom, data: CreateData): void {
  if (spec.class !== 'sfu') throw new PatchbayError('incompatible_session', `room ${spec.roomId} is of class mcu`);
  const { audio_codec, video_codec, bitrate } = spec.options;
  const wanted = [
    ['room_audio_codec', data.room_audio_codec, audio_codec],
    ['room_video_codec', data.room_video_codec, video_codec],
    ['room_bitrate', data.room_bitrate, bitrate],
  ] as const;
  for (const [field, value, actual] of wanted) {
    if (value !== undefined && value !== actual) {
      throw new PatchbayError('invalid_parameters', `data.${field} is ${value}, but room ${spec.roomId} has ${actual}`);
    }
  }
}

const roomNotFound = (roomId: string) => new PatchbayError('room_not_found', `no room ${roomId}`);
const keyOf = (tenant: string, roomId: string) => `${tenant}/${roomId}`;

function* lazily<In, Out>(values: Iterable<In>, make: (value: In) => Out): Iterable<Out> {
  for (const value of values) yield make(value);
}
