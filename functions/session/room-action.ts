import { command, type Run } from '../../lib/command/command.ts';
import { runOnSession } from '../../lib/command/on-node.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';

/** Acts on the room that a session is in. A room named without a session is looked up: this release has none. */
export const run: Run<'session/room_action'> = async (call) => {
  const { session_id, room_id } = call.data;
  if (session_id === undefined && room_id !== undefined)
    throw new PatchbayError('room_not_found', `no room ${room_id}`);
  return runOnSession(call, session_id);
};

export const handler = command('session/room_action', run);
