import type { Backend } from '../../backends/backend.ts';
import type { Caller } from '../../domain/access.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../domain/log.ts';
import type { PatchbayError } from '../../protocol/errors.ts';
import type { PatchbayEvent } from '../../protocol/events.ts';
import type { RoomClass, RoomOptions } from '../../protocol/room.ts';
import type { RecordingFiles } from '../../recordings/recording-files.ts';
import type { RoomRecord } from '../../store/rooms.ts';
import type { LiveRoom } from './live-room.ts';

/** What a room is made of; none of it changes. */
export interface RoomSpec {
  readonly roomId: string;
  readonly mediaId: string;
  readonly nodeId: string;
  /** Of the request that made it. */
  readonly requestId: string;
  readonly creator: Caller;
  /** Made for a session, not by `room/create`. */
  readonly onDemand: boolean;
  readonly class: RoomClass;
  readonly backend: Backend;
  readonly options: RoomOptions;
  /** `mcu`: the engine's profile, and the first layout; else the engine's own choice. */
  readonly profile?: string | undefined;
  readonly layout?: string | undefined;
}

/** What a live room needs of the world around it. */
export interface RoomWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly files: RecordingFiles;
  /** Puts the room's record: false when a room with this id is alive somewhere. */
  claim(record: RoomRecord, expiresAtSeconds: number): Promise<boolean>;
  release(record: RoomRecord): Promise<void>;
  /** The same at once; false when the record is another's by now. */
  giveUp(record: RoomRecord): Promise<boolean>;
  /** An event of the room happened: for whoever subscribed to the like and may have it. */
  publish(room: LiveRoom, event: PatchbayEvent): void;
  /** The room is over and holds nothing any more. */
  ended(room: LiveRoom, why: PatchbayError): void;
}
