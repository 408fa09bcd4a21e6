import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** All that is known of a session, from the node that holds it. */
export const run: Run<'session/get_info'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/get_info', run);
