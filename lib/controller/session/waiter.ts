import type { Clock } from '../../domain/clock.ts';
import { PatchbayError } from '../../protocol/errors.ts';

/** Each holds a request open, here and on its way: more than a few dozen are no use to anybody. */
const maxWaiting = 64;

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: PatchbayError): void;
}

/** A value that comes, and those who wait for it: each is answered once, by the value, an end, or its time-out. */
export class Waiter<T> {
  readonly #clock: Clock;
  readonly #what: string;
  readonly #waiting = new Set<Waiting<T>>();
  #value: T | undefined;
  #failure: PatchbayError | undefined;

  /** @param what what does not come, as a time-out names it */
  constructor(clock: Clock, what: string) {
    this.#clock = clock;
    this.#what = what;
  }

  get value(): T | undefined {
    return this.#value;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  set(value: T): void {
    this.#value = value;
    this.#end((one) => one.resolve(value));
  }

  /** Another one is to come: who asks from now on waits for that. */
  renew(): void {
    this.#value = undefined;
  }

  /** It will never come: also for those who ask later, such as a `create` whose media failed before it could wait. */
  fail(error: PatchbayError): void {
    this.#failure = error;
    this.#end((one) => one.reject(error));
  }

  /** @throws PatchbayError timeout; or what `fail` is given */
  wait(timeoutMs: number): Promise<T> {
    if (this.#value !== undefined) return Promise.resolve(this.#value);
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#waiting.size >= maxWaiting) {
      return Promise.reject(new PatchbayError('rate_limited', `${maxWaiting} wait for this ${this.#what} already`));
    }
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting<T> = {
        resolve: (value) => {
          cancel();
          resolve(value);
        },
        reject: (error) => {
          cancel();
          reject(error);
        },
      };
      const cancel = this.#clock.after(timeoutMs, () => {
        this.#waiting.delete(waiting);
        reject(new PatchbayError('timeout', `no ${this.#what} came in ${timeoutMs / 1000} s`));
      });
      this.#waiting.add(waiting);
    });
  }

  #end(tell: (waiting: Waiting<T>) => void): void {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const one of all) tell(one);
  }
}
