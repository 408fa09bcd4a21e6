import type { Subscription } from '../protocol/event.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import { type Caller, isAdmin } from './access.ts';

/** What an event is about: whose it is. A room is its creator's, and that of all who are in it. */
export interface Subject {
  readonly tenant: string;
  readonly users: ReadonlySet<string>;
}

/** Events reach one's own objects; an administrator, the whole tenant. docs/protocol.md#identity-and-access. */
export const mayHear = (caller: Caller, { tenant, users }: Subject): boolean =>
  caller.tenant === tenant && (isAdmin(caller) || users.has(caller.userId));

/** Whether a subscription asks for an event. */
export const wants = ({ subclass, type, obj_id }: Subscription, event: PatchbayEvent): boolean =>
  subclass === event.subclass && (type === '*' || type === event.type) && (obj_id === '*' || obj_id === event.obj_id);
