import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** Trickles candidates. One that overtakes its session's `create` waits up to 2 s for it. */
export const run: Run<'session/set_candidate'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/set_candidate', run);
