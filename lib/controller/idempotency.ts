import type { Clock } from '../domain/clock.ts';

/** How long a result is kept for whoever asks again: longer than any retry of a function. */
const keepMs = 60_000;

/** Runs each request once: a second one with the same id gets the first one's result, even while it is under way. */
export class Idempotency {
  readonly #clock: Clock;
  readonly #results = new Map<string, { result: Promise<unknown>; untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  run<T>(requestId: string, work: () => Promise<T>): Promise<T> {
    this.#forgetOld();
    const known = this.#results.get(requestId);
    // One id belongs to one request, and so to one type of result.
    if (known) return known.result as Promise<T>;
    const result = work();
    this.#results.set(requestId, { result, untilMs: this.#clock.nowMs() + keepMs });
    return result;
  }

  /** Entries are in the order of their time: the old ones are in front. */
  #forgetOld(): void {
    const nowMs = this.#clock.nowMs();
    for (const [id, { untilMs }] of this.#results) {
      if (untilMs > nowMs) return;
      this.#results.delete(id);
    }
  }
}
