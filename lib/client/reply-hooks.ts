import type { Command, CommandInput, CommandReply } from '../protocol/commands.ts';
import { type AttachParts, adopt } from './attach.ts';
import type { Connection } from './connection.ts';

/** What is to be done before a request goes out, and with what that gives, when it has succeeded. */
export type ReplyHooks = {
  readonly [C in Command]?: (data: CommandInput<C>) => (reply: CommandReply<C>, connection: Connection) => void;
};

/**
 * How a client learns, by its own requests, which sessions and subscriptions it has.
 *
 * @param release for a session that it has no more
 */
export function replyHooks(parts: AttachParts, release: (sessionId: string) => void): ReplyHooks {
  const { sessions, order, subscriptions } = parts;
  return {
    'session/create': ({ session_id, subscribe = true }) => {
      // An earlier session of that id is another one.
      if (session_id !== undefined) order.forget(session_id);
      return (made, connection) => {
        // Its end, or an attach with a newer token, may have overtaken the reply.
        if (order.isOver(made.session_id) || sessions.get(made.session_id)) return;
        sessions.put(made.session_id, made.resume_token, connection, subscribe);
        if (subscribe) order.follow(made.session_id, 0);
      };
    },
    'session/attach':
      ({ since }) =>
      (reply, connection) => {
        for (const line of reply.sessions) adopt(parts, connection, line, since);
      },
    // Others tell of their end by an event.
    'session/destroy':
      ({ session_id }) =>
      () => {
        if (session_id !== undefined && sessions.get(session_id)?.isHeard === false) release(session_id);
      },
    'event/subscribe': (filter) => () => subscriptions.add(filter),
    'event/unsubscribe': (filter) => () => {
      subscriptions.delete(filter);
      const { subclass, type = '*', obj_id = '*' } = filter;
      const session = subclass === 'session' && type === '*' ? sessions.get(obj_id) : undefined;
      if (!session) return;
      session.isHeard = false;
      order.unfollow(session.sessionId);
    },
  };
}
