import { command, type Run } from '../../lib/command/command.ts';
import { runOnEvery } from '../../lib/command/every-node.ts';
import { requireScope } from '../../lib/domain/access.ts';

/** Asks for events no more; what was never asked for is no error. */
export const run: Run<'event/unsubscribe'> = async (call) => {
  requireScope(call.caller, 'media:session');
  await call.subscriptions.remove(call.caller.connectionId, call.data);
  await runOnEvery(call);
  return {};
};

export const handler = command('event/unsubscribe', run);
