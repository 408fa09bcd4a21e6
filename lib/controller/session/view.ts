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
  const { room } = session.spec.binding;
  const { publisher } = session;
  return {
    ...(room && { room_id: room.spec.roomId }),
    ...(publisher && { publisher_id: publisher.spec.sessionId }),
  };
}

/** The body of `created`: all that is known, without SDPs. */
export function createdBody(session: LiveSession): Omit<SessionInfo, 'offer' | 'answer'> {
  const { data, nodeId, binding } = session.spec;
  const { role, master } = binding;
  const peerId = session.peer?.spec.sessionId;
  return {
    ...sessionSummary(session),
    type_ext: typeFields(session),
    backend_role: role,
    status: session.voice.status,
    wait_timeout: data.wait_timeout,
    ready_timeout: data.ready_timeout,
    reconnect_timeout: data.reconnect_timeout,
    ...(master && { master_id: master.spec.sessionId }),
    ...(peerId !== undefined && !master && { slave_id: peerId }),
    ...(peerId !== undefined && { peer_id: peerId }),
    ...typeFields(session),
    ...session.mediaState,
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
