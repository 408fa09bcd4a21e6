import type { Caller } from '../domain/access.ts';
import type { Command, CommandData, CommandReply } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { sessionInfo } from './session-view.ts';
import type { Placed, Sessions } from './sessions.ts';

/** A command as a function sent it: `data` checked, the caller known. */
export interface Order<C extends Command> {
  readonly caller: Caller;
  readonly data: CommandData<C>;
  /** For `session/create`: what the function decided. */
  readonly placed: Placed | undefined;
  /** For lists: the last id of the page before. */
  readonly after: string;
}

type Handlers = { readonly [C in Command]: (order: Order<C>) => Promise<CommandReply<C>> };

/** What the node does for each command of the table. */
export function commandHandlers(sessions: Sessions): Handlers {
  return {
    'session/create': async ({ caller, data, placed }) => {
      if (!placed) throw new PatchbayError('internal_error', 'a create came without its placement');
      const { session, resumeToken } = await sessions.create(caller, data, placed);
      const answer = data.wait_reply && data.offer ? await answerInTime(session.answer) : undefined;
      return {
        session_id: session.spec.sessionId,
        resume_token: resumeToken,
        seq: session.seq,
        ...(answer && { answer }),
      };
    },
    'session/destroy': async ({ caller, data }) => {
      const session = sessions.controlled(caller, data.session_id);
      const own = session.spec.owner.userId === caller.userId;
      await session.stop(new PatchbayError(own ? 'user_stop' : 'api_stop', data.reason));
      return {};
    },
    'session/get_info': async ({ caller, data }) => sessionInfo(sessions.controlled(caller, data.session_id)),
    'session/get_list': async ({ caller, data, after }) => {
      const { sessions: page, more } = sessions.list(caller, data, after);
      return { sessions: page, ...(more && { cursor: page.at(-1)?.session_id }) };
    },
    'session/get_answer': async ({ caller, data }) => {
      const session = sessions.controlled(caller, data.session_id);
      return { answer: await session.answer.wait(data.timeout * 1000) };
    },
    'session/update_media': async ({ caller, data }) => {
      const { session_id, ...change } = data;
      return { applied: await sessions.controlled(caller, session_id).updateMedia(change) };
    },
  };
}

/** With `wait_reply`, a create whose answer takes too long is answered without it: the session lives on. */
async function answerInTime(answer: {
  wait(timeoutMs: number): Promise<CommandReply<'session/get_answer'>['answer']>;
}) {
  try {
    return await answer.wait(limits.waitSeconds * 1000);
  } catch (error) {
    if (error instanceof PatchbayError && error.reason === 'timeout') return undefined;
    throw error;
  }
}
