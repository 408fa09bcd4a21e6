import { PatchbayError } from '../../protocol/errors.ts';
import type { MediaRoom, RoomSink, RoomSpec } from '../backend.ts';
import type { JanusConnection } from './connection.ts';
import type { OwnedRoom } from './room-control.ts';
import { createRoom, destroyRoom } from './room-requests.ts';

/** A room of the videoroom plugin. */
export class JanusRoom implements MediaRoom, OwnedRoom {
  readonly spec: RoomSpec;
  readonly #connection: JanusConnection;
  readonly #sink: RoomSink;
  #making: Promise<void> | undefined;
  #madeAtMs: number | undefined;
  #closing: Promise<void> | undefined;
  #isLost = false;

  constructor(connection: JanusConnection, spec: RoomSpec, sink: RoomSink) {
    this.#connection = connection;
    this.spec = spec;
    this.#sink = sink;
  }

  get roomId(): string {
    return this.spec.mediaId;
  }

  get madeAtMs(): number | undefined {
    return this.#madeAtMs;
  }

  /** @throws PatchbayError room_already_exists, room_destroyed after its end, no_mediaserver, janus_… */
  make(): Promise<void> {
    if (this.#closing || this.#isLost) return Promise.reject(new PatchbayError('room_destroyed'));
    this.#making ??= this.#make();
    return this.#making;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  lost(): void {
    if (this.#isLost || this.#closing) return;
    this.#isLost = true;
    this.#connection.rooms.remove(this);
    this.#sink.stopped(new PatchbayError('janus_session_down', 'Janus lost the room'));
  }

  async #make(): Promise<void> {
    const { rooms, clock } = this.#connection;
    rooms.add(this);
    try {
      await rooms.request(createRoom(this.spec, rooms.description));
      this.#madeAtMs = clock.nowMs();
    } catch (error) {
      // Made nevertheless, when only the answer was lost: then reconciliation finds it without an owner.
      rooms.remove(this);
      throw error;
    }
  }

  async #close(): Promise<void> {
    try {
      await this.#making;
    } catch {
      return;
    }
    const { rooms, log } = this.#connection;
    if (!this.#making || this.#isLost) return;
    try {
      await rooms.request(destroyRoom(this.roomId));
    } catch (error) {
      // Gone already, or Janus is away: then reconciliation destroys it.
      log.debug({ room: this.roomId, err: error }, 'janus room not destroyed');
    }
    rooms.remove(this);
  }
}
