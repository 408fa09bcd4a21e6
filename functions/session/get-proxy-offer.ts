import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';

/** What a `proxy` master made for the far side. */
export const run: Run<'session/get_proxy_offer'> = (call) => runOnSession(call, call.data.session_id);

export const handler = command('session/get_proxy_offer', run);
