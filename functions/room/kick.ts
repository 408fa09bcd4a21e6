import { command, type Run } from '../../lib/command/command.ts';
import { runOnRoom } from '../../lib/command/on-node.ts';

/** Ends a member's session with `member_stop`. A second one finds the member gone: `member_not_found`. */
export const run: Run<'room/kick'> = (call) => runOnRoom(call, call.data.room_id);

export const handler = command('room/kick', run);
