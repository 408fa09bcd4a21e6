import type { PatchbayError } from '../../protocol/errors.ts';
import type { MediaSink } from '../backend.ts';

/** What a session's sink is told of its client's connection, in an order that holds: nothing twice, nothing after the end. */
export class CallSink {
  readonly #sink: MediaSink;
  #isUp = false;
  #isOver = false;

  constructor(sink: MediaSink) {
    this.#sink = sink;
  }

  up(): void {
    if (this.#isUp || this.#isOver) return;
    this.#isUp = true;
    this.#sink.status({ class: 'webrtc', status: 'up' });
  }

  end(why: PatchbayError, cause: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isUp) this.#sink.status({ class: 'webrtc', status: 'down' });
    this.#sink.status({ class: 'hangup', cause });
    this.#sink.stopped(why);
  }

  /** Nobody wants to hear of it any more. */
  close(): void {
    this.#isOver = true;
  }
}
