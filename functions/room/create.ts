import { type CommandCall, command, type Run } from '../../lib/command/command.ts';
import { FreeNodes, mayHaveHeard } from '../../lib/command/free-nodes.ts';
import { nodeOfRoom, runOn } from '../../lib/command/on-node.ts';
import { requireRoom, requireScope } from '../../lib/domain/access.ts';
import { roomBackends } from '../../lib/domain/capabilities.ts';
import type { Node } from '../../lib/domain/placement.ts';

/**
 * Chooses a node that can keep the room and makes it there. Where a room of this id is already, its node says so, or,
 * if this very request made it, what came of that: nodes keep results by request id. A node that may have heard of the
 * room is not passed over: there would be two, or, of an id that the client chose, the first would keep the second out.
 */
export const run: Run<'room/create'> = async (call) => {
  const { caller, data } = call;
  requireScope(caller, 'media:room');
  requireRoom(caller, data.room_id);
  const free = new FreeNodes(call, roomBackends(data.class, data.backend));
  const keeper = await keeperOf(call);
  if (keeper) return runOn(call, keeper);
  for (;;) {
    const node = await free.next();
    try {
      return await runOn(call, node);
    } catch (error) {
      if (mayHaveHeard(error)) throw error;
      free.passOver(node, error);
    }
  }
};

/** The node that has a room of this id already. */
const keeperOf = async (call: CommandCall<'room/create'>): Promise<Node | undefined> =>
  call.data.room_id === undefined ? undefined : nodeOfRoom(call, call.data.room_id);

export const handler = command('room/create', run);
