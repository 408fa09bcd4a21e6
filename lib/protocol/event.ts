import * as z from 'zod/mini';
import { objectId } from './ids.ts';

/** The schemas of `subclass: "event"`: what events a connection gets. docs/protocol.md#events. */

const any = '*';

export const subscription = z.strictObject({
  class: z._default(z.literal('media'), 'media'),
  subclass: z.enum(['session', 'room']),
  type: z._default(z.string().check(z.regex(/^(\*|[a-z_]{1,32})$/, 'must be a type of event, or *')), any),
  obj_id: z._default(z.union([z.literal(any), objectId]), any),
});
/** Which events: `*` stands for all. */
export type Subscription = z.output<typeof subscription>;

export const noData = z.strictObject({});
export const subscriptionsReply = z.object({ subscriptions: z.array(subscription) });
