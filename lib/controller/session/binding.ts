import type { Backend } from '../../backends/backend.ts';
import { type Caller, requireControl, requireRoom, requireScope } from '../../domain/access.ts';
import { fittingBackends, type Role, wantedOf } from '../../domain/capabilities.ts';
import { withCrlf } from '../../domain/sdp.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { CreateData, SdpType, SessionType } from '../../protocol/session.ts';
import { chooseEngine } from '../engine-choice.ts';
import type { Rooms } from '../room/rooms.ts';
import type { LiveSession } from './live-session.ts';
import type { Binding } from './spec.ts';

/** What is needed to find what a new session is bound to. */
export interface Surroundings {
  readonly backends: readonly Backend[];
  readonly rooms: Rooms;
  /** A live session of the caller's tenant. */
  find(sessionId: string): LiveSession | undefined;
}

/** A new session, before it is made. */
interface Wish {
  readonly caller: Caller;
  readonly data: CreateData;
  readonly requestId: string;
}

/** A session with this master may be called any of these: its master's proxy is what counts. */
const slaveTypes: readonly SessionType[] = ['proxy', 'bridge', 'p2p'];

/**
 * What a new session is bound to: engine, master, room, publisher; and its data as it counts with that.
 *
 * @throws PatchbayError what is wrong with what it names
 */
export async function bind(wish: Wish, around: Surroundings): Promise<{ binding: Binding; data: CreateData }> {
  const { data } = wish;
  const other = otherSession(wish, around);
  requireRtpScope(wish.caller, data.offer?.sdp_type, data.sdp_type);
  if (other?.type === 'proxy' && slaveTypes.includes(data.type)) return proxySlave(wish, other);
  switch (data.type) {
    case 'proxy':
      return { data, binding: proxyMaster(wish, around, other) };
    case 'publish':
      return { data, binding: { ...slaveOf(wish, other), ...(await seated(wish, around, 'publish')) } };
    case 'listen':
      return { data, binding: { ...slaveOf(wish, other), ...listener(wish, around) } };
    case 'mcu':
      return { data, binding: { ...slaveOf(wish, other), ...(await seated(wish, around, 'mcu')) } };
    case 'bridge':
      return { data, binding: bridged(wish, other) };
    default:
      return { data, binding: plain(wish, around, other) };
  }
}

/**
 * The session that `master_id`, or for some types `peer_id`, names; control of it is needed:
 * docs/protocol.md#identity-and-access.
 */
function otherSession({ caller, data }: Wish, { find }: Surroundings): LiveSession | undefined {
  const { master_id, peer_id } = data;
  if (master_id !== undefined && peer_id !== undefined && master_id !== peer_id) {
    throw new PatchbayError('invalid_parameters', 'data.master_id and data.peer_id name two different sessions');
  }
  const id = master_id ?? peer_id;
  if (id === undefined) return undefined;
  const other = find(id);
  const field = master_id === undefined ? 'peer_id' : 'master_id';
  if (!other) throw new PatchbayError('unknown_peer', `data.${field}: no session ${id}`);
  requireControl(caller, { tenant: caller.tenant, userId: other.ownership.userId }, id);
  return other;
}

async function proxySlave(
  { caller, data }: Wish,
  master: LiveSession,
): Promise<{ binding: Binding; data: CreateData }> {
  const { sessionId, binding } = master.spec;
  const { backend, kinds } = binding;
  if (!kinds) throw new PatchbayError('invalid_state', `session ${sessionId} is a slave itself`);
  requireFree(master);
  requireRtpScope(caller, kinds.far);
  if (data.set_master_answer === false) {
    throw new PatchbayError(
      'invalid_parameters',
      "data.set_master_answer: a proxy's answer is always made of its slave's",
    );
  }
  if (data.sdp_type !== undefined && data.sdp_type !== kinds.far) {
    throw new PatchbayError(
      'invalid_parameters',
      `data.sdp_type is ${data.sdp_type}, but the far side of ${sessionId} is ${kinds.far}`,
    );
  }
  requireMediaHeld(data, kinds.near === 'webrtc' && kinds.far === 'webrtc');
  const { offer, ...rest } = data;
  if (offer) requireRepeated(offer.sdp, (await master.farOffer()).sdp);
  return { data: rest, binding: { type: 'proxy', role: 'offerer', backend, master } };
}

function proxyMaster({ data }: Wish, { backends }: Surroundings, other: LiveSession | undefined): Binding {
  if (other) {
    throw new PatchbayError('incompatible_session', `session ${other.spec.sessionId} is ${other.type}, not proxy`);
  }
  const kinds = { near: data.offer?.sdp_type ?? 'webrtc', far: data.sdp_type ?? 'webrtc' };
  if (kinds.near === 'rtp' && kinds.far === 'rtp') {
    throw new PatchbayError(
      'invalid_parameters',
      'a proxy with rtp on both sides: data.offer and data.sdp_type are rtp',
    );
  }
  requireMediaHeld(data, kinds.near === kinds.far);
  const backend = chooseEngine(backends, fittingBackends(wantedOf(data)));
  return { type: 'proxy', role: 'offeree', backend, kinds };
}

/** A session that publishes or listens may have a master, on the same engine: then they stop together. */
function slaveOf({ data }: Wish, other: LiveSession | undefined): Pick<Binding, 'master'> {
  if (data.master_id === undefined || !other) return {};
  requireFree(other);
  return { master: other };
}

