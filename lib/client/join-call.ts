import type { Call } from './call.ts';
import { answerServer, type SetupOptions, setUpCall } from './call-setup.ts';
import type { PatchbayClient } from './client.ts';

export interface JoinOptions extends SetupOptions {
  /** The call's type; default `p2p`. */
  readonly type?: 'p2p' | 'proxy';
  /** The `sessionId` of the call to join. */
  readonly masterId: string;
}

/**
 * Joins a `p2p` or a `proxy` call: answers its offer. If either of the two hangs up, both calls end.
 *
 * @throws PatchbayError as `setUpCall`; unknown_peer: there is no such call; invalid_state: somebody else has joined it
 */
export function joinCall(client: PatchbayClient, options: JoinOptions): Promise<Call> {
  const { type = 'p2p', masterId, stream, session } = options;
  const farSide = type === 'p2p' ? 'peer' : 'engine';
  return setUpCall(client, options, farSide, (setup) =>
    answerServer(client, setup, { ...session, type, master_id: masterId }, stream),
  );
}
