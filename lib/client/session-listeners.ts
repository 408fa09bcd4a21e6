import type { PatchbayEvent } from '../protocol/events.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';

/** Listeners by session id; a session without listeners takes no memory. */
export class SessionListeners {
  readonly #emitters = new Map<string, Emitter<PatchbayEvent>>();

  on(sessionId: string, listener: (event: PatchbayEvent) => void): Unsubscribe {
    const emitter = this.#emitters.get(sessionId) ?? new Emitter();
    this.#emitters.set(sessionId, emitter);
    const unsubscribe = emitter.on(listener);
    return () => {
      unsubscribe();
      if (!emitter.isHeard && this.#emitters.get(sessionId) === emitter) this.#emitters.delete(sessionId);
    };
  }

  emit(event: PatchbayEvent): void {
    this.#emitters.get(event.obj_id)?.emit(event);
  }
}
