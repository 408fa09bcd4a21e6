import type { Clock } from '../../domain/clock.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { CreateData } from '../../protocol/session.ts';
import { Timers } from '../timers.ts';

/** How long a session may take to be ready, and how long it may last then. */
export class Deadlines {
  readonly #data: Pick<CreateData, 'wait_timeout' | 'ready_timeout'>;
  readonly #passed: (why: PatchbayError) => void;
  readonly #timers: Timers<'wait' | 'ready'>;

  /** @param passed told once, when one has passed */
  constructor(
    clock: Clock,
    data: Pick<CreateData, 'wait_timeout' | 'ready_timeout'>,
    passed: (why: PatchbayError) => void,
  ) {
    this.#data = data;
    this.#passed = passed;
    this.#timers = new Timers(clock);
  }

  get timers(): number {
    return this.#timers.size;
  }

  waits(): void {
    const { wait_timeout } = this.#data;
    this.#timers.set('wait', wait_timeout * 1000, () => {
      this.#passed(new PatchbayError('session_timeout', `no offer and answer in wait_timeout, ${wait_timeout} s`));
    });
  }

  isReady(): void {
    const { ready_timeout } = this.#data;
    this.#timers.cancel('wait');
    this.#timers.set('ready', ready_timeout * 1000, () => {
      this.#passed(new PatchbayError('session_timeout', `ready_timeout, ${ready_timeout} s, is over`));
    });
  }

  /** The session is over. */
  end(): void {
    this.#timers.clear();
  }
}
