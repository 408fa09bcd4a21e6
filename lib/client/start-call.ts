import type { CommandInput } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { SessionType } from '../protocol/session.ts';
import { Call } from './call.ts';
import type { PatchbayClient } from './client.ts';
import { EarlyEvents } from './early-events.ts';
import { gatheringDone } from './ice.ts';

export interface CallOptions {
  /** A type whose offer the client makes. */
  readonly type: Exclude<SessionType, 'listen'>;
  /** What is sent; its tracks are not stopped when the call ends. */
  readonly stream: MediaStream;
  /** Further fields of `session/create`. */
  readonly session?: Omit<CommandInput<'session/create'>, 'type' | 'offer' | 'wait_reply'>;
  /** Default `new RTCPeerConnection()`. Never with `bundlePolicy: 'max-bundle'`: FreeSWITCH doesn't bundle. */
  readonly createPeerConnection?: () => RTCPeerConnection;
  /** How long candidates are gathered before the offer goes out without the rest; default 1000. */
  readonly gatheringTimeoutMs?: number;
  /** Gives the set-up up; a call that has started is not concerned. */
  readonly signal?: AbortSignal;
}

/**
 * Offers the stream to a new session and sets the answer. If that fails, the peer connection is closed, and the
 * session destroyed if it was made.
 *
 * @throws PatchbayError as `request`; session_failed: WebRTC refused something; user_stop: `signal` gave it up; the
 * session's own reason, if it was destroyed meanwhile
 */
export async function startCall(client: PatchbayClient, options: CallOptions): Promise<Call> {
  const { type, stream, session, signal, gatheringTimeoutMs = 1000 } = options;
  const peerConnection = options.createPeerConnection?.() ?? new RTCPeerConnection();
  const early = new EarlyEvents(client);
  let call: Call | undefined;
  try {
    const sdp = await makeOffer(peerConnection, stream, gatheringTimeoutMs);
    throwIfGivenUp(signal);
    const reply = await client.request('session/create', { ...session, type, offer: { sdp }, wait_reply: true });
    call = new Call(client, peerConnection, reply, early.take(reply.session_id));
    throwIfGivenUp(signal);
    const answer = reply.answer ?? (await client.request('session/get_answer', { session_id: call.sessionId })).answer;
    throwIfGivenUp(signal);
    await peerConnection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    throwIfGivenUp(signal);
    if (call.ended) throw PatchbayError.fromBody(call.ended);
    return call;
  } catch (error) {
    const ended = call?.ended;
    peerConnection.close();
    // Best effort: what went wrong matters more than how the tidying went.
    call?.hangUp().catch(() => undefined);
    throw ended ? PatchbayError.fromBody(ended) : toPatchbayError(error);
  } finally {
    early.stop();
  }
}

async function makeOffer(peerConnection: RTCPeerConnection, stream: MediaStream, timeoutMs: number): Promise<string> {
  for (const track of stream.getTracks()) {
    peerConnection.addTransceiver(track, { direction: 'sendrecv', streams: [stream] });
  }
  await peerConnection.setLocalDescription(await peerConnection.createOffer());
  await gatheringDone(peerConnection, timeoutMs);
  const { localDescription } = peerConnection;
  if (!localDescription) throw new PatchbayError('offer_not_set', 'the peer connection was closed while it gathered');
  return localDescription.sdp;
}

function throwIfGivenUp(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PatchbayError('user_stop', 'given up before it started');
}

function toPatchbayError(error: unknown): PatchbayError {
  if (error instanceof PatchbayError) return error;
  return new PatchbayError('session_failed', error instanceof Error ? error.message : undefined, { cause: error });
}
