import { checkDescription } from '../../domain/sdp.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Handlers } from '../order.ts';
import { roomAction } from '../room/action.ts';
import type { Rooms } from '../room/rooms.ts';
import { requireRtpScope } from './binding.ts';
import type { Sessions } from './sessions.ts';
import { setType } from './set-type.ts';
import { sessionInfo } from './view.ts';
import type { Waiter } from './waiter.ts';

/** How many sessions `attach` takes over at once: their lines stay far under a page. */
const attachPage = 100;

/** What the node does for each command of `subclass: "session"`. */
export const sessionCommands = (sessions: Sessions, rooms: Rooms): Handlers<'session'> => ({
  'session/create': async ({ caller, data, placed, requestId, accepted }) => {
    if (!placed) throw new PatchbayError('internal_error', 'a create came without its placement');
    const session = await sessions.create(caller, data, placed, requestId);
    accepted();
    // Before the wait: a token that an `attach` gives in the meantime is the one that counts.
    const resume_token = session.ownership.newToken();
    const { offer, answer } = session.negotiation;
    const side = session.spec.data.offer ? 'answer' : 'offer';
    const description = data.wait_reply ? await inTime(side === 'answer' ? answer.known : offer.known) : undefined;
    const { room } = session;
    return {
      session_id: session.spec.sessionId,
      resume_token,
      seq: session.voice.seq,
      // `room` is the older name of the same.
      ...(room && { room_id: room.spec.roomId, room: room.spec.roomId }),
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
  'session/get_proxy_offer': async ({ caller, data }) => ({
    offer: await sessions.controlled(caller, data.session_id).farOffer(),
  }),
  'session/set_answer': async ({ caller, data }) => {
    const session = sessions.controlled(caller, data.session_id);
    checkDescription(data.answer, 'data.answer');
    requireRtpScope(caller, data.answer.sdp_type);
    sessions.checkDestination(session.spec.binding.backend, data.answer, 'data.answer');
    await session.setAnswer(data.answer);
    return {};
  },
  'session/set_candidate': async ({ caller, data }) => {
    const { session_id, candidates, candidate, ...line } = data;
    const session = sessions.controlled(caller, session_id);
    const all = candidates ?? [{ ...line, candidate: candidate ?? '' }];
    const real = all.filter((one) => one.candidate !== '');
    sessions.checkCandidates(session.spec.binding.backend, real, candidates ? 'data.candidates' : 'data');
    if (real.length > 0) await session.addCandidates(real);
    // Browsers say that there are no more by an empty one.
    if (real.length < all.length) await session.endCandidates();
    return {};
  },
  'session/set_candidate_end': async ({ caller, data }) => {
    await sessions.controlled(caller, data.session_id).endCandidates();
    return {};
  },
  'session/set_type': async ({ caller, data, requestId }) =>
    setType(sessions.controlled(caller, data.session_id), { caller, data, requestId }, sessions, rooms),
  'session/update_media': async ({ caller, data }) => {
    const { session_id, ...change } = data;
    return { applied: await sessions.controlled(caller, session_id).updateMedia(change) };
  },
  'session/recorder_action': async ({ caller, data }) => {
    const session = sessions.controlled(caller, data.session_id);
    switch (data.action) {
      case 'start':
        return session.startRecording();
      case 'stop':
        return session.stopRecording();
      case 'list':
        return { recordings: session.recordings.list };
      case 'get_actions':
        return { actions: session.recordings.actions };
    }
  },
  'session/room_action': ({ caller, data }) => roomAction(caller, data, sessions, rooms),
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
});

/** With `wait_reply`, a create whose answer or offer takes too long is answered without it: the session lives on. */
async function inTime<T>(waiter: Waiter<T>): Promise<T | undefined> {
  try {
    return await waiter.wait(limits.waitSeconds * 1000);
  } catch (error) {
    if (error instanceof PatchbayError && error.reason === 'timeout') return undefined;
    throw error;
  }
}
