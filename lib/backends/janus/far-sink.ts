import type { PatchbayError } from '../../protocol/errors.ts';
import type { SessionStatus } from '../../protocol/events.ts';
import type { MediaSink } from '../backend.ts';

/**
 * Who is told of the far side of a proxy: its slave, from when that is opened. Until then, and once it has gone without
 * an answer, nobody hears of statuses, and the end of the far side is the master's.
 */
export class FarSink implements MediaSink {
  readonly #master: MediaSink;
  #slave: MediaSink | undefined;

  constructor(master: MediaSink) {
    this.#master = master;
  }

  /** The slave is told from now on. */
  enter(slave: MediaSink): void {
    this.#slave = slave;
  }

  /** It is told nothing any more; one that came after it stays. */
  leave(slave: MediaSink): void {
    if (this.#slave === slave) this.#slave = undefined;
  }

  status(status: SessionStatus): void {
    this.#slave?.status(status);
  }

  stopped(why: PatchbayError): void {
    (this.#slave ?? this.#master).stopped(why);
  }
}
