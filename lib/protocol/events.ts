import type { Candidate } from './candidate.ts';
import type { ErrorBody } from './errors.ts';
import type { Recording } from './recording.ts';
import type { RoomInfo, RoomMember } from './room.ts';
import type { Description, SessionInfo, SessionType } from './session.ts';

/** What the server tells without being asked. docs/protocol.md#events. */

/** The `body` of each `type` of event of a session. */
export interface SessionEventBodies {
  created: Omit<SessionInfo, 'offer' | 'answer'>;
  offer: { offer: Description };
  answer: { answer: Description };
  type: { type: SessionType } & Record<string, unknown>;
  status: SessionStatus;
  candidate: Candidate;
  candidate_end: Record<string, never>;
  info: { info: string; data: Record<string, unknown> };
  destroyed: ErrorBody & { duration: number };
}

/** Something that changed while a session lives; `get_info` keeps the last of each class. */
export type SessionStatus =
  | { class: 'webrtc'; status: 'up' | 'down' }
  | { class: 'media'; media: 'audio' | 'video'; status: 'up' | 'down' }
  | { class: 'slow_link'; uplink: boolean; lost: number }
  | { class: 'hangup'; cause: string }
  | { class: 'engine'; status: 'up' | 'down' }
  | ({ class: 'recording' } & Omit<Recording, 'started_at'>)
  /** `taken`: another connection owns it now; the last that the former one hears of the session. */
  | { class: 'owner'; status: 'connected' | 'gone' | 'taken' };

export type SessionEventType = keyof SessionEventBodies;

/** The `body` of each `type` of event of a room. */
export interface RoomEventBodies {
  created: Omit<RoomInfo, 'members'>;
  started_member: RoomMember;
  stopped_member: RoomMember;
  status: RoomStatus;
  info: { info: string; data: Record<string, unknown> };
  destroyed: ErrorBody & { duration: number };
}

/** Something that changed while a room lives. */
export type RoomStatus =
  | { class: 'layout'; layout: string }
  | { class: 'mute'; session_id: string; audio: boolean; video: boolean }
  | ({ class: 'recording' } & Omit<Recording, 'started_at'>)
  /** A listener has turned to another publisher. */
  | { class: 'listening'; session_id: string; peer_id: string };

export type RoomEventType = keyof RoomEventBodies;

/** One event; `seq` counts up by one for each object, `time` is ISO 8601. */
export interface PatchbayEvent {
  class: 'media';
  subclass: 'session' | 'room';
  type: string;
  obj_id: string;
  body: Record<string, unknown>;
  seq: number;
  time: string;
}

/**
 * The number of the last event of an object whose node was lost: how far that had counted, nobody knows. It is higher than
 * any that a node gives, and the highest that 32 bits hold everywhere.
 */
export const lastSeq = 2_147_483_647;

/** How events travel: one, or on connections that asked for it, those of the same moment together. */
export interface EventMessage {
  class: 'core';
  cmd: 'event';
  data: PatchbayEvent | PatchbayEvent[];
  tid: string;
}
