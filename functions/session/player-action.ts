import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** Acts on what is played to a session. */
export const run: Run<'session/player_action'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/player_action', run);
