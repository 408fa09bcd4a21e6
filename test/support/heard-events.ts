import type { PatchbayClient, PatchbayEvent } from '../../lib/client/index.ts';
import { until } from './until.ts';

/** The events that clients got, to be looked at by session. */
export class HeardEvents {
  readonly #events: PatchbayEvent[] = [];

  constructor(...clients: readonly PatchbayClient[]) {
    for (const client of clients) client.onEvent((event) => this.#events.push(event));
  }

  of(sessionId: string): PatchbayEvent[] {
    return this.#events.filter(({ obj_id }) => obj_id === sessionId);
  }

  /** The bodies of a session's statuses of one class. */
  statuses(sessionId: string, name: string): Record<string, unknown>[] {
    return this.of(sessionId)
      .filter(({ type, body }) => type === 'status' && body.class === name)
      .map(({ body }) => body);
  }

  /** What is told of a session's recordings, once it is so many statuses. */
  recordings(sessionId: string, count: number): Promise<Record<string, unknown>[]> {
    const told = () => this.statuses(sessionId, 'recording');
    return until(`${count} statuses of recordings`, () => told().length >= count && told());
  }

  /** The first event, past or to come, of this type. */
  event(sessionId: string, type: string): Promise<PatchbayEvent> {
    return until(`${type} of ${sessionId}`, () => this.of(sessionId).find((event) => event.type === type));
  }

  /** Waits until the session is over. Returns the reasons of every `destroyed` that came: one, if all is well. */
  async endings(sessionId: string): Promise<unknown[]> {
    await this.event(sessionId, 'destroyed');
    return this.of(sessionId)
      .filter(({ type }) => type === 'destroyed')
      .map(({ body }) => body.reason);
  }

  /** Waits until every session is over. Returns those whose events have a gap, or do not end with the one `destroyed`. */
  async faulty(): Promise<string[]> {
    const ids = () => [...new Set(this.#events.map(({ obj_id }) => obj_id))];
    const end = (id: string) => this.of(id).findIndex(({ type }) => type === 'destroyed');
    await until('every session is over', () => ids().every((id) => end(id) >= 0));
    return ids().filter((id) => {
      const events = this.of(id);
      return events.some(({ seq }, at) => seq !== at + 1) || end(id) !== events.length - 1;
    });
  }
}

/**
 * Sessions and rooms whose events have a gap, or that did not begin with the one `created` and end with the one
 * `destroyed`. An id may live several times, one life after another.
 */
export function faultyLives(events: readonly PatchbayEvent[]): string[] {
  return [...new Set(events.map(({ obj_id }) => obj_id))].filter((id) => {
    let next = 1;
    const isRight = events
      .filter(({ obj_id }) => obj_id === id)
      .every(({ seq, type }) => {
        const fits = seq === next && (type === 'created') === (seq === 1);
        next = type === 'destroyed' ? 1 : next + 1;
        return fits;
      });
    return !isRight || next !== 1;
  });
}
