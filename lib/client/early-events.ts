import type { PatchbayEvent } from '../protocol/events.ts';
import type { PatchbayClient } from './client.ts';
import type { Unsubscribe } from './emitter.ts';

/** Enough for the 25 s of a create on a connection that also hears a busy tenant; the oldest go first. */
const capacity = 1024;

/**
 * Keeps what arrives while a `create` is under way: its session's id is known by the reply only, and events may
 * overtake that reply (docs/protocol.md#messages, Order).
 */
export class EarlyEvents {
  readonly #events: PatchbayEvent[] = [];
  readonly #unsubscribe: Unsubscribe;

  constructor(client: PatchbayClient) {
    this.#unsubscribe = client.onEvent((event) => {
      this.#events.push(event);
      if (this.#events.length > capacity) this.#events.shift();
    });
  }

  /** The session's events so far, in order; ends the keeping. */
  take(sessionId: string): PatchbayEvent[] {
    this.stop();
    return this.#events.filter((event) => event.subclass === 'session' && event.obj_id === sessionId);
  }

  stop(): void {
    this.#unsubscribe();
  }
}
