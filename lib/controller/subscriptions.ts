import { type Caller, isAdmin } from '../domain/access.ts';
import type { Subscription } from '../protocol/event.ts';
import type { PatchbayEvent } from '../protocol/events.ts';

/** What an event is about: whose it is. A room is its creator's, and that of all who are in it. */
export interface Subject {
  readonly tenant: string;
  readonly users: ReadonlySet<string>;
}

interface Subscriber {
  readonly caller: Caller;
  readonly wanted: Map<string, Subscription>;
}

/**
 * What connections asked for by `event/subscribe`. Every node has them all, so that a session's events find their
 * subscribers wherever it lives. Events reach one's own sessions; an administrator, the whole tenant. PROTOCOL section 6.
 */
export class Subscriptions {
  readonly #subscribers = new Map<string, Subscriber>();

  /** How many connections asked for something. */
  get count(): number {
    return this.#subscribers.size;
  }

  add(caller: Caller, subscription: Subscription): void {
    let subscriber = this.#subscribers.get(caller.connectionId);
    if (!subscriber) {
      subscriber = { caller, wanted: new Map() };
      this.#subscribers.set(caller.connectionId, subscriber);
    }
    subscriber.wanted.set(keyOf(subscription), subscription);
  }

  remove(connectionId: string, subscription: Subscription): void {
    const subscriber = this.#subscribers.get(connectionId);
    subscriber?.wanted.delete(keyOf(subscription));
    if (subscriber?.wanted.size === 0) this.#subscribers.delete(connectionId);
  }

  connectionGone(connectionId: string): void {
    this.#subscribers.delete(connectionId);
  }

  of(connectionId: string): Subscription[] {
    return [...(this.#subscribers.get(connectionId)?.wanted.values() ?? [])];
  }

  /** Who asked for this event and may have it. */
  *match(event: PatchbayEvent, subject: Subject): Iterable<Caller> {
    for (const { caller, wanted } of this.#subscribers.values()) {
      if (caller.tenant !== subject.tenant || !(isAdmin(caller) || subject.users.has(caller.userId))) continue;
      if (wants(wanted.values(), event)) yield caller;
    }
  }
}

export const keyOf = ({ subclass, type, obj_id }: Subscription): string => `${subclass}|${type}|${obj_id}`;

function wants(wanted: Iterable<Subscription>, event: PatchbayEvent): boolean {
  for (const { subclass, type, obj_id } of wanted) {
    if (
      subclass === event.subclass &&
      (type === '*' || type === event.type) &&
      (obj_id === '*' || obj_id === event.obj_id)
    ) {
      return true;
    }
  }
  return false;
}
