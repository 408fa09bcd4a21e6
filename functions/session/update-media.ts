import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** Mutes, unmutes or limits what the client sends; `applied` says what took effect. */
export const run: Run<'session/update_media'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/update_media', run);
