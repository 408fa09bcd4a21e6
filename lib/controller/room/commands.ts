import { PatchbayError } from '../../protocol/errors.ts';
import type { Handlers } from '../order.ts';
import type { LiveSession } from '../session/live-session.ts';
import type { LiveRoom } from './live-room.ts';
import type { Rooms } from './rooms.ts';
import { roomInfo } from './view.ts';

/** What the node does for each command of `subclass: "room"`. */
export const roomCommands = (rooms: Rooms): Handlers<'room'> => ({
  'room/create': async ({ caller, data, requestId, accepted }) => {
    const room = await rooms.create(caller, data, requestId);
    accepted();
    return { room_id: room.spec.roomId };
  },
  'room/destroy': async ({ caller, data }) => {
    await rooms.moderated(caller, data.room_id).stop(new PatchbayError('room_destroyed', data.reason));
    return {};
  },
  'room/get_info': async ({ caller, data }) => roomInfo(rooms.find(caller, data.room_id)),
  'room/get_list': async ({ caller, data, after }) => {
    const { rooms: page, more } = rooms.list(caller, data, after);
    return { rooms: page, ...(more && { cursor: page.at(-1)?.room_id }) };
  },
  'room/kick': async ({ caller, data }) => {
    const room = rooms.moderated(caller, data.room_id);
    await kick(room, room.member(data.session_id));
    return {};
  },
  'room/mute': async ({ caller, data }) => {
    const { room_id, session_id, ...kinds } = data;
    const room = rooms.moderated(caller, room_id);
    await mute(room, room.member(session_id), kinds);
    return {};
  },
  'room/layout': async ({ caller, data }) => {
    await rooms.moderated(caller, data.room_id).setLayout(data.layout);
    return {};
  },
});

/** Ends a member's session. */
export const kick = (room: LiveRoom, member: LiveSession): Promise<void> =>
  member.stopIn(room, new PatchbayError('member_stop', `removed from room ${room.spec.roomId}`));

/** Mutes (true) or unmutes (false) a member for the whole room; what is left out stays. */
export async function mute(
  room: LiveRoom,
  member: LiveSession,
  { audio, video }: { readonly audio?: boolean | undefined; readonly video?: boolean | undefined },
): Promise<void> {
  await member.moderate({ ...(audio !== undefined && { audio }), ...(video !== undefined && { video }) }, room);
  room.setStatus({ class: 'mute', session_id: member.spec.sessionId, ...member.media.moderated });
}
