import { isoTime } from '../domain/clock.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import { limits } from '../protocol/limits.ts';

/** The events of one object: numbered without a gap, the last of them kept for whoever missed them. */
export class EventLog {
  readonly #subclass: PatchbayEvent['subclass'];
  readonly #objectId: string;
  readonly #last: PatchbayEvent[] = [];
  #seq = 0;

  constructor(subclass: PatchbayEvent['subclass'], objectId: string) {
    this.#subclass = subclass;
    this.#objectId = objectId;
  }

  /** The number of the newest event; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  append(type: string, body: Record<string, unknown>, nowMs: number): PatchbayEvent {
    this.#seq += 1;
    const event: PatchbayEvent = {
      class: 'media',
      subclass: this.#subclass,
      type,
      obj_id: this.#objectId,
      body,
      seq: this.#seq,
      time: isoTime(nowMs),
    };
    this.#last.push(event);
    if (this.#last.length > limits.eventLog) this.#last.shift();
    return event;
  }

  /** The kept events after number `seq`, oldest first. */
  since(seq: number): PatchbayEvent[] {
    return this.#last.filter((event) => event.seq > seq);
  }
}
