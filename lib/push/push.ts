import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import { ConnectionQueue } from './connection-queue.ts';
import type { Poster } from './poster.ts';

export interface PushOptions {
  readonly poster: Poster;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** A connection is gone: told once for each. */
  readonly onGone: (connectionId: string) => void;
}

/**
 * Events to connections: in order for each connection, all connections side by side. A connection's queue lives from
 * its first undelivered event to its last.
 */
export class Push {
  readonly #options: PushOptions;
  readonly #queues = new Map<string, ConnectionQueue>();

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** @param batch the connection takes several events in one message */
  send(connectionId: string, event: PatchbayEvent, batch: boolean): void {
    let queue = this.#queues.get(connectionId);
    if (!queue) {
      queue = new ConnectionQueue(connectionId, batch, this.#options, (end) => {
        this.#queues.delete(connectionId);
        if (end === 'gone') this.#options.onGone(connectionId);
      });
      this.#queues.set(connectionId, queue);
    }
    queue.push(event);
  }

  /** Events not delivered yet, over all connections. */
  get pending(): number {
    let sum = 0;
    for (const queue of this.#queues.values()) sum += queue.length;
    return sum;
  }

  /** Waits until everything is delivered or `timeoutMs` have passed, then drops what is left. */
  async close(timeoutMs: number): Promise<void> {
    const queues = [...this.#queues.values()];
    const cancel = this.#options.clock.after(timeoutMs, () => {
      for (const queue of queues) queue.drop();
    });
    await Promise.all(queues.map((queue) => queue.ended));
    cancel();
  }
}
