import { command, type Run } from '../../lib/command/command.ts';
import { runOnEvery } from '../../lib/command/every-node.ts';
import { requireScope } from '../../lib/domain/access.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import { maxSubscriptions } from '../../lib/store/subscriptions.ts';

/** Asks for events: kept with the connection, and told to every live node, so that all of them send what it wants. */
export const run: Run<'event/subscribe'> = async (call) => {
  requireScope(call.caller, 'media:session');
  if (!(await call.subscriptions.add(call.caller, call.data, call.clock.nowMs()))) {
    throw new PatchbayError('rate_limited', `a connection has at most ${maxSubscriptions} subscriptions`);
  }
  await runOnEvery(call);
  return {};
};

export const handler = command('event/subscribe', run);
