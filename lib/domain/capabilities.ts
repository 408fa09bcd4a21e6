import { PatchbayError } from '../protocol/errors.ts';
import type { RoomClass, RoomSummary } from '../protocol/room.ts';
import {
  type BackendKind,
  backendNames,
  type CreateData,
  type SdpType,
  type SessionType,
} from '../protocol/session.ts';

/** Who makes the first SDP. As *offeree* patchbay answers the client's offer, as *offerer* it makes one. */
export type Role = 'offeree' | 'offerer';

interface Capability {
  readonly type: SessionType;
  readonly backend: BackendKind;
  readonly roles: readonly Role[];
  /** `offer>far`: the kinds of the client's SDP and, where a type has a far side, of that one. */
  readonly sdp: readonly SdpType[];
}

const webrtc: readonly SdpType[] = ['webrtc'];
const both: readonly SdpType[] = ['webrtc', 'rtp'];

/** docs/protocol.md#types, row by row. */
export const capabilities: readonly Capability[] = [
  { type: 'p2p', backend: 'p2p', roles: ['offeree', 'offerer'], sdp: both },
  { type: 'echo', backend: 'janus', roles: ['offeree'], sdp: webrtc },
  { type: 'echo', backend: 'freeswitch', roles: ['offeree', 'offerer'], sdp: both },
  { type: 'park', backend: 'freeswitch', roles: ['offeree', 'offerer'], sdp: both },
  { type: 'bridge', backend: 'freeswitch', roles: ['offeree', 'offerer'], sdp: both },
  { type: 'mcu', backend: 'freeswitch', roles: ['offeree', 'offerer'], sdp: both },
  { type: 'proxy', backend: 'janus', roles: ['offeree'], sdp: both },
  { type: 'publish', backend: 'janus', roles: ['offeree'], sdp: webrtc },
  { type: 'listen', backend: 'janus', roles: ['offerer'], sdp: webrtc },
];

/** The backends that keep rooms of each class. docs/protocol.md#rooms. */
const roomKeepers: Readonly<Record<RoomClass, readonly RoomBackend[]>> = { sfu: ['janus'], mcu: ['freeswitch'] };
export type RoomBackend = RoomSummary['backend'];

/** The order in which backends are tried when the client names none. */
const preference: readonly BackendKind[] = ['janus', 'freeswitch', 'p2p'];

export interface Wanted {
  readonly type: SessionType;
  readonly role: Role;
  readonly sdpType: SdpType;
  /** As the client wrote it, in either name. */
  readonly backend?: string | undefined;
}

/** What the data of a `create` asks for. */
export const wantedOf = ({ type, offer, sdp_type, backend }: CreateData): Wanted => ({
  type,
  role: offer ? 'offeree' : 'offerer',
  sdpType: offer?.sdp_type ?? sdp_type ?? 'webrtc',
  backend,
});

/**
 * The backends that can do what is wanted, best first.
 *
 * @throws PatchbayError unknown_backend, incompatible_session
 */
export function fittingBackends(wanted: Wanted): BackendKind[] {
  const named = wanted.backend === undefined ? undefined : backendOf(wanted.backend);
  const fitting = capabilities.filter(
    (row) =>
      row.type === wanted.type &&
      row.roles.includes(wanted.role) &&
      row.sdp.includes(wanted.sdpType) &&
      (named === undefined || row.backend === named),
  );
  if (fitting.length === 0) {
    const side = wanted.role === 'offeree' ? 'with an offer' : 'without an offer';
    const who = named === undefined ? 'no backend' : `backend ${named} does not`;
    throw new PatchbayError(
      'incompatible_session',
      `${who}${named === undefined ? ' does' : ' do'} ${wanted.type} ${side} of sdp_type ${wanted.sdpType}`,
    );
  }
  return preference.filter((kind) => fitting.some((row) => row.backend === kind));
}

/**
 * The backends that keep a room of this class, best first.
 *
 * @param backend as the client wrote it, in either name
 * @throws PatchbayError unknown_backend, incompatible_session
 */
export function roomBackends(roomClass: RoomClass, backend?: string): RoomBackend[] {
  const named = backend === undefined ? undefined : backendOf(backend);
  const fitting = roomKeepers[roomClass].filter((kind) => named === undefined || kind === named);
  if (fitting.length > 0) return fitting;
  throw new PatchbayError('incompatible_session', `backend ${named} does not do ${roomClass} rooms`);
}

function backendOf(name: string): BackendKind {
  const known: Readonly<Record<string, BackendKind>> = backendNames;
  const kind = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!kind) {
    throw new PatchbayError(
      'unknown_backend',
      `data.backend must be one of ${Object.keys(backendNames).join(', ')}, not ${name}`,
    );
  }
  return kind;
}
