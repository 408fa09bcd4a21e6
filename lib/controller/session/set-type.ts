import type { Caller } from '../../domain/access.ts';
import type { CommandData } from '../../protocol/commands.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { SetTypeReply } from '../../protocol/session.ts';
import type { LiveSession } from './live-session.ts';
import type { Sessions } from './sessions.ts';
import { typeFields } from './view.ts';

/**
 * `session/set_type`: on Janus a `listen` session may become one of another publisher of the same room.
 *
 * @throws PatchbayError incompatible_session, missing_field, invalid_publisher, invalid_state; or what the engine refused
 */
export async function setType(
  session: LiveSession,
  caller: Caller,
  data: CommandData<'session/set_type'>,
  sessions: Sessions,
): Promise<SetTypeReply> {
  const { type, publisher_id, room_id } = data;
  const { backend, room } = session.spec.binding;
  if (session.type !== 'listen' || type !== 'listen') {
    throw new PatchbayError('incompatible_session', `${backend.kind} cannot make ${type} of a ${session.type} session`);
  }
  if (publisher_id === undefined) throw new PatchbayError('missing_field', 'data.publisher_id is missing');
  const publisher = sessions.publisher(caller, publisher_id);
  const itsRoom = publisher.spec.binding.room;
  if (itsRoom !== room || (room_id !== undefined && room_id !== room?.spec.roomId)) {
    throw new PatchbayError('incompatible_session', `data.publisher_id: ${publisher_id} is in another room`);
  }
  await session.listenTo(publisher);
  return { ...typeFields(session), publisher_id };
}
