import { command, type Run } from '../../lib/command/command.ts';
import { runOnRoom } from '../../lib/command/on-node.ts';

/** Ends a room, and with it the sessions of all its members. A second one finds it gone: `room_not_found`. */
export const run: Run<'room/destroy'> = (call) => runOnRoom(call, call.data.room_id);

export const handler = command('room/destroy', run);
