import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** Starts, stops and lists recordings of a session. */
export const run: Run<'session/recorder_action'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/recorder_action', run);
