import { command, type Run } from '../../lib/command/command.ts';
import { runOnRoom, runOnSession } from '../../lib/command/on-node.ts';

/** Acts on the room that a session is in, or on one that is named without a session. */
export const run: Run<'session/room_action'> = (call) => {
  const { session_id, room_id } = call.data;
  return session_id === undefined && room_id !== undefined ? runOnRoom(call, room_id) : runOnSession(call, session_id);
};

export const handler = command('session/room_action', run);
