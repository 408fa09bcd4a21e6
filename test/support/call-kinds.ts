import { randomUUID } from 'node:crypto';
import type { CommandInput, PatchbayClient } from '../../lib/client/index.ts';
import type { SdpType } from '../../lib/protocol/session.ts';
import type { CallEnd } from './call-ends.ts';

/** Every kind of call that goes through Janus, made by hand: sessions and the media ends of their clients. */

export interface Side<End extends CallEnd = CallEnd> {
  readonly sessionId: string;
  readonly end: End;
  /** Whether media comes to it. */
  readonly hears: boolean;
}

/** The request that carries an end's SDP, and what a client does around it. */
export type Deliver = <T>(end: CallEnd, sessionId: string, request: () => Promise<T>) => Promise<T>;

export type Ends = Readonly<Record<SdpType, () => Promise<CallEnd>>>;

export type MakeCall = (caller: Caller, ends: Ends) => Promise<Side[]>;

/** Calls without the client library's own ways: what is sent is what a test says. */
export class Caller {
  readonly #client: PatchbayClient;
  readonly #trickles: boolean;
  readonly #deliver: Deliver;

  /** @param deliver sends the candidates of ends that trickle */
  constructor(client: PatchbayClient, deliver?: Deliver) {
    this.#client = client;
    this.#trickles = deliver !== undefined;
    this.#deliver = deliver ?? ((_end, _sessionId, request) => request());
  }

  /** A session that an end's offer is given to. `answered` is when the end has its answer. */
  async offer(end: CallEnd, data: CommandInput<'session/create'>): Promise<Side & { answered: Promise<void> }> {
    const sessionId = randomUUID();
    const offer = { sdp: await end.offer(), sdp_type: end.sdpType, trickle_ice: this.#trickles };
    const create = () => this.#client.request('session/create', { ...data, session_id: sessionId, offer });
    await this.#deliver(end, sessionId, create);
    const answered = this.#client
      .request('session/get_answer', { session_id: sessionId })
      .then(({ answer }) => end.takeAnswer(answer.sdp));
    // Looked at by whoever waits for it, if the call comes so far.
    answered.catch(() => {});
    return { sessionId, end, hears: data.type !== 'publish', answered };
  }

  /** A session whose offer an end answers. */
  async answer(end: CallEnd, data: CommandInput<'session/create'>): Promise<Side> {
    const { session_id, offer } = await this.#client.request('session/create', { ...data, wait_reply: true });
    if (!offer) throw new Error('the session made no offer');
    const answer = { sdp: await end.answer(offer.sdp), sdp_type: end.sdpType, trickle_ice: this.#trickles };
    await this.#deliver(end, session_id, () => this.#client.request('session/set_answer', { session_id, answer }));
    return { sessionId: session_id, end, hears: true };
  }
}

const proxy =
  (near: SdpType, far: SdpType): MakeCall =>
  async (caller, ends) => {
    const master = await caller.offer(await ends[near](), { type: 'proxy', sdp_type: far });
    const slave = await caller.answer(await ends[far](), { type: 'proxy', master_id: master.sessionId });
    await master.answered;
    return [master, slave];
  };

export const callKinds = {
  async echo(caller, ends) {
    const echo = await caller.offer(await ends.webrtc(), { type: 'echo' });
    await echo.answered;
    return [echo];
  },
  'proxy, WebRTC to WebRTC': proxy('webrtc', 'webrtc'),
  'proxy, WebRTC to RTP': proxy('webrtc', 'rtp'),
  'proxy, RTP to WebRTC': proxy('rtp', 'webrtc'),
  async 'publish and listen'(caller, ends) {
    const publisher = await caller.offer(await ends.webrtc(), { type: 'publish' });
    await publisher.answered;
    const listener = await caller.answer(await ends.webrtc(), { type: 'listen', publisher_id: publisher.sessionId });
    return [publisher, listener];
  },
} satisfies Record<string, MakeCall>;

export type CallKind = keyof typeof callKinds;
export const callKindNames = Object.keys(callKinds) as CallKind[];
