import { command, type Run } from '../../lib/command/command.ts';
import { runOnRoom } from '../../lib/command/on-node.ts';

/** All that is known of a room, and who is in it. */
export const run: Run<'room/get_info'> = (call) => runOnRoom(call, call.data.room_id);

export const handler = command('room/get_info', run);
