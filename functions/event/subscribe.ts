import { command, type Run } from '../../lib/command/command.ts';
import { runOnEvery } from '../../lib/command/every-node.ts';

/** Asks for events: kept with the connection, and told to every live node, so that all of them send what it wants. */
export const run: Run<'event/subscribe'> = async (call) => {
  await call.subscriptions.add(call.caller, call.data, call.clock.nowMs());
  await runOnEvery(call);
  return {};
};

export const handler = command('event/subscribe', run);
