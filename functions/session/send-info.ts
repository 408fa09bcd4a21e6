import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** Sends an `info` event to all who get the events of a session. */
export const run: Run<'session/send_info'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/send_info', run);
