/** Ends a subscription; calling it again does nothing. */
export type Unsubscribe = () => void;

/**
 * The listeners of one kind of event.
 *
 * A listener that throws does not keep the others from being called: its error is rethrown on its own, as
 * `EventTarget` does it.
 */
export class Emitter<T> {
  readonly #listeners = new Set<{ call: (value: T) => void }>();

  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** The same function may subscribe twice: it is then called twice, and each subscription ends by itself. */
  on(listener: (value: T) => void): Unsubscribe {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  emit(value: T): void {
    for (const entry of [...this.#listeners]) {
      // One that an earlier listener has just unsubscribed is not called any more.
      if (!this.#listeners.has(entry)) continue;
      try {
        entry.call(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** An emitter whose first listener is also given what came before it, up to the newest `capacity` values. */
export class ReplayEmitter<T> {
  readonly #emitter = new Emitter<T>();
  readonly #capacity: number;
  #kept: T[] | undefined = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  on(listener: (value: T) => void): Unsubscribe {
    const unsubscribe = this.#emitter.on(listener);
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    for (const value of kept) this.#emitter.emit(value);
    return unsubscribe;
  }

  emit(value: T): void {
    if (!this.#kept) {
      this.#emitter.emit(value);
      return;
    }
    this.#kept.push(value);
    if (this.#kept.length > this.#capacity) this.#kept.shift();
  }
}
