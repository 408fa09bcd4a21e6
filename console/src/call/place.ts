import { roomName } from '../rooms/room-name.ts';
import { shortId } from '../shell/short-id.ts';

/** What a session is, and with whom or where: its type, and what its type is tied to. */
export interface Place {
  readonly type: string;
  readonly roomId: string | undefined;
  /** The other end of a bridge, or the publisher that is heard. */
  readonly otherId: string | undefined;
}

/** By the body of a session's `created` or `type`. */
export function readPlace(body: Readonly<Record<string, unknown>>): Place {
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : undefined);
  return { type: text('type') ?? '', roomId: text('room_id'), otherId: text('peer_id') ?? text('publisher_id') };
}

/** `park`, `mcu in lobby`, `bridge with 0c0ffee0`. */
export function placeName({ type, roomId, otherId }: Place): string {
  if (otherId !== undefined) return `${type} ${type === 'listen' ? 'to' : 'with'} ${shortId(otherId)}`;
  return roomId === undefined ? type : `${type} in ${roomName(roomId)}`;
}

export const isSamePlace = (one: Place, other: Place | undefined): boolean =>
  one.type === other?.type && one.roomId === other.roomId && one.otherId === other.otherId;
