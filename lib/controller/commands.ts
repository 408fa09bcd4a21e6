import { type Caller, requireScope } from '../domain/access.ts';
import { checkDescription } from '../domain/sdp.ts';
import type { Command, CommandData, CommandReply } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { Subscription } from '../protocol/event.ts';
import { limits } from '../protocol/limits.ts';
import type { LiveSession } from './live-session.ts';
import { sessionInfo } from './session-view.ts';
import { type Placed, requireRtpScope, type Sessions } from './sessions.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { Waiter } from './waiter.ts';

/** A command as a function sent it: `data` checked, the caller known. */
export interface Order<C extends Command> {
  readonly caller: Caller;
  readonly data: CommandData<C>;
  readonly requestId: string;
  /** For `session/create`: what the function decided. */
  readonly placed: Placed | undefined;
  /** For lists: the last id of the page before. */
  readonly after: string;
  /** To be called once it is sure that the command is carried out, while its result is yet to come. */
  readonly accepted: () => void;
}

/** What functions do alone. */
type WithoutNode = 'node/get_list';
export type NodeCommand = Exclude<Command, WithoutNode>;
type Handlers = { readonly [C in NodeCommand]: (order: Order<C>) => Promise<CommandReply<C>> };

/** How many sessions `attach` takes over at once: their lines stay far under a page. */
const attachPage = 100;

/** What the node does for each command of the table. */
export function commandHandlers(sessions: Sessions, subscriptions: Subscriptions): Handlers {
  return {
    'session/create': async ({ caller, data, placed, requestId, accepted }) => {
      if (!placed) throw new PatchbayError('internal_error', 'a create came without its placement');
      const session = await sessions.create(caller, data, placed, requestId);
      accepted();
      // Before the wait: a token that an `attach` gives in the meantime is the one that counts.
      const resume_token = session.ownership.newToken();
      const { offer, answer } = session.negotiation;
      const side = data.offer ? 'answer' : 'offer';
      const description = data.wait_reply ? await inTime(side === 'answer' ? answer.known : offer.known) : undefined;
      return {
        session_id: session.spec.sessionId,
        resume_token,
        seq: session.seq,
        ...(description && { [side]: description }),
      };
    },
    'session/destroy': async ({ caller, data }) => {
      const session = sessions.controlled(caller, data.session_id);
      const own = session.ownership.userId === caller.userId;
      await session.stop(new PatchbayError(own ? 'user_stop' : 'api_stop', data.reason));
      return {};
    },
    'session/get_info': async ({ caller, data }) => sessionInfo(sessions.controlled(caller, data.session_id)),
    'session/get_list': async ({ caller, data, after }) => {
      const { sessions: page, more } = sessions.list(caller, data, after);
      return { sessions: page, ...(more && { cursor: page.at(-1)?.session_id }) };
    },
    'session/get_answer': async ({ caller, data }) => {
      const { answer } = sessions.controlled(caller, data.session_id).negotiation;
      return { answer: await answer.known.wait(data.timeout * 1000) };
    },
    'session/get_offer': async ({ caller, data }) => {
      const { offer } = sessions.controlled(caller, data.session_id).negotiation;
      return { offer: await offer.known.wait(data.timeout * 1000) };
    },
    'session/get_proxy_offer': async ({ caller, data }) => {
      throw onlyFor('proxy', sessions.controlled(caller, data.session_id));
    },
    'session/set_answer': async ({ caller, data }) => {
      const session = sessions.controlled(caller, data.session_id);
      checkDescription(data.answer, 'data.answer');
      requireRtpScope(caller, data.answer.sdp_type);
      await session.setAnswer(data.answer);
      return {};
    },
    'session/set_candidate': async ({ caller, data }) => {
      const { session_id, candidates, candidate, ...line } = data;
      const session = sessions.controlled(caller, session_id);
      const all = candidates ?? [{ ...line, candidate: candidate ?? '' }];
      const real = all.filter((one) => one.candidate !== '');
      if (real.length > 0) await session.addCandidates(real);
      // Browsers say that there are no more by an empty one.
      if (real.length < all.length) await session.endCandidates();
      return {};
    },
    'session/set_candidate_end': async ({ caller, data }) => {
      await sessions.controlled(caller, data.session_id).endCandidates();
      return {};
    },
    'session/set_type': async ({ caller, data }) => {
      const { spec } = sessions.controlled(caller, data.session_id);
      throw new PatchbayError(
        'incompatible_session',
        `${spec.backend.kind} cannot make ${data.type} of a ${spec.data.type} session`,
      );
    },
    'session/update_media': async ({ caller, data }) => {
      const { session_id, ...change } = data;
      return { applied: await sessions.controlled(caller, session_id).updateMedia(change) };
    },
    'session/recorder_action': async ({ caller, data }) => {
      const { spec } = sessions.controlled(caller, data.session_id);
      if (data.action === 'get_actions') return { actions: ['get_actions', 'list'] };
      if (data.action === 'list') return { recordings: [] };
      if (data.action === 'stop') throw new PatchbayError('no_active_recorder');
      if (spec.backend.kind === 'p2p') throw notHeld('record', spec.data.type);
      throw new PatchbayError('not_implemented', 'recording is not part of this release');
    },
    'session/room_action': async ({ caller, data }) => {
      const session = sessions.controlled(caller, data.session_id);
      if (data.action === 'get_actions') return { actions: ['get_actions'] };
      throw new PatchbayError('no_active_room', `session ${session.spec.sessionId} is in no room`);
    },
    'session/player_action': async ({ caller, data }) => {
      sessions.controlled(caller, data.session_id);
      if (data.action === 'get_actions') return { actions: ['get_actions'] };
      throw new PatchbayError('no_active_player');
    },
    'session/send_info': async ({ caller, data }) => {
      await sessions.controlled(caller, data.session_id).sendInfo(data.info, data.data ?? {});
      return {};
    },
    'session/attach': async ({ caller, data, after }) => {
      const { session_id, resume_token, since } = data;
      if (session_id !== undefined) {
        return { sessions: [await sessions.attach(caller, session_id, resume_token, since)] };
      }
      const { ids, more } = sessions.owned(caller, after, attachPage);
      const taken = await Promise.allSettled(ids.map((id) => sessions.attach(caller, id, undefined, since)));
      // One that ended while it was its turn has told so by its own event.
      const attached = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      return { sessions: attached, ...(more && { cursor: ids.at(-1) }) };
    },
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
  };
}

/** With `wait_reply`, a create whose answer or offer takes too long is answered without it: the session lives on. */
async function inTime<T>(waiter: Waiter<T>): Promise<T | undefined> {
  try {
    return await waiter.wait(limits.waitSeconds * 1000);
  } catch (error) {
    if (error instanceof PatchbayError && error.reason === 'timeout') return undefined;
    throw error;
  }
}

const ownSubscription = ({ spec }: LiveSession): Subscription => ({
  class: 'media',
  subclass: 'session',
  type: '*',
  obj_id: spec.sessionId,
});

const onlyFor = (type: string, { spec }: LiveSession) =>
  new PatchbayError('invalid_operation', `session ${spec.sessionId} is ${spec.data.type}, not ${type}`);
const notHeld = (what: string, type: string) =>
  new PatchbayError('invalid_operation', `patchbay cannot ${what} a ${type} session: its media does not come by`);
