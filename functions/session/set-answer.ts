import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** Gives a session its answer; for a slave also its master's. */
export const run: Run<'session/set_answer'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/set_answer', run);
