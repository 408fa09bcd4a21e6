import type { LiveSession } from './live-session.ts';

/**
 * Runs a job while the queues of several sessions stand still: one after the other in the order of their ids, so that two
 * that want the same sessions never wait for each other. In the job nothing may wait for any of these queues.
 */
export function lockAll<T>(sessions: Iterable<LiveSession>, job: () => Promise<T>): Promise<T> {
  const [first, ...rest] = [...new Set(sessions)].sort((a, b) => (a.spec.sessionId < b.spec.sessionId ? -1 : 1));
  return first ? first.hold(() => lockAll(rest, job)) : job();
}
