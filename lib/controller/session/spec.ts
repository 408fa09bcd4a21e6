import type { Backend } from '../../backends/backend.ts';
import type { Caller } from '../../domain/access.ts';
import type { Role } from '../../domain/capabilities.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../domain/log.ts';
import type { PatchbayError } from '../../protocol/errors.ts';
import type { PatchbayEvent } from '../../protocol/events.ts';
import type { RoomRole } from '../../protocol/room.ts';
import type { CreateData, SdpType, SessionType } from '../../protocol/session.ts';
import type { RecordingFiles } from '../../recordings/recording-files.ts';
import type { SessionRecord } from '../../store/sessions.ts';
import type { LiveRoom } from '../room/live-room.ts';
import type { Seat } from '../room/seat.ts';
import type { LiveSession } from './live-session.ts';
import type { TypeWish } from './type-change.ts';

/** What a session is made of; none of it changes. */
export interface SessionSpec {
  readonly sessionId: string;
  readonly mediaId: string;
  readonly nodeId: string;
  readonly attempt: number;
  /** Of the request that made it. */
  readonly requestId: string;
  readonly creator: Caller;
  readonly data: CreateData;
  readonly binding: Binding;
}

/** What a session is, and what it is bound to: as `create` asked for it and the node found it. */
export interface Binding {
  /** What it really is: a slave of a proxy is one, whatever type it was called. */
  readonly type: SessionType;
  readonly role: Role;
  readonly backend: Backend;
  /** The session that this one is the slave of. */
  readonly master?: LiveSession;
  /** `proxy`, the master: the kinds of SDP on its client's side and on the far side. */
  readonly kinds?: { readonly near: SdpType; readonly far: SdpType };
  readonly room?: LiveRoom;
  /** Its place there until it has joined. */
  readonly seat?: Seat;
  readonly roomRole?: RoomRole;
  /** `listen`: whom it hears first. */
  readonly publisher?: LiveSession;
  /** What it becomes once it is ready. */
  readonly wish?: TypeWish;
}

/** What a live session needs of the world around it. */
export interface SessionWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly files: RecordingFiles;
  /** Puts the session's record: false when a session with this id is alive, or its create went elsewhere. */
  claim(record: SessionRecord, expiresAtSeconds: number): Promise<boolean>;
  /** Writes state and owner; false when the record is another's now. */
  update(record: SessionRecord): Promise<boolean>;
  release(record: SessionRecord): Promise<void>;
  /** The same at once; false when the record is another's by now. */
  giveUp(record: SessionRecord): Promise<boolean>;
  /** An event of the session happened: for its own subscribers and for whoever subscribed to the like. */
  publish(session: LiveSession, event: PatchbayEvent): void;
  /** Only for one connection: what it missed. */
  replay(connection: Caller, event: PatchbayEvent): void;
  /** The session is over and holds nothing any more. */
  ended(session: LiveSession, why: PatchbayError): void;
}