async function seated(
  { caller, data, requestId }: Wish,
  { rooms }: Surroundings,
  type: 'publish' | 'mcu',
): Promise<Binding> {
  const fitting = fittingBackends(wantedOf(data));
  const seat = await rooms.seat(caller, { ...data, type }, requestId);
  const { room } = seat;
  const { backend } = room.spec;
  try {
    requireKind(fitting, backend, `room ${room.spec.roomId}`);
  } catch (error) {
    seat.giveBack();
    throw error;
  }
  return { type, role: roleOf(data), backend, room, seat, roomRole: type === 'mcu' ? 'member' : 'publisher' };
}

function listener({ caller, data }: Wish, { find }: Surroundings): Binding {
  const fitting = fittingBackends(wantedOf(data));
  if (data.publisher_id === undefined) throw new PatchbayError('missing_field', 'data.publisher_id is missing');
  const heard = requirePublisher(caller, data.publisher_id, find);
  const { backend, room } = heard.spec.binding;
  if (data.room_id !== undefined && data.room_id !== room?.spec.roomId) {
    throw new PatchbayError('invalid_parameters', `data.room_id: ${data.publisher_id} is in room ${room?.spec.roomId}`);
  }
  requireKind(fitting, backend, `session ${data.publisher_id}`);
  return { type: 'listen', role: 'offerer', backend, publisher: heard, ...(room && { room, roomRole: 'listener' }) };
}

/** It is parked until both are ready. The master that it may name is its peer, and only while they are bridged. */
function bridged({ data }: Wish, other: LiveSession | undefined): Binding {
  if (!other) throw new PatchbayError('missing_field', 'data.peer_id is missing');
  const { backend } = other.spec.binding;
  requireKind(fittingBackends(wantedOf(data)), backend, `session ${other.spec.sessionId}`);
  return {
    type: 'bridge',
    role: roleOf(data),
    backend,
    wish: { type: 'bridge', peer: other },
  };
}

function plain({ caller, data }: Wish, { backends }: Surroundings, other: LiveSession | undefined): Binding {
  const { type, offer, master_id } = data;
  const fitting = fittingBackends(wantedOf(data));
  const role = roleOf(data);
  requireMediaHeld(data, type !== 'p2p');
  if (master_id === undefined || !other) {
    if (type === 'p2p' && !offer) throw new PatchbayError('offer_not_set', 'p2p needs data.offer or data.master_id');
    return { type, role, backend: chooseEngine(backends, fitting) };
  }
  requireFree(other);
  requireRtpScope(caller, other.spec.data.offer?.sdp_type);
  if (type === 'p2p' && offer) {
    throw new PatchbayError('offer_already_set', `the offer is that of data.master_id, ${master_id}`);
  }
  const { backend } = other.spec.binding;
  requireKind(fitting, backend, `session ${master_id}`);
  return { type, role, backend, master: other };
}

/**
 * The publisher that `publisher_id` names. Whoever is in the tenant, and may use the room, may listen.
 *
 * @throws PatchbayError invalid_publisher, unauthorized
 */
export function requirePublisher(caller: Caller, id: string, find: Surroundings['find']): LiveSession {
  const heard = find(id);
  if (!heard) throw new PatchbayError('invalid_publisher', `data.publisher_id: no session ${id}`);
  const { room } = heard.spec.binding;
  if (heard.type !== 'publish' || !room) {
    throw new PatchbayError('invalid_publisher', `data.publisher_id: session ${id} is ${heard.type}, not publish`);
  }
  requireRoom(caller, room.spec.roomId);
  return heard;
}

/** Plain RTP is for those who may. docs/protocol.md#identity-and-access. */
export function requireRtpScope(caller: Caller, ...kinds: (SdpType | undefined)[]): void {
  if (kinds.includes('rtp')) requireScope(caller, 'media:rtp');
}

function requireRepeated(offer: string, proxyOffer: string): void {
  if (withCrlf(offer) === withCrlf(proxyOffer)) return;
  throw new PatchbayError('invalid_value', 'data.offer is not the proxy offer of the master: leave it out');
}

/** @throws PatchbayError invalid_state */
export function requireFree(master: LiveSession): void {
  if (!master.peer) return;
  throw new PatchbayError('invalid_state', `session ${master.spec.sessionId} has a peer already`);
}

/** What asks for something to be done to the media is refused where the media does not come by, or is plain RTP. */
function requireMediaHeld(data: CreateData, held: boolean): void {
  if (held) return;
  const asked = (['mute_audio', 'mute_video', 'mute_data', 'bitrate', 'record'] as const).find((field) => data[field]);
  if (asked === undefined) return;
  const what = data.type === 'p2p' ? 'a p2p session' : 'a proxy with an rtp side';
  throw new PatchbayError('invalid_operation', `data.${asked}: patchbay does not touch the media of ${what}`);
}

const roleOf = ({ offer }: CreateData): Role => (offer ? 'offeree' : 'offerer');

function requireKind(fitting: readonly string[], backend: Backend, what: string): void {
  if (fitting.includes(backend.kind)) return;
  throw new PatchbayError('different_mediaserver', `${what} is on ${backend.kind}`);
}
