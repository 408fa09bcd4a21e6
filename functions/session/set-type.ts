import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** Makes another type of a live session, where its engine can. */
export const run: Run<'session/set_type'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/set_type', run);
