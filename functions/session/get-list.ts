import { command, type Run } from '../../lib/command/command.ts';
import { listPage } from '../../lib/command/list-page.ts';

/** A page of the caller's sessions, as the nodes tell, who hold every live one. */
export const run: Run<'session/get_list'> = async (call) => {
  const { lines, ...more } = await listPage(
    call,
    ({ sessions }) => sessions,
    ({ session_id }) => session_id,
  );
  return { sessions: lines, ...more };
};

export const handler = command('session/get_list', run);
