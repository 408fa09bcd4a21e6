import { type Attached, type AttachParts, attachAll, attachEach, type Lost, resubscribe } from './attach.ts';
import type { Connection } from './connection.ts';
import type { OwnedSession } from './owned-sessions.ts';
import type { Subscriptions } from './subscriptions.ts';

/** A request may wait 25 s for its offer or answer, and comes back within 29 s. */
const repliesMs = 30_000;
/** What was posted to the old connection arrives within so long, or is asked for again. */
const arrivalMs = 2000;
/** Events that other sessions' subscriptions sent to the old connection are through when none came for so long. */
const quietMs = 300;
const pollMs = 10;

export interface RolloverParts extends AttachParts {
  /** Attach by pages all that the user owns, instead of each session that this client knows of. */
  readonly ownsAll: boolean;
}

/**
 * Moves all that hangs on one connection to another, both being open, while events go on: nothing is lost, nothing
 * comes twice, each session's order is kept. The caller closes the old connection.
 *
 * 1. The new connection subscribes to what the old one had asked for.
 * 2. Replies that the old one still owes come in: they may bring new sessions.
 * 3. The sessions are attached on the new one: events up to the `seq` that the server answers went to the old one.
 * 4. Those are waited for; what does not come is asked for by `since`.
 *
 * @returns the sessions that are not this client's any more
 * @throws PatchbayError registered_down: the new connection was lost
 */
export async function moveOver(parts: RolloverParts, from: Connection, to: Connection): Promise<Lost[]> {
  const { sessions, order, subscriptions, ownsAll } = parts;
  const endMerge = order.merge();
  try {
    const filters = subscriptions.all();
    await resubscribe(parts, to);
    await until(() => from.isClosed || from.isIdle, repliesMs);

    const attached: Attached[] = ownsAll ? await attachAll(parts, to) : [];
    const each = await attachEach(parts, to, sessions.awayFrom(to), false);
    attached.push(...each.attached);

    const isOwned = ({ session }: { session: OwnedSession }) => sessions.get(session.sessionId) === session;
    // Of a session that was just taken over in midstream nothing is missing.
    const hasNotSeen = ({ session, seq }: Attached) => (order.last(session.sessionId) ?? seq) < seq;
    const behind = () => attached.filter((one) => isOwned(one) && one.session.isHeard && hasNotSeen(one));
    // Of a session that ended, its own last event may be on its way.
    const ended = () => each.lost.filter(isOwned);
    await until(() => from.isClosed || (behind().length === 0 && ended().length === 0), arrivalMs);
    const late = behind().map(({ session }) => session);
    const again = await attachEach(parts, to, late, true);

    if (filters.length > 0) await silence(parts, from, filters);
    return [...ended(), ...again.lost.filter(isOwned)];
  } finally {
    endMerge();
  }
}

/** Ends the old connection's subscriptions and waits until nothing of them is on its way any more. */
async function silence({ requests }: RolloverParts, from: Connection, filters: ReturnType<Subscriptions['all']>) {
  try {
    for (const filter of filters) await requests.send(from, 'event/unsubscribe', filter);
    await until(() => from.isClosed || from.quietForMs >= quietMs, arrivalMs);
  } catch {
    // It was lost: then nothing comes of it either.
  }
}

async function until(isSo: () => boolean, timeoutMs: number): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!isSo() && performance.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, pollMs));
}
