import type { Caller } from '../domain/access.ts';
import { mayHear, type Subject, wants } from '../domain/audience.ts';
import type { Subscription } from '../protocol/event.ts';
import type { PatchbayEvent } from '../protocol/events.ts';

interface Subscriber {
  readonly caller: Caller;
  readonly wanted: Map<string, Subscription>;
}

/**
 * What connections asked for by `event/subscribe`. Every node has them all, so that a session's events find their
 * subscribers wherever it lives. Events reach one's own sessions; an administrator, the whole tenant:
 * docs/protocol.md#identity-and-access.
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
      if (!mayHear(caller, subject)) continue;
      if ([...wanted.values()].some((one) => wants(one, event))) yield caller;
    }
  }
}

export const keyOf = ({ subclass, type, obj_id }: Subscription): string => `${subclass}|${type}|${obj_id}`;
