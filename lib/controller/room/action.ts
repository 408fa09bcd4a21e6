import { type Caller, requireAdmin, requireScope } from '../../domain/access.ts';
import type { CommandData, CommandReply } from '../../protocol/commands.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Sessions } from '../session/sessions.ts';
import { kick, mute } from './commands.ts';
import type { LiveRoom } from './live-room.ts';
import type { Rooms } from './rooms.ts';

type Data = CommandData<'session/room_action'>;

/** What can be done with a room by way of a session in it. */
const sfuActions = ['get_actions', 'kick', 'list', 'mute', 'unmute'];
const mcuActions = [...sfuActions, 'layout', 'record_start', 'record_stop'].sort();

/** `session/room_action`: acts on the room of a session, or on one that is named without a session. */
export async function roomAction(
  caller: Caller,
  data: Data,
  sessions: Sessions,
  rooms: Rooms,
): Promise<CommandReply<'session/room_action'>> {
  const { action } = data;
  const room = roomOf(caller, data, sessions, rooms);
  if (action === 'get_actions') return { actions: actionsOf(room) };
  if (!room) throw new PatchbayError('no_active_room', `session ${data.session_id} is in no room`);
  if (action === 'list') return { members: room.members.seen };
  requireScope(caller, 'media:room');
  if (!actionsOf(room).includes(action)) {
    const { roomId, class: roomClass } = room.spec;
    throw new PatchbayError('invalid_operation', `room ${roomId} is of class ${roomClass}: it has no ${action}`);
  }
  switch (action) {
    case 'layout':
      if (data.layout === undefined) throw new PatchbayError('missing_field', 'data.layout is missing');
      await room.setLayout(data.layout);
      return {};
    case 'record_start':
    case 'record_stop':
      requireAdmin(caller);
      return action === 'record_start' ? room.startRecording() : room.stopRecording();
    case 'kick':
      await kick(room, member(room, data));
      return {};
    case 'mute':
    case 'unmute':
      await mute(room, member(room, data), { audio: action === 'mute' });
      return {};
  }
}

const actionsOf = (room: LiveRoom | undefined): string[] =>
  room ? (room.spec.class === 'mcu' ? mcuActions : sfuActions) : ['get_actions'];

function roomOf(caller: Caller, { session_id, room_id }: Data, sessions: Sessions, rooms: Rooms): LiveRoom | undefined {
  if (session_id === undefined && room_id !== undefined) return rooms.find(caller, room_id);
  const { room } = sessions.controlled(caller, session_id);
  if (room && room_id !== undefined && room_id !== room.spec.roomId) {
    throw new PatchbayError('invalid_parameters', `data.room_id: the session is in room ${room.spec.roomId}`);
  }
  return room;
}

function member(room: LiveRoom, { member_id, session_id }: Data) {
  const id = member_id ?? session_id;
  if (id === undefined) throw new PatchbayError('missing_field', 'data.member_id is missing');
  return room.member(id);
}
