import { systemClock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { type Patience, persistently } from '../domain/pause.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import { busEntry } from '../push/bus-detail.ts';
import type { BusSender } from '../push/bus-sender.ts';

/** Some seconds, of which a run has not many. */
const persistence = { tries: 4, baseMs: 200, maxMs: 2000 };

/** Tells the event bus what ended: whoever bills by it must not take a lost call for one that goes on. */
export class Announcer {
  readonly #sender: BusSender;
  readonly #log: Log;
  readonly #patience: Patience;

  constructor(sender: BusSender, log: Log, random: () => number) {
    this.#sender = sender;
    this.#log = log;
    // A run ends with its function: nothing else cuts it short.
    this.#patience = { clock: systemClock, random, signal: new AbortController().signal };
  }

  async announce(tenant: string, event: PatchbayEvent): Promise<void> {
    const entry = busEntry(tenant, event);
    if (!entry) return;
    const put = async () => {
      const [refusal] = await this.#sender.put([entry]);
      if (refusal !== undefined) throw new Error(refusal);
    };
    try {
      await persistently(put, persistence, this.#patience);
    } catch (err) {
      this.#log.error({ err, obj_id: event.obj_id }, 'events dropped: the end of a lost session is not on the bus');
    }
  }
}
