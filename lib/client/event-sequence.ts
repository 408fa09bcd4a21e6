import type { PatchbayEvent } from '../protocol/events.ts';

/** What to do with an event, or with those that were held back. */
export type Arrival = 'deliver' | 'hold' | 'drop';

/** The events of one object, by their numbers: which one is due, and those that came too early. */
export class EventSequence {
  /** All of its events are meant to come here, so that a gap means that one is missing. */
  isWhole = false;
  readonly #early = new Map<number, PatchbayEvent>();
  #last: number | undefined;
  /** When the object was destroyed; a later `created` begins another object of the same id. */
  #destroyedAt: string | undefined;

  /** The number of the newest event handed out; undefined before the first, if it isn't known where they begin. */
  get last(): number | undefined {
    return this.#last;
  }

  get isHolding(): boolean {
    return this.#early.size > 0;
  }

  get isOver(): boolean {
    return this.#destroyedAt !== undefined;
  }

  /** @param inOrder whether an event that seems to come too early is to wait for the ones before it */
  arrive(event: PatchbayEvent, inOrder: boolean): Arrival {
    if (this.#destroyedAt !== undefined && event.type === 'created' && event.time > this.#destroyedAt) this.restart(0);
    if (this.#last !== undefined && event.seq <= this.#last) return 'drop';
    if (!inOrder || this.#isDue(event)) return 'deliver';
    this.#early.set(event.seq, event);
    return 'hold';
  }

  delivered(event: PatchbayEvent): void {
    this.#last = event.seq;
    this.#early.delete(event.seq);
    if (event.type === 'destroyed') this.#destroyedAt = event.time;
  }

  /** The next held event, if it is its turn. */
  nextDue(): PatchbayEvent | undefined {
    this.#forgetPast();
    return this.#last === undefined ? undefined : this.#early.get(this.#last + 1);
  }

  /** The held event with the lowest number. */
  nextEarly(): PatchbayEvent | undefined {
    this.#forgetPast();
    return this.#early.get(Math.min(...this.#early.keys()));
  }

  /** What came up to number `seq` counts as seen. */
  skipTo(seq: number): void {
    this.#last = Math.max(this.#last ?? 0, seq);
  }

  restart(last: number | undefined): void {
    this.#last = last;
    this.#destroyedAt = undefined;
    this.#early.clear();
  }

  #isDue({ seq }: PatchbayEvent): boolean {
    return seq === (this.#last ?? 0) + 1;
  }

  #forgetPast(): void {
    for (const seq of this.#early.keys()) if (seq <= (this.#last ?? 0)) this.#early.delete(seq);
  }
}
