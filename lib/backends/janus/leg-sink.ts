import type { Clock } from '../../domain/clock.ts';
import type { PatchbayError } from '../../protocol/errors.ts';
import type { SessionStatus } from '../../protocol/events.ts';
import type { MediaSink } from '../backend.ts';

/** What Janus calls it when a plugin ends a peer connection: that of a leg, because the other one has gone. */
const endedByPlugin = 'Close PC';

/** How much later than that Janus may tell of the leg that has gone. It takes milliseconds. */
const otherLegMs = 1000;

/**
 * Who is told of one leg of a call. When a client goes, Janus ends the other leg, too, and may tell that first: so that
 * end is held back for a moment, in which the end of the other leg ends both sessions, by its own cause.
 */
export class LegSink implements MediaSink {
  readonly #clock: Clock;
  readonly #sink: MediaSink;
  #held: SessionStatus | undefined;
  #cancel: () => void = () => {};

  constructor(clock: Clock, sink: MediaSink) {
    this.#clock = clock;
    this.#sink = sink;
  }

  status(status: SessionStatus): void {
    if (status.class === 'hangup' && status.cause === endedByPlugin) this.#held = status;
    else this.#sink.status(status);
  }

  stopped(why: PatchbayError): void {
    const held = this.#held;
    if (!held) {
      this.#sink.stopped(why);
      return;
    }
    this.#cancel = this.#clock.after(otherLegMs, () => {
      this.#sink.status(held);
      this.#sink.stopped(why);
    });
  }

  /** The session is over: nothing more is told. */
  stop(): void {
    this.#cancel();
  }
}
