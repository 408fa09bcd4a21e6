import type { JanodeHandle, JanodeSession, JanusMessage } from 'janode';
import type { PatchbayClient } from '../../lib/client/client.ts';

/** What every measured call is made with. */
export interface Bench {
  /** Through the whole local stack. */
  readonly client: PatchbayClient;
  /** By janode, straight to the same Janus. */
  readonly janus: JanodeSession;
  /** WebRTC, audio and video, without anybody behind it. */
  readonly offer: string;
}

/** Ends what was made, unmeasured. */
export type Free = () => Promise<unknown>;

/** One way to the same call; resolves as soon as the caller has what it waits for. */
export interface Way {
  readonly label: string;
  run(): Promise<Free>;
}

/** The same call made in several ways, the last of them without patchbay. */
export interface Measured {
  readonly name: string;
  readonly ways: readonly Way[];
  /** Ends what all of them shared. */
  close?(): Promise<unknown>;
}

/** One request to a plugin. */
export const ask = (
  handle: JanodeHandle,
  body: Record<string, unknown>,
  jsep?: JanusMessage['jsep'],
): Promise<JanusMessage> => handle.sendRequest({ janus: 'message', body, ...(jsep && { jsep }) });
