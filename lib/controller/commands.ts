import { eventCommands } from './event-commands.ts';
import type { RawOrder } from './http.ts';
import type { Handlers, NodeCommand } from './order.ts';
import { roomCommands } from './room/commands.ts';
import type { Rooms } from './room/rooms.ts';
import { sessionCommands } from './session/commands.ts';
import type { Sessions } from './session/sessions.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What the node does for each command of the table. */
export const commandHandlers = (
  sessions: Sessions,
  rooms: Rooms,
  subscriptions: Subscriptions,
): Handlers<'session' | 'room' | 'event'> => ({
  ...sessionCommands(sessions, rooms),
  ...roomCommands(rooms),
  ...eventCommands(sessions, subscriptions),
});

/** `order.data` was checked by the schema of this very command. */
export function runCommand(
  handlers: ReturnType<typeof commandHandlers>,
  command: NodeCommand,
  order: RawOrder,
): Promise<unknown> {
  const run = handlers[command] as (order: RawOrder) => Promise<unknown>;
  return run(order);
}
