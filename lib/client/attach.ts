import { PatchbayError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { backoffMs } from './backoff.ts';
import type { Connection } from './connection.ts';
import type { EventOrder } from './event-order.ts';
import type { OwnedSession, OwnedSessions } from './owned-sessions.ts';
import type { Requests } from './requests.ts';
import type { Subscriptions } from './subscriptions.ts';

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
  readonly subscriptions: Subscriptions;
}

/** What was subscribed to, on a connection. One that is refused now does not keep the others back. */
export async function resubscribe({ requests, subscriptions }: AttachParts, connection: Connection): Promise<void> {
  for (const filter of subscriptions.all()) {
    await requests.send(connection, 'event/subscribe', filter).catch((error: unknown) => {
      if (connection.isClosed) throw error;
    });
  }
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
 * A page that fails ends it: what this client knows of can be attached one by one.
 *
 * @throws PatchbayError registered_down: the connection was lost
 */
export async function attachAll(parts: AttachParts, connection: Connection): Promise<Attached[]> {
  const attached: Attached[] = [];
  let cursor: string | undefined;
  do {
    const data = cursor === undefined ? {} : { cursor };
    const page = await parts.requests.send(connection, 'session/attach', data).catch((error: unknown) => {
      if (connection.isClosed) throw error;
      return { sessions: [], cursor: undefined };
    });
    for (const line of page.sessions) attached.push(adopt(parts, connection, line));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return attached;
}

/**
 * Notes what an attach brought.
 *
 * @param since what the attach asked for: the events after that number follow, as far as the server still has them
 */
export function adopt(
  { sessions, order }: AttachParts,
  connection: Connection,
  { session_id, seq, resume_token }: { session_id: string; seq: number; resume_token: string },
  since?: number,
): Attached {
  const session = sessions.put(session_id, resume_token, connection);
  if (session.isHeard) order.follow(session_id, since);
  // One more than is kept: the owner's return is an event too, and comes after those that were kept.
  if (since !== undefined) order.giveUp(session_id, seq - limits.eventLog - 1);
  return { session, seq };
}

async function attachOne(
  parts: AttachParts,
  connection: Connection,
  session: OwnedSession,
  missed: boolean,
): Promise<Attached> {
  const { requests, order } = parts;
  const { sessionId } = session;
  const since = missed && session.isHeard ? order.last(sessionId) : undefined;
  for (let attempt = 0; ; attempt += 1) {
    const data = { session_id: sessionId, resume_token: session.resumeToken, ...(since !== undefined && { since }) };
    try {
      const [line] = (await requests.send(connection, 'session/attach', data)).sessions;
      if (!line) throw new PatchbayError('session_not_found', `no session ${sessionId}`);
      const attached = adopt(parts, connection, line, since);
      if (!session.isHeard) {
        await requests.send(connection, 'event/unsubscribe', { subclass: 'session', obj_id: sessionId });
      }
      return attached;
    } catch (error) {
      if (attempt + 1 >= tries || connection.isClosed || !isPassing(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, backoff, Math.random)));
    }
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof PatchbayError && ['timeout', 'internal_error', 'rate_limited'].includes(error.reason);
