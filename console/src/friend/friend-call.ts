import type { LiveCall } from '../call/live-controls.tsx';
import type { SourceKind } from '../call/source.ts';

/** How long a call waits for whoever was sent its link. */
export const waitSeconds = 600;

/** A call by a link, whichever way it goes. Neither `start` nor `join` rejects: what went wrong is in the state. */
export interface FriendCall extends LiveCall {
  start(kind: SourceKind): Promise<void>;
  join(kind: SourceKind, masterId: string): Promise<void>;
  dispose(): void;
}
