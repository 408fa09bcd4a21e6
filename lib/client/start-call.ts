import { PatchbayError } from '../protocol/errors.ts';
import type { SessionType } from '../protocol/session.ts';
import type { Call } from './call.ts';
import { answerServer, type SetupOptions, setUpCall } from './call-setup.ts';
import type { PatchbayClient } from './client.ts';
import { gatheringDone } from './ice.ts';
import { withUsableCandidates } from './usable-candidates.ts';

export interface CallOptions extends SetupOptions {
  /** A type whose offer the client makes, or can make. */
  readonly type: Exclude<SessionType, 'listen'>;
  /** Default `client`. `server` is possible with FreeSWITCH only: patchbay makes the offer, and the client answers it. */
  readonly offerBy?: 'client' | 'server';
  /** Default true: the offer goes out at once, and candidates follow as they are found. */
  readonly trickle?: boolean;
  /** Without trickle: how long candidates are gathered before the offer goes out without the rest; default 1000. */
  readonly gatheringTimeoutMs?: number;
}

/**
 * Offers the stream to a new session, or answers with it what a new session offers.
 *
 * With an engine at the far side it resolves when the answer is set. A `p2p` or `proxy` call is answered by whoever joins
 * it (`joinCall` with this call's `sessionId`): it resolves when the session exists, and the answer is set when it comes.
 * It waits for that for 60 s: whoever lets it ring longer gives `session` a `wait_timeout`.
 *
 * @throws PatchbayError as `setUpCall`
 */
export function startCall(client: PatchbayClient, options: CallOptions): Promise<Call> {
  const { type, stream, session, trickle = true, gatheringTimeoutMs = 1000, offerBy = 'client' } = options;
  if (offerBy === 'server') {
    return setUpCall(client, options, 'engine', (setup) => answerServer(client, setup, { ...session, type }, stream));
  }
  const isP2p = type === 'p2p';
  const isJoined = isP2p || type === 'proxy';
  return setUpCall(client, options, isP2p ? 'peer' : 'engine', async ({ peerConnection, farSide, create, check }) => {
    const direction = type === 'publish' ? 'sendonly' : 'sendrecv';
    for (const track of stream.getTracks()) peerConnection.addTransceiver(track, { direction, streams: [stream] });
    const made = await peerConnection.createOffer();
    await peerConnection.setLocalDescription(made);
    // Trickled candidates are not in the SDP: a browser may have found some by now.
    const sdp = (trickle ? made.sdp : await gathered(peerConnection, gatheringTimeoutMs)) ?? '';
    const offer = { sdp: isP2p ? sdp : withUsableCandidates(sdp), trickle_ice: trickle };
    const { call, reply } = await create({ ...session, type, offer, wait_reply: !isJoined }, { trickle });
    if (isJoined) return call;

    const answer = reply.answer ?? (await client.request('session/get_answer', { session_id: call.sessionId })).answer;
    check();
    await farSide.describe('answer', answer.sdp);
    check();
    return call;
  });
}

async function gathered(peerConnection: RTCPeerConnection, timeoutMs: number): Promise<string> {
  await gatheringDone(peerConnection, timeoutMs);
  const { localDescription } = peerConnection;
  if (!localDescription) throw new PatchbayError('offer_not_set', 'the peer connection was closed while it gathered');
  return localDescription.sdp;
}
