import { PatchbayError } from '../protocol/errors.ts';

interface Waiting {
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: PatchbayError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** The requests of one connection that wait for their reply. Each ends once: by its reply, its time-out or `rejectAll`. */
export class PendingRequests {
  readonly #waiting = new Map<string, Waiting>();

  get size(): number {
    return this.#waiting.size;
  }

  /** @throws PatchbayError what the reply said, `timeout`, or what `rejectAll` was given */
  add(tid: string, what: string, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#take(tid)?.reject(new PatchbayError('timeout', `no reply to ${what} within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      this.#waiting.set(tid, { resolve, reject, timer });
    });
  }

  /** A reply that nobody waits for any more is dropped. */
  resolve(tid: string, data: unknown): void {
    this.#take(tid)?.resolve(data);
  }

  reject(tid: string, error: PatchbayError): void {
    this.#take(tid)?.reject(error);
  }

  rejectAll(error: PatchbayError): void {
    for (const tid of [...this.#waiting.keys()]) this.reject(tid, error);
  }

  #take(tid: string): Waiting | undefined {
    const waiting = this.#waiting.get(tid);
    if (!waiting) return undefined;
    this.#waiting.delete(tid);
    clearTimeout(waiting.timer);
    return waiting;
  }
}
