import type { SessionStatus } from '../../../lib/client/index.ts';
import type { Place } from './place.ts';
import type { SourceKind } from './source.ts';

/**
 * ```
 * idle ──▶ starting ──▶ (waiting) ──▶ connected ──▶ ended ──▶ starting …
 *              └────────────┴────────────────────────▲
 * ```
 * `waiting`: for somebody to join, in a call by a link. `connected`: media flows.
 */
export type CallPhase = 'idle' | 'starting' | 'waiting' | 'connected' | 'ended';

export type MuteKind = 'audio' | 'video' | 'data';

/** How far a recording is, and where it will be. */
export type RecordingStatus = Extract<SessionStatus, { class: 'recording' }>;

export interface CallState {
  readonly phase: CallPhase;
  readonly local: MediaStream | undefined;
  readonly remote: MediaStream | undefined;
  readonly peerConnection: RTCPeerConnection | undefined;
  /** Of the live call. */
  readonly sessionId: string | undefined;
  /** Where it has been, and is: the last one. */
  readonly places: readonly Place[];
  /** Whom a call that listens hears. */
  readonly publisherId: string | undefined;
  /** What came last by its data channel. */
  readonly text: string | undefined;
  /** Nothing comes from the other side just now. */
  readonly isInterrupted: boolean;
  readonly connectedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  readonly muted: Readonly<Record<MuteKind, boolean>>;
  /** How much may be sent; 0: unlimited. */
  readonly bitrateKbps: number;
  /** The newest one; it may become available when its call is over. */
  readonly recording: RecordingStatus | undefined;
  /** Why it ended, or what went wrong. */
  readonly message: string | undefined;
  readonly isProblem: boolean;
  /** What else could be sent, when the chosen source could not be opened. */
  readonly fallbacks: readonly SourceKind[];
}

export const idle: CallState = {
  phase: 'idle',
  local: undefined,
  remote: undefined,
  peerConnection: undefined,
  sessionId: undefined,
  places: [],
  publisherId: undefined,
  text: undefined,
  isInterrupted: false,
  connectedAtMs: undefined,
  endedAtMs: undefined,
  muted: { audio: false, video: false, data: false },
  bitrateKbps: 0,
  recording: undefined,
  message: undefined,
  isProblem: false,
  fallbacks: [],
};

/** A source is open, a session may exist. */
export const isLive = ({ phase }: CallState): boolean => phase !== 'idle' && phase !== 'ended';

/** For how long the call is, or was, connected; undefined if it never was. */
export function connectedSeconds({ connectedAtMs, endedAtMs }: CallState, nowMs: number): number | undefined {
  if (connectedAtMs === undefined) return undefined;
  return Math.max(0, Math.floor(((endedAtMs ?? nowMs) - connectedAtMs) / 1000));
}
