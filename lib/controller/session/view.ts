import { isoTime } from '../../domain/clock.ts';
import { limits } from '../../protocol/limits.ts';
import type { SessionInfo, SessionSummary, SetTypeReply } from '../../protocol/session.ts';
import type { SessionRecord } from '../../store/sessions.ts';
import type { LiveSession } from './live-session.ts';

/** What others get to see of a live session: the record, the lines of lists, `get_info`. */

export function sessionRecord(session: LiveSession): SessionRecord {
  const { sessionId, nodeId, attempt, requestId, creator } = session.spec;
  return {
    tenant: creator.tenant,
    sessionId,
    nodeId,
    attempt,
    requestId,
    userId: session.ownership.userId,
    connectionId: session.ownership.connectionId,
    type: session.type,
    state: session.state === 'ready' ? 'ready' : 'wait',
    createdAt: isoTime(session.createdAtMs),
  };
}

export function sessionSummary(session: LiveSession): SessionSummary {
  const { sessionId, binding } = session.spec;
  return {
    session_id: sessionId,
    type: session.type,
    state: session.state,
    user_id: session.ownership.userId,
    backend: binding.backend.kind,
    created_at: isoTime(session.createdAtMs),
  };
}

/** What is particular to the session's type: `type_ext`, the reply of `set_type`, the body of `type`. */
export function typeFields(session: LiveSession): SetTypeReply {
  const { room, publisher } = session;
  const peer = bridgePeer(session);
  const profile = room?.spec.profile;
  return {
    ...(room && { room_id: room.spec.roomId }),
    ...(profile !== undefined && { room_type: profile }),
    ...(peer && { peer_id: peer.spec.sessionId }),
    ...(publisher && { publisher_id: publisher.spec.sessionId }),
  };
}

/** With whom it is bridged; one that was made for a peer is that one's from the beginning. */
const bridgePeer = ({ type, bridging, wishes }: LiveSession): LiveSession | undefined =>
  bridging.peer ?? (type === 'bridge' ? wishes.peer : undefined);

/** The master of a bridge is the one that it is bridged with, and no longer than that. */
function masterOf(session: LiveSession): LiveSession | undefined {
  const { binding, data } = session.spec;
  const peer = bridgePeer(session);
  return binding.master ?? (peer?.spec.sessionId === data.master_id ? peer : undefined);
}

/** The body of `created`: all that is known, without SDPs. */
export function createdBody(session: LiveSession): Omit<SessionInfo, 'offer' | 'answer'> {
  const { data, nodeId, binding } = session.spec;
  const master = masterOf(session);
  const peer = session.peer ?? bridgePeer(session);
  return {
    ...sessionSummary(session),
    type_ext: typeFields(session),
    backend_role: binding.role,
    status: session.voice.status,
    wait_timeout: data.wait_timeout,
    ready_timeout: data.ready_timeout,
    reconnect_timeout: data.reconnect_timeout,
    ...(master && { master_id: master.spec.sessionId }),
    ...(peer && masterOf(peer) === session && { slave_id: peer.spec.sessionId }),
    ...(peer && { peer_id: peer.spec.sessionId }),
    ...typeFields(session),
    ...session.media.state,
    node_id: nodeId,
    ...(session.readyAtMs !== undefined && { ready_at: isoTime(session.readyAtMs) }),
    recordings: session.recordings.list,
  };
}

/** All that is known; an SDP that would make the reply too large is left out and named in `omitted`. */
export function sessionInfo(session: LiveSession): SessionInfo {
  const info: SessionInfo = createdBody(session);
  const omitted: string[] = [];
  for (const name of ['answer', 'offer'] as const) {
    const description = session.negotiation[name].known.value;
    if (!description) continue;
    if (bytes({ ...info, [name]: description }) > limits.messageBytes - envelopeBytes) omitted.push(name);
    else info[name] = description;
  }
  return omitted.length > 0 ? { ...info, omitted } : info;
}

/** Room for the envelope and a `tid` of 128 characters of up to 4 bytes. */
const envelopeBytes = 1024;
const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
