import { command, type Run } from '../../lib/command/command.ts';
import { runOnEvery } from '../../lib/command/every-node.ts';
import type { Subscription } from '../../lib/protocol/event.ts';

/** What this connection asked for, and the sessions whose events it gets because they are its own. */
export const run: Run<'event/get_subscriptions'> = async (call) => {
  const fromNodes = (await runOnEvery(call)).flatMap(({ subscriptions }) => subscriptions);
  const all = [...(await call.subscriptions.of(call.caller.connectionId)), ...fromNodes];
  const byKey = new Map<string, Subscription>(
    all.map((one) => [`${one.subclass} ${one.type} ${one.obj_id}`, one] as const),
  );
  return { subscriptions: [...byKey.values()] };
};

export const handler = command('event/get_subscriptions', run);
