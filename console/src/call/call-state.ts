import type { SourceKind } from './source.ts';

/**
 * ```
 * idle ──▶ starting ──▶ connected ──▶ ended ──▶ starting …
 *              └──────────────────────▲
 * ```
 * `connected`: the peer connection is, and the engine said so too.
 */
export type CallPhase = 'idle' | 'starting' | 'connected' | 'ended';

export interface CallState {
  readonly phase: CallPhase;
  readonly local: MediaStream | undefined;
  readonly remote: MediaStream | undefined;
  readonly peerConnection: RTCPeerConnection | undefined;
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
