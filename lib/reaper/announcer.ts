import { backoffMs } from '../domain/backoff.ts';
import type { Log } from '../domain/log.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import { busEntry } from '../push/bus-detail.ts';
import type { BusSender } from '../push/bus-sender.ts';

/** Some seconds, of which a run has not many. */
const maxTries = 4;
const backoff = { baseMs: 200, maxMs: 2000 };

/** Tells the event bus what ended: whoever bills by it must not take a lost call for one that goes on. */
export class Announcer {
  readonly #sender: BusSender;
  readonly #log: Log;
  readonly #random: () => number;

  constructor(sender: BusSender, log: Log, random: () => number) {
    this.#sender = sender;
    this.#log = log;
    this.#random = random;
  }

  async announce(tenant: string, event: PatchbayEvent): Promise<void> {
    const entry = busEntry(tenant, event);
    if (!entry) return;
    let why: unknown;
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      try {
        const [refusal] = await this.#sender.put([entry]);
        if (refusal === undefined) return;
        why = refusal;
      } catch (error) {
        why = error;
      }
      const waitMs = backoffMs(attempt, backoff.baseMs, backoff.maxMs, this.#random);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    this.#log.error({ err: why, obj_id: event.obj_id }, 'events dropped: the end of a lost session is not on the bus');
  }
}
