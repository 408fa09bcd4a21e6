/** Milliseconds, drawn evenly from between the two. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** All timers of one life of the double: when that ends, nothing of it happens any more. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>();
  readonly #random: () => number;
  #stopped = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** @returns what takes it back */
  later({ from, to }: Span, what: () => void): () => void {
    if (this.#stopped) return () => {};
    const timer = setTimeout(
      () => {
        this.#running.delete(timer);
        what();
      },
      from + this.#random() * (to - from),
    );
    this.#running.add(timer);
    return () => {
      clearTimeout(timer);
      this.#running.delete(timer);
    };
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }
}
