import type { MediaSession } from '../../backends/backend.ts';
import type { Clock } from '../../domain/clock.ts';
import { lateCandidateMs } from '../../domain/trickle.ts';
import { type Candidate, maxSessionCandidates } from '../../protocol/candidate.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { SessionEventBodies, SessionEventType } from '../../protocol/events.ts';
import type { CreateData, Description } from '../../protocol/session.ts';
import { asPatchbayError } from '../settle.ts';
import { Timers } from '../timers.ts';
import { DescriptionSlot } from './description-slot.ts';

type Side = 'offer' | 'answer';

/** What a negotiation needs of its session. */
export interface NegotiationHost {
  readonly clock: Clock;
  readonly data: CreateData;
  readonly media: MediaSession;
  emit<T extends SessionEventType>(type: T, body: SessionEventBodies[T]): void;
  /** Runs `job` in this session's own queue. */
  later(job: () => Promise<void>): void;
  hasPeer(): boolean;
  /** Runs `job` on the other session of the pair, in that one's queue; false when there is none. */
  toPeer(job: (peer: Negotiation) => Promise<void>): boolean;
  /** Offer and answer are known. */
  settled(): void;
  failed(why: PatchbayError): void;
}

/**
 * How a session comes to its offer and its answer, and where candidates go. All of it runs in the session's queue.
 *
 * The client's own side is the offer if the session was created with one, else the answer. A candidate of the client's
 * belongs to that side: it is collected into the SDP where the far end cannot trickle, given to an engine that takes
 * candidates, or passed to the peer. Candidates that come before the description they belong to are kept for it.
 */
