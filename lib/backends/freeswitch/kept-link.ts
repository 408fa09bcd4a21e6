import { backoffMs } from '../../domain/backoff.ts';
import type { Clock } from '../../domain/clock.ts';

const backoff = { baseMs: 100, maxMs: 1000 };

export interface KeptLinkOptions<Link> {
  readonly clock: Clock;
  /** 0 ≤ x < 1, for the backoff's jitter. */
  readonly random: () => number;
  /** Opens one; `lost` is to be called once when it is gone. */
  open(lost: () => void): Promise<Link>;
  /** It is there: what has to be done before it counts. A failure closes it. */
  up(link: Link): Promise<void>;
  down(): void;
  failed(error: unknown): void;
}

/**
 * A connection that is opened again, with backoff and jitter, whenever it is lost: one at a time.
 *
 * ```
 *  away ──── opened ────▶ up ──── lost ────▶ away        stop: closed
 * ```
 */
export class KeptLink<Link extends { close(): void }> {
  readonly #options: KeptLinkOptions<Link>;
  #link: Link | undefined;
  #isStopped = false;
  /** Ends whatever is waited for. */
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(options: KeptLinkOptions<Link>) {
    this.#options = options;
  }

  /** Undefined while there is none. */
  get current(): Link | undefined {
    return this.#link;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { random, failed } = this.#options;
    for (let attempt = 0; !this.#isStopped; attempt += 1) {
      try {
        if (await this.#hold()) attempt = 0;
      } catch (error) {
        failed(error);
      }
      if (!this.#isStopped) await this.#pause(backoffMs(attempt, backoff.baseMs, backoff.maxMs, random));
    }
  }

  /** Opens one and resolves when it is gone: whether it ever counted. */
  async #hold(): Promise<boolean> {
    const { open, up, down } = this.#options;
    const lost = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<undefined>();
    this.#wake = () => stopped.resolve(undefined);
    const opening = open(() => lost.resolve());
    const link = await Promise.race([opening, stopped.promise]);
    if (!link) {
      opening.then(
        (late) => late.close(),
        () => {},
      );
      return false;
    }
    this.#link = link;
    const tooSoon = lost.promise.then(() => Promise.reject(new Error('lost while it came up')));
    try {
      await Promise.race([up(link), tooSoon, stopped.promise]);
      await Promise.race([lost.promise, stopped.promise]);
      return true;
    } finally {
      this.#link = undefined;
      link.close();
      down();
    }
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
