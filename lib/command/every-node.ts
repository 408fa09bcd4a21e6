import { isReachable } from '../domain/placement.ts';
import type { Command, CommandReply } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { CommandCall } from './command.ts';
import { runOn } from './on-node.ts';

/** A node that hangs must not hold up what all the others have done. */
const resultMs = 3000;

/** Hands a command on to every live node. One that cannot be reached is passed over: it reads the record when it starts. */
export async function runOnEvery<C extends Command>(call: CommandCall<C>): Promise<CommandReply<C>[]> {
  const nodes = (await call.directory.list()).filter((node) => isReachable(node, call.clock.nowMs()));
  const results = await Promise.allSettled(nodes.map((node) => runOn(call, node, { resultMs })));
  for (const result of results) {
    if (result.status === 'fulfilled') continue;
    const { reason } = result;
    // What one node refuses, all refuse; a fault of its own is no reason to keep the others from it.
    if (reason instanceof PatchbayError && reason.reason !== 'internal_error') throw reason;
    call.log.warn({ err: reason, command: call.command }, 'node not told');
  }
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}
