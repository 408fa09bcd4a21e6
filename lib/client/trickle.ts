import { type Candidate, maxCandidates } from '../protocol/candidate.ts';
import type { Unsubscribe } from './emitter.ts';
import { reachOf } from './usable-candidates.ts';

/** Candidates come in bursts: those of one burst travel together. */
const gatherMs = 20;

type CandidateSource = Pick<RTCPeerConnection, 'addEventListener' | 'removeEventListener'>;

/** Where candidates go. Each call is awaited before the next: requests under way together may overtake each other. */
export interface CandidateSink {
  candidates(candidates: Candidate[]): Promise<void>;
  end(): Promise<void>;
}

/**
 * Takes a peer connection's candidates from the moment it is made, and sends them as soon as it is known whereto: in
 * their order, up to 50 at a time, and when there are no more, the end.
 */
export class Trickle {
  readonly #unsubscribe: Unsubscribe;
  readonly #own = new Set<string>();
  readonly #farSide: 'engine' | 'peer';
  #loopback: Candidate[] = [];
  #hasFurther = false;
  #waiting: Candidate[] = [];
  #isComplete = false;
  #sink: CandidateSink | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;

  /** @param farSide an engine gets no link-local candidates, and loopback ones at the end, if there were no others */
  constructor(source: CandidateSource, farSide: 'engine' | 'peer') {
    this.#farSide = farSide;
    const take = ({ candidate }: RTCPeerConnectionIceEvent) => this.#take(candidate);
    source.addEventListener('icecandidate', take);
    this.#unsubscribe = () => source.removeEventListener('icecandidate', take);
  }

  /** Whether it came from this peer connection. */
  isOwn(candidate: string): boolean {
    return this.#own.has(candidate);
  }

  /** Sends what came so far, and what comes. */
  start(sink: CandidateSink): void {
    this.#sink = sink;
    this.#schedule();
  }

  stop(): void {
    this.#unsubscribe();
    this.#sink = undefined;
    this.#waiting = [];
    this.#loopback = [];
    this.#isComplete = false;
    clearTimeout(this.#timer);
  }

  /** No candidate, or by RFC 8838 an empty one: there are no more. */
  #take(candidate: RTCIceCandidate | null): void {
    if (candidate === null || candidate.candidate === '') {
      if (!this.#hasFurther) this.#waiting.push(...this.#loopback.splice(0));
      this.#isComplete = true;
    } else {
      const { sdpMid, sdpMLineIndex } = candidate;
      this.#own.add(candidate.candidate);
      this.#sort({ sdpMid, sdpMLineIndex, candidate: candidate.candidate });
    }
    this.#schedule();
  }

  #sort(candidate: Candidate): void {
    const reach = this.#farSide === 'peer' ? 'further' : reachOf(candidate.candidate);
    if (reach === 'loopback') this.#loopback.push(candidate);
    if (reach !== 'further') return;
    this.#hasFurther = true;
    this.#waiting.push(candidate);
  }

  #schedule(): void {
    if (!this.#sink || this.#isSending || this.#timer !== undefined) return;
    if (this.#waiting.length === 0 && !this.#isComplete) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#send();
    }, gatherMs);
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    while (this.#sink && this.#waiting.length > 0) await this.#sink.candidates(this.#waiting.splice(0, maxCandidates));
    if (this.#sink && this.#isComplete) {
      this.#isComplete = false;
      await this.#sink.end();
    }
    this.#isSending = false;
    this.#schedule();
  }
}
