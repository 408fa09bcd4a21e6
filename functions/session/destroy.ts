import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** Ends a session. A second one finds it gone: `session_not_found`. */
export const run: Run<'session/destroy'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/destroy', run);
