import { command, type Run } from '../../lib/command/command.ts';
import { listPage } from '../../lib/command/list-page.ts';

/** A page of the tenant's rooms, as the nodes tell, who hold every live one. */
export const run: Run<'room/get_list'> = async (call) => {
  const { lines, ...more } = await listPage(
    call,
    ({ rooms }) => rooms,
    ({ room_id }) => room_id,
  );
  return { rooms: lines, ...more };
};

export const handler = command('room/get_list', run);
