import { backoffMs } from '../domain/backoff.ts';
import type { Log } from '../domain/log.ts';
import type { EventMessage, PatchbayEvent } from '../protocol/events.ts';
import type { Poster } from '../push/poster.ts';

/** Tries of a connection that is busy: some seconds, of which a run has not many. */
const maxTries = 6;
const backoff = { baseMs: 100, maxMs: 2000 };

/** Tells connections what ended. */
export class Teller {
  readonly #poster: Poster;
  readonly #log: Log;
  readonly #random: () => number;

  constructor(poster: Poster, log: Log, random: () => number) {
    this.#poster = poster;
    this.#log = log;
    this.#random = random;
  }

  async tell(connectionIds: ReadonlySet<string>, event: PatchbayEvent): Promise<void> {
    const message: EventMessage = { class: 'core', cmd: 'event', data: event, tid: `${event.obj_id} lost` };
    const text = JSON.stringify(message);
    await Promise.all([...connectionIds].map((connectionId) => this.#post(connectionId, text)));
  }

  async #post(connectionId: string, text: string): Promise<void> {
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      const result = await this.#poster.post(connectionId, text);
      // One that is gone has nobody who would want to know.
      if (result === 'sent' || result === 'gone') return;
      if (result === 'refused') break;
      const waitMs = backoffMs(attempt, backoff.baseMs, backoff.maxMs, this.#random);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    this.#log.error({ connection_id: connectionId }, 'not told that its session was lost');
  }
}
