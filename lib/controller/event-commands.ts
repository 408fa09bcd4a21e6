import { requireScope } from '../domain/access.ts';
import type { Subscription } from '../protocol/event.ts';
import type { Handlers } from './order.ts';
import type { LiveSession } from './session/live-session.ts';
import type { Sessions } from './session/sessions.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What the node does for each command of `subclass: "event"`. */
export const eventCommands = (sessions: Sessions, subscriptions: Subscriptions): Handlers<'event'> => ({
  'event/subscribe': async ({ caller, data }) => {
    requireScope(caller, 'media:session');
    subscriptions.add(caller, data);
    return {};
  },
  'event/unsubscribe': async ({ caller, data }) => {
    subscriptions.remove(caller.connectionId, data);
    if (data.subclass === 'session' && data.type === '*') {
      for (const session of sessions.subscribedBy(caller.connectionId)) {
        if (session.spec.sessionId === data.obj_id) session.voice.subscribers.delete(caller.connectionId);
      }
    }
    return {};
  },
  'event/get_subscriptions': async ({ caller }) => {
    const own = sessions.subscribedBy(caller.connectionId).map(ownSubscription);
    return { subscriptions: [...subscriptions.of(caller.connectionId), ...own] };
  },
});

const ownSubscription = ({ spec }: LiveSession): Subscription => ({
  class: 'media',
  subclass: 'session',
  type: '*',
  obj_id: spec.sessionId,
});
