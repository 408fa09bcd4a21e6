import type { CommandInput } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import { Call } from './call.ts';
import type { PatchbayClient } from './client.ts';
import { EarlyEvents } from './early-events.ts';
import { FarSide } from './far-side.ts';
import { Trickle } from './trickle.ts';

/** What `startCall` and `joinCall` have in common. */
export interface SetupOptions {
  /** What is sent; its tracks are not stopped when the call ends. */
  readonly stream: MediaStream;
  /** Further fields of `session/create`. */
  readonly session?: SessionFields;
  /** Default `new RTCPeerConnection()`. Never with `bundlePolicy: 'max-bundle'`: FreeSWITCH doesn't bundle. */
  readonly createPeerConnection?: () => RTCPeerConnection;
  /** Gives the set-up up; a call that has started is not concerned. */
  readonly signal?: AbortSignal;
}
export type SessionFields = Omit<CommandInput<'session/create'>, 'type' | 'offer' | 'wait_reply' | 'master_id'>;

type CreateReply = Awaited<ReturnType<typeof createSession>>;

/** The pieces of a call while it is being made. */
export interface Setup {
  readonly peerConnection: RTCPeerConnection;
  readonly farSide: FarSide;
  /** Makes the session; from then on the call exists, and its candidates trickle if it was made to. */
  create(data: CommandInput<'session/create'>, how: { readonly trickle: boolean }): Promise<[Call, CreateReply]>;
  /** @throws PatchbayError user_stop: given up; the session's own reason, if it was destroyed meanwhile */
  check(): void;
}

const createSession = (client: PatchbayClient, data: CommandInput<'session/create'>) =>
  client.request('session/create', data);

/**
 * Runs a call's set-up. If that fails, the peer connection is closed, and the session destroyed if it was made.
 *
 * @throws PatchbayError as `request`; session_failed: WebRTC refused something; user_stop: `signal` gave it up; the
 * session's own reason, if it was destroyed meanwhile
 */
export async function setUpCall(
  client: PatchbayClient,
  { createPeerConnection, signal }: Pick<SetupOptions, 'createPeerConnection' | 'signal'>,
  run: (setup: Setup) => Promise<Call>,
): Promise<Call> {
  const peerConnection = createPeerConnection?.() ?? new RTCPeerConnection();
  const trickle = new Trickle(peerConnection);
  const farSide = new FarSide(peerConnection, (candidate) => trickle.isOwn(candidate));
  const early = new EarlyEvents(client);
  let call: Call | undefined;
  const check = () => {
    if (call?.ended) throw PatchbayError.fromBody(call.ended);
    if (signal?.aborted) throw new PatchbayError('user_stop', 'given up before it started');
  };
  try {
    return await run({
      peerConnection,
      farSide,
      check,
      async create(data, how) {
        check();
        const reply = await createSession(client, data);
        if (!how.trickle) trickle.stop();
        call = new Call(client, { peerConnection, farSide, trickle }, reply, early.take(reply.session_id));
        check();
        return [call, reply];
      },
    });
  } catch (error) {
    const ended = call?.ended;
    trickle.stop();
    peerConnection.close();
    // Best effort: what went wrong matters more than how the tidying went.
    call?.hangUp().catch(() => undefined);
    throw ended ? PatchbayError.fromBody(ended) : toPatchbayError(error);
  } finally {
    early.stop();
  }
}

function toPatchbayError(error: unknown): PatchbayError {
  if (error instanceof PatchbayError) return error;
  return new PatchbayError('session_failed', error instanceof Error ? error.message : undefined, { cause: error });
}
