import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** Waits on the session's node until its offer is there. Many may wait; each is answered once. */
export const run: Run<'session/get_offer'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/get_offer', run);
