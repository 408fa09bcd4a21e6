import type { Call } from './call.ts';
import { type SetupOptions, setUpCall } from './call-setup.ts';
import type { PatchbayClient } from './client.ts';

export interface JoinOptions extends SetupOptions {
  /** The `sessionId` of the `p2p` call to join. */
  readonly masterId: string;
}

/**
 * Joins a `p2p` call: answers its offer. If either of the two hangs up, both calls end.
 *
 * @throws PatchbayError as `setUpCall`; unknown_peer: there is no such call; invalid_state: somebody else has joined it
 */
export function joinCall(client: PatchbayClient, options: JoinOptions): Promise<Call> {
  const { masterId, stream, session } = options;
  return setUpCall(client, options, async ({ peerConnection, farSide, create, check }) => {
    const data = { ...session, type: 'p2p', master_id: masterId, wait_reply: true } as const;
    const [call, reply] = await create(data, { trickle: true });
    const { sessionId } = call;
    const offer = reply.offer ?? (await client.request('session/get_offer', { session_id: sessionId })).offer;
    check();
    await farSide.describe('offer', offer.sdp);
    // After the offer, so that the tracks take the places that it has for them.
    for (const track of stream.getTracks()) peerConnection.addTrack(track, stream);
    const answer = await peerConnection.createAnswer();
    await peerConnection.setLocalDescription(answer);
    check();
    await client.request('session/set_answer', {
      session_id: sessionId,
      answer: { sdp: answer.sdp ?? '', sdp_type: offer.sdp_type, trickle_ice: true },
    });
    check();
    return call;
  });
}
