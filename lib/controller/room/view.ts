import { isoTime } from '../../domain/clock.ts';
import { limits } from '../../protocol/limits.ts';
import type { RoomInfo, RoomMember, RoomSummary } from '../../protocol/room.ts';
import type { RoomRecord } from '../../store/rooms.ts';
import type { LiveRoom } from './live-room.ts';

/** What others get to see of a live room: the record, the lines of lists, `get_info`. */

export function roomRecord(room: LiveRoom): RoomRecord {
  const { roomId, nodeId, requestId, creator } = room.spec;
  return {
    tenant: creator.tenant,
    roomId,
    nodeId,
    requestId,
    userId: creator.userId,
    class: room.spec.class,
    backend: engineOf(room),
    createdAt: isoTime(room.createdAtMs),
  };
}

export const roomSummary = (room: LiveRoom): RoomSummary => ({
  room_id: room.spec.roomId,
  class: room.spec.class,
  backend: engineOf(room),
  members: room.members.seen.length,
  created_at: isoTime(room.createdAtMs),
});

/** The body of `created`: all that is known, but for the members. */
export function roomBody(room: LiveRoom): Omit<RoomInfo, 'members'> {
  const { roomId, nodeId, creator, options } = room.spec;
  return {
    room_id: roomId,
    class: room.spec.class,
    backend: engineOf(room),
    ...options,
    ...(room.layout !== undefined && { layout: room.layout }),
    status: room.status,
    user_id: creator.userId,
    node_id: nodeId,
    created_at: isoTime(room.createdAtMs),
  };
}

/** All that is known; `omitted` counts the members that would make the reply too large. */
export function roomInfo(room: LiveRoom): RoomInfo {
  const members: RoomMember[] = [];
  const { seen } = room.members;
  let bytes = 0;
  for (const member of seen) {
    bytes += Buffer.byteLength(JSON.stringify(member)) + 1;
    if (bytes > limits.pageBytes) break;
    members.push(member);
  }
  const omitted = seen.length - members.length;
  return { ...roomBody(room), members, ...(omitted > 0 && { omitted }) };
}

/** Rooms are on engines only. */
function engineOf({ spec }: LiveRoom): 'janus' | 'freeswitch' {
  return spec.backend.kind === 'freeswitch' ? 'freeswitch' : 'janus';
}
