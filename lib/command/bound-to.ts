import { requireRoom, roomNotFound } from '../domain/access.ts';
import type { Node } from '../domain/placement.ts';
import { PatchbayError, type Reason } from '../protocol/errors.ts';
import { nodeOfId } from '../protocol/ids.ts';
import type { CreateData } from '../protocol/session.ts';
import type { CommandCall } from './command.ts';
import { nodeOf, nodeOfRoom } from './on-node.ts';

type CreateCall = CommandCall<'session/create'>;

/**
 * The node that a new session has to go to, because the session or room that it names is there; undefined: any node.
 *
 * @throws PatchbayError unknown_peer, invalid_publisher, room_not_found for what it names and is not there;
 *   unauthorized for a room outside of the caller's claim
 */
export async function boundTo(call: CreateCall): Promise<Node | undefined> {
  const other = namedSession(call.data);
  if (!other) return hasRoom(call.data) ? nodeOfItsRoom(call) : undefined;
  const node = await nodeOf(call, other.id);
  if (!node) throw new PatchbayError(other.reason, `data.${other.field}: no session ${other.id}`);
  return node;
}

/** Of another session that a session may name, the first counts. */
function namedSession(data: CreateData): { field: string; id: string; reason: Reason } | undefined {
  const { type, master_id, peer_id, publisher_id } = data;
  if (master_id !== undefined) return { field: 'master_id', id: master_id, reason: 'unknown_peer' };
  if (peer_id !== undefined) return { field: 'peer_id', id: peer_id, reason: 'unknown_peer' };
  if (type !== 'listen' || publisher_id === undefined) return undefined;
  return { field: 'publisher_id', id: publisher_id, reason: 'invalid_publisher' };
}

/** Whether it is of a type that is in a room by itself, not by another session. */
const hasRoom = ({ type }: CreateData) => type === 'publish' || type === 'mcu';

async function nodeOfItsRoom(call: CreateCall): Promise<Node | undefined> {
  const { type, room_id, create_room } = call.data;
  requireRoom(call.caller, room_id);
  if (room_id === undefined) return undefined;
  const node = await nodeOfRoom(call, room_id);
  if (node) return node;
  // An id that a server made is of a room that was: none is made by it again.
  const makesIt = (create_room || type === 'mcu') && nodeOfId(room_id) === undefined;
  if (!makesIt) throw roomNotFound(room_id);
  return undefined;
}

/**
 * The node that made the session's room while another was asked to, which refused therefore; undefined where that is not
 * why it failed. Its session was not bound: the room was not there.
 */
export async function wonTheRoom(call: CreateCall, error: unknown): Promise<Node | undefined> {
  const { room_id } = call.data;
  const lost = error instanceof PatchbayError && error.reason === 'different_mediaserver';
  return lost && room_id !== undefined && hasRoom(call.data) ? nodeOfRoom(call, room_id) : undefined;
}