export class Negotiation {
  readonly offer: DescriptionSlot;
  readonly answer: DescriptionSlot;
  readonly #host: NegotiationHost;
  readonly #own: Side;
  #candidateCount = 0;
  readonly #timers: Timers<'offer candidates' | 'answer candidates' | 'late candidates'>;
  readonly #early: Record<Side, { candidates: Candidate[]; ended: boolean }> = {
    offer: { candidates: [], ended: false },
    answer: { candidates: [], ended: false },
  };
  /** The client's candidates that were passed on: a slave may come later than they did. */
  readonly #passed: { candidates: Candidate[]; ended: boolean } = { candidates: [], ended: false };

  constructor(host: NegotiationHost) {
    this.#host = host;
    this.#own = host.data.offer ? 'offer' : 'answer';
    this.#timers = new Timers(host.clock);
    this.offer = new DescriptionSlot(host.clock, 'offer');
    this.answer = new DescriptionSlot(host.clock, 'answer');
  }

  /** Who waits for an offer or an answer now. */
  get waiting(): number {
    return this.offer.known.waiting + this.answer.known.waiting;
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Those who wait get the reason why nothing will come. */
  end(why: PatchbayError): void {
    this.#timers.clear();
    this.offer.known.fail(why);
    this.answer.known.fail(why);
  }

  /** The client's own offer, the engine's, or for a slave its master's. */
  async giveOffer(offer: Description): Promise<void> {
    if (this.offer.state !== 'empty') return;
    this.#take('offer', offer, this.#host.data.no_offer_trickle_ice);
  }

  /** @throws PatchbayError offer_not_set, answer_already_set; or what the engine refused */
  async giveAnswer(answer: Description): Promise<void> {
    const offer = this.offer.known.value;
    if (!offer) throw new PatchbayError('offer_not_set', 'there is no offer yet to answer');
    if (this.answer.state !== 'empty') throw new PatchbayError('answer_already_set', 'the session has its answer');
    if (answer.sdp_type !== offer.sdp_type) {
      throw new PatchbayError('invalid_value', `data.answer.sdp_type must be ${offer.sdp_type}, as the offer's`);
    }
    const forPeer = await this.#host.media.acceptAnswer?.(answer);
    this.#take('answer', answer, this.#host.data.no_answer_trickle_ice);
    if (forPeer) this.#host.toPeer((peer) => peer.giveEngineAnswer(forPeer));
  }

  /**
   * The engine offers anew, in the middle of the call: the client is to answer this one too.
   *
   * @throws PatchbayError invalid_state when the last one is still unanswered
   */
  async offerAnew(offer: Description): Promise<void> {
    this.requireSettled();
    this.offer.renew();
    this.answer.renew();
    this.#take('offer', offer, false);
  }

  /** @throws PatchbayError invalid_state while an offer waits for its answer */
  requireSettled(): void {
    if (!this.#isSettled) throw new PatchbayError('invalid_state', 'the offer has no answer yet');
  }

  /** The answer that the engine made to the client's offer. */
  async giveEngineAnswer(answer: Description): Promise<void> {
    if (this.answer.state === 'empty') this.#take('answer', answer, false);
  }

  /** The client's candidates. @throws PatchbayError rate_limited, invalid_operation; or what the engine refused */
  async addCandidates(candidates: readonly Candidate[]): Promise<void> {
    this.#candidateCount += candidates.length;
    if (this.#candidateCount > maxSessionCandidates) {
      throw new PatchbayError('rate_limited', `a session takes ${maxSessionCandidates} candidates`);
    }
    const { media } = this.#host;
    if (this.#isRtp) throw new PatchbayError('invalid_operation', 'plain RTP has no ICE candidates');
    if (media.addCandidates && this.#isSettled) return media.addCandidates(candidates);
    const side = this.#collectingSide();
    if (side) this[side].add(candidates);
    else if (media.addCandidates || this[this.#own].state === 'empty') {
      this.#early[this.#own].candidates.push(...candidates);
    } else this.#pass(candidates);
  }

  /** No more follow, but for those that were overtaken by this very message. */
  async endCandidates(): Promise<void> {
    const { media, later } = this.#host;
    if (media.endCandidates && this.#isSettled) return media.endCandidates();
    if (media.endCandidates) {
      this.#early[this.#own].ended = true;
      return;
    }
    this.#timers.set('late candidates', lateCandidateMs, () =>
      later(async () => {
        const side = this.#collectingSide();
        if (side) this.#finish(side);
        else if (this[this.#own].state === 'empty') this.#early[this.#own].ended = true;
        else this.#passEnd();
      }),
    );
  }

  /** Candidates of the far client. */
  async addPeerCandidates(candidates: readonly Candidate[]): Promise<void> {
    const far = this.#far;
    if (this[far].state === 'collecting') this[far].add(candidates);
    else if (this[far].state === 'empty') this.#early[far].candidates.push(...candidates);
    else for (const candidate of candidates) this.#host.emit('candidate', candidate);
  }

  async endPeerCandidates(): Promise<void> {
    const far = this.#far;
    if (this[far].state === 'collecting') this.#finish(far);
    else if (this[far].state === 'empty') this.#early[far].ended = true;
    else this.#host.emit('candidate_end', {});
  }

  /** A slave came: it gets the candidates that belong to the offer, too. */
  passAgain(): void {
    if (this.#own !== 'offer') return;
    const { candidates: passed, ended } = this.#passed;
    const candidates = [...passed];
    if (candidates.length > 0) this.#host.toPeer((peer) => peer.addPeerCandidates(candidates));
    if (ended) this.#host.toPeer((peer) => peer.endPeerCandidates());
  }

  get #isSettled(): boolean {
    return this.offer.state === 'known' && this.answer.state === 'known';
  }

  /** Both descriptions come from clients: no engine is between them that has its own, or takes candidates. */
  get #isBetweenClients(): boolean {
    const { acceptOffer, makeOffer, addCandidates } = this.#host.media;
    return !acceptOffer && !makeOffer && !addCandidates;
  }

  /** Whether its client speaks plain RTP to an engine: offer and answer are of one kind. */
  get #isRtp(): boolean {
    const { data, media } = this.#host;
    const offer = data.offer ?? this.offer.known.value;
    return media.addCandidates !== undefined && offer?.sdp_type === 'rtp';
  }

  get #far(): Side {
    return this.#own === 'offer' ? 'answer' : 'offer';
  }

  /** The side that the client's candidates are collected for: its own, or in a session without peer whichever needs them. */
  #collectingSide(): Side | undefined {
    if (this[this.#own].state === 'collecting') return this.#own;
    return !this.#host.hasPeer() && this[this.#far].state === 'collecting' ? this.#far : undefined;
  }

  #take(side: Side, description: Description, collect: boolean): void {
    if (!collect || !description.trickle_ice || !this.#isBetweenClients) {
      this.#know(side, description);
      return;
    }
    const { data, later } = this.#host;
    const early = this.#early[side];
    this[side].collect(description);
    this[side].add(early.candidates.splice(0));
    const waitMs = early.ended ? lateCandidateMs : data.trickle_ice_timeout;
    this.#timers.set(`${side} candidates`, waitMs, () => later(async () => this.#finish(side)));
  }

  #finish(side: Side): void {
    this.#timers.cancel(`${side} candidates`);
    try {
      const description = this[side].collected();
      if (description) this.#know(side, description);
    } catch (error) {
      this.#host.failed(asPatchbayError(error));
    }
  }

  #know(side: Side, description: Description): void {
    const { data, media, emit, toPeer, settled } = this.#host;
    this[side].put(description);
    if (side === 'answer') emit('answer', { answer: description });
    else if (description !== data.offer) emit('offer', { offer: description });

    if (side === 'offer' && this.#isBetweenClients) toPeer((peer) => peer.giveOffer(description));
    else if (this.#own === 'answer' && !media.acceptAnswer && (data.set_master_answer ?? true)) {
      toPeer(async (peer) => {
        if (peer.answer.state === 'empty') await peer.giveAnswer(description);
      });
    }
    this.#passEarly(side);
    if (this.#isSettled) {
      this.#giveEarlyToEngine();
      settled();
    }
  }

  /** What came before the description that it belongs to. */
  #passEarly(side: Side): void {
    const { media, emit } = this.#host;
    if (media.addCandidates) return;
    const early = this.#early[side];
    if (side === this.#own) {
      if (early.candidates.length > 0) this.#pass(early.candidates.splice(0));
      if (early.ended) this.#passEnd();
    } else {
      for (const candidate of early.candidates.splice(0)) emit('candidate', candidate);
      if (early.ended) emit('candidate_end', {});
    }
  }

  /** An engine takes candidates once it has both descriptions. */
  #giveEarlyToEngine(): void {
    const { media, later } = this.#host;
    const early = this.#early[this.#own];
    // Those that came before it was known that the offer is plain RTP are of no use.
    if (!media.addCandidates || this.#isRtp) return;
    const candidates = early.candidates.splice(0);
    later(async () => {
      if (candidates.length > 0) await media.addCandidates?.(candidates);
      if (early.ended) await media.endCandidates?.();
    });
  }

  /** To the peer; in a session without one, to whoever serves its far side by its events. */
  #pass(candidates: readonly Candidate[]): void {
    this.#passed.candidates.push(...candidates);
    if (this.#host.toPeer((peer) => peer.addPeerCandidates(candidates))) return;
    for (const candidate of candidates) this.#host.emit('candidate', candidate);
  }

  #passEnd(): void {
    this.#passed.ended = true;
    if (!this.#host.toPeer((peer) => peer.endPeerCandidates())) this.#host.emit('candidate_end', {});
  }
}
