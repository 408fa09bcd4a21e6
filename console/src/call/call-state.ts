import type { SourceKind } from './source.ts';

/**
 * ```
 * idle ──▶ starting ──▶ (waiting) ──▶ connected ──▶ ended ──▶ starting …
 *              └────────────┴────────────────────────▲
 * ```
 * `waiting`: for somebody to join, in a p2p call. `connected`: media flows.
 */
export type CallPhase = 'idle' | 'starting' | 'waiting' | 'connected' | 'ended';

export interface CallState {
  readonly phase: CallPhase;
  readonly local: MediaStream | undefined;
  readonly remote: MediaStream | undefined;
  readonly peerConnection: RTCPeerConnection | undefined;
  /** Of a call that somebody may join. */
  readonly sessionId: string | undefined;
  /** Nothing comes from the other side just now. */
  readonly isInterrupted: boolean;
  readonly connectedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  readonly isAudioMuted: boolean;
  readonly isVideoMuted: boolean;
  /** A mute is on its way to the server. */
  readonly isMuting: boolean;
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
  isInterrupted: false,
  connectedAtMs: undefined,
  endedAtMs: undefined,
  isAudioMuted: false,
  isVideoMuted: false,
  isMuting: false,
  message: undefined,
  isProblem: false,
  fallbacks: [],
};

/** For how long the call is, or was, connected; undefined if it never was. */
export function connectedSeconds({ connectedAtMs, endedAtMs }: CallState, nowMs: number): number | undefined {
  if (connectedAtMs === undefined) return undefined;
  return Math.max(0, Math.floor(((endedAtMs ?? nowMs) - connectedAtMs) / 1000));
}
