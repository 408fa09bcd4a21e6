import { lastSeq, type PatchbayEvent } from '../protocol/events.ts';
import { EventSequence } from './event-sequence.ts';

/** Events of an object that did not come: numbers `from` to `to`. */
export interface EventGap {
  readonly subclass: PatchbayEvent['subclass'];
  readonly objectId: string;
  readonly from: number;
  readonly to: number;
}

export interface OrderedEvents {
  deliver(event: PatchbayEvent): void;
  gap(gap: EventGap): void;
}

/** Objects that are only heard of, not followed: so many are remembered, to know their duplicates. */
const rememberedObjects = 10_000;

/**
 * Puts events, from whichever connection, into the order of each object's numbers: each is handed out once. One that
 * comes before its turn is held back until those before it have come, or for `holdMs`; then the gap is reported.
 *
 * So it is for the sessions that are followed, whose events all come here. Of other objects a subscription may bring
 * one event in ten: those are handed out at once, and held back only while two connections bring them (`merge`).
 */
export class EventOrder {
  readonly #sink: OrderedEvents;
  readonly #holdMs: number;
  readonly #sequences = new Map<string, EventSequence>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #merges = 0;

  constructor(sink: OrderedEvents, holdMs: number) {
    this.#sink = sink;
    this.#holdMs = holdMs;
  }

  receive(event: PatchbayEvent): void {
    const key = `${event.subclass} ${event.obj_id}`;
    const sequence = this.#sequence(key);
    if (event.seq === lastSeq) {
      this.#receiveLast(key, sequence, event);
      return;
    }
    // Of a session that was taken over in midstream the first event that comes is the first.
    const arrival = sequence.arrive(event, sequence.isWhole ? sequence.last !== undefined : this.#merges > 0);
    if (arrival === 'deliver') this.#deliver(key, sequence, event);
    else if (arrival === 'hold') this.#arm(key, sequence);
  }

  /** All events of this session come from now on. @param since the number of the last one seen, where that is known */
  follow(sessionId: string, since?: number): void {
    const sequence = this.#sequence(keyOf(sessionId));
    if (sequence.isOver || sequence.last === undefined) sequence.restart(since);
    else if (since !== undefined && since > sequence.last) sequence.skipTo(since);
    sequence.isWhole = true;
  }

  unfollow(sessionId: string): void {
    const key = keyOf(sessionId);
    const sequence = this.#sequences.get(key);
    if (!sequence) return;
    sequence.isWhole = false;
    this.#release(key, sequence);
  }

  /** A session of that id is about to be made: what was heard of an earlier one is void. */
  forget(sessionId: string): void {
    const key = keyOf(sessionId);
    if (!this.#sequences.get(key)?.isWhole) this.#sequences.delete(key);
  }

  /** Its `destroyed` was handed out. */
  isOver(sessionId: string): boolean {
    return this.#sequences.get(keyOf(sessionId))?.isOver ?? false;
  }

  /** The number of the last event handed out of a session. */
  last(sessionId: string): number | undefined {
    return this.#sequences.get(keyOf(sessionId))?.last;
  }

  /** Events of a session up to number `seq` will not come any more: what has not come of them is a gap. */
  giveUp(sessionId: string, seq: number): void {
    const key = keyOf(sessionId);
    const sequence = this.#sequence(key);
    const from = (sequence.last ?? seq) + 1;
    if (from > seq) return;
    sequence.skipTo(seq);
    this.#sink.gap({ subclass: 'session', objectId: sessionId, from, to: seq });
    this.#drain(key, sequence);
  }

  /**
   * From now until the returned function is called, events come by two connections, or again: no gap is given up
   * meanwhile.
   */
  merge(): () => void {
    this.#merges += 1;
    this.stop();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#merges -= 1;
      if (this.#merges > 0) return;
      for (const [key, sequence] of this.#sequences) {
        if (!sequence.isHolding) continue;
        if (sequence.isWhole) this.#arm(key, sequence);
        else this.#release(key, sequence);
      }
    };
  }

  /** Ends the waiting for what is missing; what is held stays held. */
  stop(): void {
    for (const key of [...this.#timers.keys()]) this.#disarm(key);
  }

  /** The end of an object whose node was lost: nothing that is missing before it will come. */
  #receiveLast(key: string, sequence: EventSequence, event: PatchbayEvent): void {
    if (sequence.isOver) return;
    this.#release(key, sequence);
    this.#deliver(key, sequence, event);
  }

  #deliver(key: string, sequence: EventSequence, event: PatchbayEvent): void {
    sequence.delivered(event);
    this.#sink.deliver(event);
    this.#drain(key, sequence);
  }

  #drain(key: string, sequence: EventSequence): void {
    for (let due = sequence.nextDue(); due; due = sequence.nextDue()) {
      sequence.delivered(due);
      this.#sink.deliver(due);
    }
    if (!sequence.isHolding) this.#disarm(key);
  }

  #arm(key: string, sequence: EventSequence): void {
    if (this.#merges > 0 || this.#timers.has(key)) return;
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#timers.delete(key);
        this.#skipGap(key, sequence);
        if (sequence.isHolding) this.#arm(key, sequence);
      }, this.#holdMs),
    );
  }

  #disarm(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }

  /** Hands out what is held, in order, whatever is missing. */
  #release(key: string, sequence: EventSequence): void {
    while (sequence.isHolding && sequence.nextEarly()) this.#skipGap(key, sequence);
    this.#disarm(key);
  }

  #skipGap(key: string, sequence: EventSequence): void {
    const event = sequence.nextEarly();
    if (!event) return;
    const from = (sequence.last ?? event.seq - 1) + 1;
    if (sequence.isWhole && from < event.seq) {
      this.#sink.gap({ subclass: event.subclass, objectId: event.obj_id, from, to: event.seq - 1 });
    }
    this.#deliver(key, sequence, event);
  }

  #sequence(key: string): EventSequence {
    let sequence = this.#sequences.get(key);
    if (!sequence) {
      sequence = new EventSequence();
      this.#sequences.set(key, sequence);
      if (this.#sequences.size > rememberedObjects) this.#forgetOne();
    }
    return sequence;
  }

  #forgetOne(): void {
    for (const [key, sequence] of this.#sequences) {
      if (sequence.isWhole || sequence.isHolding) continue;
      this.#sequences.delete(key);
      return;
    }
  }
}

const keyOf = (sessionId: string) => `session ${sessionId}`;
