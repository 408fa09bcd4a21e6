import type { CommandInput } from '../protocol/commands.ts';

/** Which events: of a subclass, a type (all) and an object (all). */
export type EventFilter = CommandInput<'event/subscribe'>;

/** What this client asked for by `event/subscribe`: its next connection asks for it again. */
export class Subscriptions {
  readonly #filters = new Map<string, EventFilter>();

  add(filter: EventFilter): void {
    this.#filters.set(keyOf(filter), filter);
  }

  delete(filter: EventFilter): void {
    this.#filters.delete(keyOf(filter));
  }

  all(): EventFilter[] {
    return [...this.#filters.values()];
  }
}

const keyOf = ({ subclass, type = '*', obj_id = '*' }: EventFilter) => `${subclass} ${type} ${obj_id}`;
