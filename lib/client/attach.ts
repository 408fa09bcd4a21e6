import { PatchbayError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { backoffMs } from './backoff.ts';
import type { Connection } from './connection.ts';
import type { EventOrder } from './event-order.ts';
import type { OwnedSession, OwnedSessions } from './owned-sessions.ts';
import type { Requests } from './requests.ts';

/** Requests under way at once: a client with thousands of sessions neither floods its connection nor crawls. */
const concurrency = 16;
/** For a node that does not answer just now. */
const tries = 4;
const backoff = { baseMs: 250, maxMs: 2000 };

export interface Attached {
  readonly session: OwnedSession;
  /** The number of its newest event at that moment: what is newer comes on the connection that attached. */
  readonly seq: number;
}

export interface Lost {
  readonly session: OwnedSession;
  readonly error: PatchbayError;
}

export interface AttachParts {
  readonly requests: Requests;
  readonly sessions: OwnedSessions;
  readonly order: EventOrder;
}

/**
 * Takes sessions over on a connection, one by one.
 *
 * @param missed also ask for the events that came after the last one seen
 * @returns what was attached, and what is not this client's any more
 * @throws PatchbayError registered_down: the connection was lost
 */
export async function attachEach(
  parts: AttachParts,
  connection: Connection,
  sessions: readonly OwnedSession[],
  missed: boolean,
): Promise<{ attached: Attached[]; lost: Lost[] }> {
  const attached: Attached[] = [];
  const lost: Lost[] = [];
  const waiting = [...sessions];
  const work = async () => {
    for (let session = waiting.shift(); session; session = waiting.shift()) {
      try {
        attached.push(await attachOne(parts, connection, session, missed));
      } catch (error) {
        if (connection.isClosed || !(error instanceof PatchbayError)) throw error;
        lost.push({ session, error });
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { attached, lost };
}

/**
 * Takes over all sessions of this client's user, page by page: those that other clients of the same user have, too.
 *
 * @throws PatchbayError as `request`
 */
export async function attachAll(parts: AttachParts, connection: Connection): Promise<Attached[]> {
  const attached: Attached[] = [];
  let cursor: string | undefined;
  do {
    const page = await parts.requests.send(connection, 'session/attach', cursor === undefined ? {} : { cursor });
    for (const { session_id, seq } of page.sessions) {
      const session = parts.sessions.get(session_id);
      if (session) attached.push({ session, seq });
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return attached;
}

async function attachOne(
  { requests, order }: AttachParts,
  connection: Connection,
  session: OwnedSession,
  missed: boolean,
): Promise<Attached> {
  const { sessionId } = session;
  const since = missed && session.isHeard ? order.last(sessionId) : undefined;
  for (let attempt = 0; ; attempt += 1) {
    const data = { session_id: sessionId, resume_token: session.resumeToken, ...(since !== undefined && { since }) };
    try {
      const { sessions } = await requests.send(connection, 'session/attach', data);
      const seq = sessions[0]?.seq ?? 0;
      // One more than is kept: the owner's return is an event too, and comes after those that were kept.
      if (since !== undefined) order.giveUp(sessionId, seq - limits.eventLog - 1);
      if (!session.isHeard) {
        await requests.send(connection, 'event/unsubscribe', { subclass: 'session', obj_id: sessionId });
      }
      return { session, seq };
    } catch (error) {
      if (attempt + 1 >= tries || connection.isClosed || !isPassing(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, backoff, Math.random)));
    }
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof PatchbayError && ['timeout', 'internal_error', 'rate_limited'].includes(error.reason);
