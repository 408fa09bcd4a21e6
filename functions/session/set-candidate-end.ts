import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** Says that no more candidates follow; those that this message overtook are still taken for 1 s. */
export const run: Run<'session/set_candidate_end'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/set_candidate_end', run);
