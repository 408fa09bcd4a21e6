import { type Caller, requireControl } from '../../domain/access.ts';
import { capabilities } from '../../domain/capabilities.ts';
import type { CommandData } from '../../protocol/commands.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { SetTypeReply } from '../../protocol/session.ts';
import type { Rooms } from '../room/rooms.ts';
import type { LiveSession } from './live-session.ts';
import type { Sessions } from './sessions.ts';
import type { TypeWish } from './type-change.ts';
import { typeFields } from './view.ts';

/** A `set_type`, and who asks. */
export interface TypeOrder {
  readonly caller: Caller;
  readonly data: CommandData<'session/set_type'>;
  readonly requestId: string;
}

/**
 * `session/set_type`: on Janus a `listen` session may become one of another publisher of the same room, on FreeSWITCH any
 * type any other.
 *
 * @throws PatchbayError incompatible_session, missing_field, invalid_publisher, unknown_peer, invalid_state; whatever the
 *   room refuses, or the engine
 */
export async function setType(
  session: LiveSession,
  order: TypeOrder,
  sessions: Sessions,
  rooms: Rooms,
): Promise<SetTypeReply> {
  const { data } = order;
  const { backend } = session.spec.binding;
  if (session.type === 'listen' && data.type === 'listen') return listenTo(session, order, sessions);
  const isAble = capabilities.some((row) => row.backend === backend.kind && row.type === data.type);
  if (!isAble || !session.media.engine.changeType) {
    throw new PatchbayError(
      'incompatible_session',
      `${backend.kind} cannot make ${data.type} of a ${session.type} session`,
    );
  }
  const wish = await wishOf(session, order, sessions, rooms);
  await session.wishes.set(wish);
  return wishFields(wish);
}

async function listenTo(session: LiveSession, { caller, data }: TypeOrder, sessions: Sessions): Promise<SetTypeReply> {
  const { publisher_id, room_id } = data;
  if (publisher_id === undefined) throw new PatchbayError('missing_field', 'data.publisher_id is missing');
  const publisher = sessions.publisher(caller, publisher_id);
  const { room } = session;
  if (publisher.room !== room || (room_id !== undefined && room_id !== room?.spec.roomId)) {
    throw new PatchbayError('incompatible_session', `data.publisher_id: ${publisher_id} is in another room`);
  }
  await session.listenTo(publisher);
  return { ...typeFields(session), publisher_id };
}

async function wishOf(
  session: LiveSession,
  { caller, data, requestId }: TypeOrder,
  sessions: Sessions,
  rooms: Rooms,
): Promise<TypeWish> {
  const { backend } = session.spec.binding;
  const { stop_after_peer: stopAfterPeer, peer_id } = data;
  switch (data.type) {
    case 'mcu': {
      const seat = await rooms.seat(caller, { ...data, type: 'mcu', engine: backend }, requestId);
      if (seat.room.spec.backend === backend) return { type: 'mcu', seat, stopAfterPeer };
      seat.giveBack();
      throw elsewhere(`room ${seat.room.spec.roomId}`);
    }
    case 'bridge': {
      if (peer_id === undefined) throw new PatchbayError('missing_field', 'data.peer_id is missing');
      const peer = sessions.find(caller, peer_id);
      if (!peer) throw new PatchbayError('unknown_peer', `data.peer_id: no session ${peer_id}`);
      if (peer === session) throw new PatchbayError('invalid_value', 'data.peer_id is the session itself');
      requireControl(caller, { tenant: caller.tenant, userId: peer.ownership.userId }, peer_id);
      if (peer.spec.binding.backend !== backend) throw elsewhere(`session ${peer_id}`);
      return { type: 'bridge', peer, stopAfterPeer };
    }
    default:
      return { type: data.type === 'echo' ? 'echo' : 'park', stopAfterPeer };
  }
}

/** What it is going to be, also while that waits. */
function wishFields(wish: TypeWish): SetTypeReply {
  if (wish.type === 'bridge') return { peer_id: wish.peer.spec.sessionId };
  if (wish.type !== 'mcu') return {};
  const { roomId, profile } = wish.seat.room.spec;
  return { room_id: roomId, ...(profile !== undefined && { room_type: profile }) };
}

const elsewhere = (what: string) => new PatchbayError('different_mediaserver', `${what} is on another media server`);
