import type { Clock } from '../domain/clock.ts';
import { maxSkewMs } from '../domain/signature.ts';

/** How long a result is kept for whoever asks again: for as long as the signature of the request is good. */
const keepMs = 2 * maxSkewMs;

interface Entry {
  readonly result: Promise<unknown>;
  readonly accepted: Promise<void>;
  readonly untilMs: number;
}

/** Runs each request once: a second one with the same id gets the first one's result, even while it is under way. */
export class Idempotency {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param work told to call `accepted` once the request is sure to be carried out, its result yet to come
   * @param onAccepted told when it was, also to those who ask again
   */
  run(
    requestId: string,
    work: (accepted: () => void) => Promise<unknown>,
    onAccepted: () => void = () => {},
  ): Promise<unknown> {
    this.#forgetOld();
    let entry = this.#entries.get(requestId);
    if (!entry) {
      const { promise: accepted, resolve } = Promise.withResolvers<void>();
      entry = { result: work(resolve), accepted, untilMs: this.#clock.nowMs() + keepMs };
      this.#entries.set(requestId, entry);
    }
    void entry.accepted.then(onAccepted);
    return entry.result;
  }

  /** Entries are in the order of their time: the old ones are in front. */
  #forgetOld(): void {
    const nowMs = this.#clock.nowMs();
    for (const [id, { untilMs }] of this.#entries) {
      if (untilMs > nowMs) return;
      this.#entries.delete(id);
    }
  }
}
