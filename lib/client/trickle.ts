import { type Candidate, maxCandidates } from '../protocol/candidate.ts';
import type { Unsubscribe } from './emitter.ts';

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
  #waiting: Candidate[] = [];
  #isComplete = false;
  #sink: CandidateSink | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;

  constructor(source: CandidateSource) {
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
    this.#isComplete = false;
    clearTimeout(this.#timer);
  }

  /** No candidate, or by RFC 8838 an empty one: there are no more. */
  #take(candidate: RTCIceCandidate | null): void {
    if (candidate === null || candidate.candidate === '') {
      this.#isComplete = true;
    } else {
      const { sdpMid, sdpMLineIndex } = candidate;
      this.#own.add(candidate.candidate);
      this.#waiting.push({ sdpMid, sdpMLineIndex, candidate: candidate.candidate });
    }
    this.#schedule();
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
