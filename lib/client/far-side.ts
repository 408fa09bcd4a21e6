import * as z from 'zod/mini';
import type { PatchbayEvent } from '../protocol/events.ts';

/** Looser than the request's schema: the session's `event_body` may have added fields. */
const candidateBody = z.object({
  sdpMid: z._default(z.nullable(z.string()), null),
  sdpMLineIndex: z._default(z.nullable(z.number()), null),
  candidate: z.string(),
});
const answerBody = z.object({ answer: z.object({ sdp: z.string() }) });

type Receiver = Pick<RTCPeerConnection, 'setRemoteDescription' | 'addIceCandidate'>;

/** What comes from the other end of a peer connection: its description, and its candidates, which wait for that. */
export class FarSide {
  readonly #peerConnection: Receiver;
  readonly #isOwn: (candidate: string) => boolean;
  readonly #isDescribed = Promise.withResolvers<void>();
  #describing: Promise<void> | undefined;
  #sdp: string | undefined;
  #lastCandidate: Promise<void> = this.#isDescribed.promise;

  /** @param isOwn whether a candidate is one of this side's */
  constructor(peerConnection: Receiver, isOwn: (candidate: string) => boolean) {
    this.#peerConnection = peerConnection;
    this.#isOwn = isOwn;
  }

  /**
   * Sets the remote description. Reply and event may bring the same one: the first counts. Another offer after that
   * negotiates anew.
   *
   * @throws what WebRTC refused
   */
  describe(type: 'offer' | 'answer', sdp: string): Promise<void> {
    const isAnother = type === 'offer' && sdp !== this.#sdp;
    if (this.#describing && !isAnother) return this.#describing;
    this.#sdp = sdp;
    this.#describing = this.#peerConnection.setRemoteDescription({ type, sdp }).then(this.#isDescribed.resolve);
    return this.#describing;
  }

  /** An event that says something else is ignored. The far side's end of candidates is, too: it changes nothing. */
  receiveCandidate({ body }: PatchbayEvent): void {
    const { data } = candidateBody.safeParse(body);
    // A session that nobody has joined yet tells its candidates to all who hear it, this client too.
    if (!data || this.#isOwn(data.candidate)) return;
    // One that WebRTC can't use is passed over: others may do.
    const add = () => this.#peerConnection.addIceCandidate(data);
    this.#lastCandidate = this.#lastCandidate.then(add).catch(() => undefined);
  }

  /** @throws what WebRTC refused */
  async receiveAnswer({ body }: PatchbayEvent): Promise<void> {
    const { data } = answerBody.safeParse(body);
    if (data) await this.describe('answer', data.answer.sdp);
  }
}
