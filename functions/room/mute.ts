import { command, type Run } from '../../lib/command/command.ts';
import { runOnRoom } from '../../lib/command/on-node.ts';

/** Mutes or unmutes a member for the whole room. Doing it again changes nothing. */
export const run: Run<'room/mute'> = (call) => runOnRoom(call, call.data.room_id);

export const handler = command('room/mute', run);
