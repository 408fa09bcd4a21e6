import { command, type Run } from '../../lib/command/command.ts';
import { runOnRoom } from '../../lib/command/on-node.ts';

/** Arranges the picture of an `mcu` room. Doing it again changes nothing. */
export const run: Run<'room/layout'> = (call) => runOnRoom(call, call.data.room_id);

export const handler = command('room/layout', run);
