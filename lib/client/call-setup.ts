import type { CommandInput } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import { Answerer } from './answerer.ts';
import { Call } from './call.ts';
import type { PatchbayClient } from './client.ts';
import { EarlyEvents } from './early-events.ts';
import { toPatchbayError } from './failures.ts';
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
  /**
   * Opens a data channel, `dataChannel` of the call. To a listener Janus sends a publisher's data only if it has one, and
   * sends it on another, which comes by the peer connection's `datachannel` event.
   */
  readonly data?: boolean;
  /** Gives the set-up up; a call that has started is not concerned. */
  readonly signal?: AbortSignal;
}
export type SessionFields = Omit<CommandInput<'session/create'>, 'type' | 'offer' | 'wait_reply' | 'master_id'>;

type CreateReply = Awaited<ReturnType<typeof createSession>>;

interface CreateHow {
  readonly trickle: boolean;
  /** What is sent with the answers, where the server makes the offers. */
  readonly stream?: MediaStream | undefined;
}

interface Created {
  readonly call: Call;
  readonly reply: CreateReply;
  readonly answerer: Answerer;
}

/** What Janus calls its own data channels: it takes this one for them. */
const dataChannelLabel = 'JanusDataChannel';

/** The pieces of a call while it is being made. */
export interface Setup {
  readonly peerConnection: RTCPeerConnection;
  readonly farSide: FarSide;
  /** Makes the session; from then on the call exists, and its candidates trickle if it was made to. */
  create(data: CommandInput<'session/create'>, how: CreateHow): Promise<Created>;
  /** @throws PatchbayError user_stop: given up; the session's own reason, if it was destroyed meanwhile */
  check(): void;
}

const createSession = (client: PatchbayClient, data: CommandInput<'session/create'>) =>
  client.request('session/create', data);

/**
 * Runs a call's set-up. If that fails, the peer connection is closed, and the session destroyed if it was made.
 *
 * @param kind who is at the other end of the peer connection
 * @throws PatchbayError as `request`; session_failed: WebRTC refused something; user_stop: `signal` gave it up; the
 * session's own reason, if it was destroyed meanwhile
 */
export async function setUpCall(
  client: PatchbayClient,
  { createPeerConnection, data: hasData, signal }: Pick<SetupOptions, 'createPeerConnection' | 'data' | 'signal'>,
  kind: 'engine' | 'peer',
  run: (setup: Setup) => Promise<Call>,
): Promise<Call> {
  const peerConnection = createPeerConnection?.() ?? new RTCPeerConnection();
  const trickle = new Trickle(peerConnection, kind);
  const farSide = new FarSide(peerConnection, (candidate) => trickle.isOwn(candidate));
  const dataChannel = hasData ? peerConnection.createDataChannel(dataChannelLabel) : undefined;
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
        const parts = { client, sessionId: reply.session_id, peerConnection, farSide, stream: how.stream };
        const answerer = new Answerer(parts);
        // A client that offered itself is told of its own offer, where that was changed on its way.
        const media = { peerConnection, farSide, trickle, dataChannel, answerer: data.offer ? undefined : answerer };
        call = new Call(client, media, reply, early.take(reply.session_id));
        check();
        return { call, reply, answerer };
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

/** Makes a session without an offer, and answers the one that the server has for it. */
export async function answerServer(
  client: PatchbayClient,
  { create, check }: Setup,
  data: CommandInput<'session/create'>,
  stream: MediaStream | undefined,
): Promise<Call> {
  const { call, reply, answerer } = await create({ ...data, wait_reply: true }, { trickle: true, stream });
  const offer = reply.offer ?? (await client.request('session/get_offer', { session_id: call.sessionId })).offer;
  check();
  await answerer.answer(offer);
  check();
  return call;
}
