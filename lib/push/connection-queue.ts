import { randomUUID } from 'node:crypto';
import { backoffMs } from '../domain/backoff.ts';
import type { EventMessage, PatchbayEvent } from '../protocol/events.ts';
import { limits } from '../protocol/limits.ts';
import type { PushOptions } from './push.ts';

/** How many events may wait for one connection before it is dropped: the order is never given up. */
export const maxQueuedEvents = 2000;

/** Tries before a connection that is always busy counts as gone: about a minute. */
const maxTries = 14;
const backoff = { baseMs: 50, maxMs: 8000 };

/** docs/protocol.md#events: what falls into the same moment may travel together. */
const batchWindowMs = 5;

/**
 * The events for one connection, posted one after another.
 *
 * It ends `empty` when all is delivered, or `gone` when the connection is: on 410, when it overflows, and when it stays
 * busy for all tries.
 */
export class ConnectionQueue {
  readonly connectionId: string;
  readonly ended: Promise<void>;
  readonly #options: PushOptions;
  readonly #batch: boolean;
  readonly #onEnd: (end: 'empty' | 'gone') => void;
  #events: PatchbayEvent[] = [];
  #dropped = false;
  #wake: () => void = () => {};

  constructor(connectionId: string, batch: boolean, options: PushOptions, onEnd: (end: 'empty' | 'gone') => void) {
    this.connectionId = connectionId;
    this.#batch = batch;
    this.#options = options;
    this.#onEnd = onEnd;
    this.ended = this.#run().catch((error: unknown) => {
      options.log.error({ err: error, connection_id: connectionId }, 'event queue failed');
      onEnd('gone');
    });
  }

  get length(): number {
    return this.#events.length;
  }

  push(event: PatchbayEvent): void {
    this.#events.push(event);
  }

  /** Gives up what is left. */
  drop(): void {
    this.#dropped = true;
    this.#wake();
  }

  /** Tells its end in the same turn in which it saw that nothing is left: no event can slip in between. */
  async #run(): Promise<void> {
    // The first event is pushed by whoever made this queue.
    await Promise.resolve();
    while (this.#events.length > 0 && !this.#dropped) {
      if (this.#events.length > maxQueuedEvents) {
        this.#options.log.warn({ connection_id: this.connectionId }, 'event queue overflows, connection dropped');
        await this.#options.poster.disconnect(this.connectionId);
        return this.#onEnd('gone');
      }
      if (this.#batch) await this.#pause(batchWindowMs);
      const delivered = await this.#deliver(message(this.#take()));
      if (!delivered) return this.#onEnd(this.#dropped ? 'empty' : 'gone');
    }
    this.#onEnd('empty');
  }

  #take(): PatchbayEvent[] {
    const [first] = this.#events;
    if (!first) return [];
    let count = 1;
    if (this.#batch) {
      let bytes = bytesOf(first);
      for (const event of this.#events.slice(1)) {
        bytes += bytesOf(event);
        if (bytes > limits.frameBytes) break;
        count += 1;
      }
    }
    return this.#events.splice(0, count);
  }

  async #deliver(text: string): Promise<boolean> {
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      const result = await this.#options.poster.post(this.connectionId, text);
      if (result === 'sent') return true;
      if (result === 'gone') return false;
      if (result === 'refused') {
        this.#options.log.error({ connection_id: this.connectionId, bytes: text.length }, 'event too large, dropped');
        return true;
      }
      if (this.#events.length > maxQueuedEvents) break;
      await this.#pause(backoffMs(attempt, backoff.baseMs, backoff.maxMs, this.#options.random));
      if (this.#dropped) return false;
    }
    await this.#options.poster.disconnect(this.connectionId);
    return false;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#dropped) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

const bytesOf = (event: PatchbayEvent) => Buffer.byteLength(JSON.stringify(event));

function message(events: PatchbayEvent[]): string {
  const [first] = events;
  const envelope: EventMessage = {
    class: 'core',
    cmd: 'event',
    data: events.length === 1 && first ? first : events,
    tid: randomUUID(),
  };
  return JSON.stringify(envelope);
}
