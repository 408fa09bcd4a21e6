import * as z from 'zod/mini';
import type { PatchbayEvent } from '../protocol/events.ts';
import { sdpType } from '../protocol/session.ts';
import type { PatchbayClient } from './client.ts';
import type { FarSide } from './far-side.ts';

const offerBody = z.object({ offer: z.object({ sdp: z.string(), sdp_type: z._default(sdpType, 'webrtc') }) });
type Offer = z.output<typeof offerBody>['offer'];

export interface AnswererParts {
  readonly client: PatchbayClient;
  readonly sessionId: string;
  readonly peerConnection: RTCPeerConnection;
  readonly farSide: FarSide;
  /** What is sent; nothing where one only listens. */
  readonly stream: MediaStream | undefined;
}

/**
 * Answers what the server offers, one offer after another: the first one, which reply and event both bring, and those by
 * which an engine negotiates anew.
 */
export class Answerer {
  readonly #parts: AnswererParts;
  #lastSdp: string | undefined;
  #last: Promise<void> | undefined;

  constructor(parts: AnswererParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the session has the answer.
   *
   * @throws PatchbayError as `request`; what WebRTC refused
   */
  answer(offer: Offer): Promise<void> {
    if (this.#last && offer.sdp === this.#lastSdp) return this.#last;
    const isFirst = this.#last === undefined;
    this.#lastSdp = offer.sdp;
    this.#last = (this.#last ?? Promise.resolve()).then(() => this.#answer(offer, isFirst));
    return this.#last;
  }

  /** An event that says something else is ignored. @throws as `answer` */
  async receiveOffer({ body }: PatchbayEvent): Promise<void> {
    const { data } = offerBody.safeParse(body);
    if (data) await this.answer(data.offer);
  }

  async #answer(offer: Offer, isFirst: boolean): Promise<void> {
    const { client, sessionId, peerConnection, farSide, stream } = this.#parts;
    await farSide.describe('offer', offer.sdp);
    // After the offer, so that the tracks take the places that it has for them.
    if (isFirst && stream) for (const track of stream.getTracks()) peerConnection.addTrack(track, stream);
    const answer = await peerConnection.createAnswer();
    await peerConnection.setLocalDescription(answer);
    await client.request('session/set_answer', {
      session_id: sessionId,
      answer: { sdp: answer.sdp ?? '', sdp_type: offer.sdp_type, trickle_ice: true },
    });
  }
}
