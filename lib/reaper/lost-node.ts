import { mayHear, type Subject, wants } from '../domain/audience.ts';
import { type Clock, isoTime } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { PatchbayError } from '../protocol/errors.ts';
import { lastSeq, type PatchbayEvent } from '../protocol/events.ts';
import type { LostObjects } from '../store/lost-objects.ts';
import type { RoomRecord } from '../store/rooms.ts';
import type { SessionRecord } from '../store/sessions.ts';
import type { Subscribed, SubscriptionStore } from '../store/subscriptions.ts';
import type { Teller } from './teller.ts';

/** So many at once: an owner waits for the end of all of a node's sessions, not of one. */
const atOnce = 32;

export interface LostNodeParts {
  readonly objects: LostObjects;
  readonly subscriptions: SubscriptionStore;
  readonly teller: Teller;
  /** Who else hears of it. */
  readonly announce: (tenant: string, event: PatchbayEvent) => Promise<void> | void;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Ends what was on a lost node, or in an earlier process of this one: its sessions, then its rooms. Whoever owned or followed
 * them hears `destroyed` with `node_lost`, and the event bus does, from the one run that took the record. What an earlier run took and did not finish is taken over.
 *
 * @returns how many objects were found: none, and nothing is left
 */
export async function endLostNode(nodeId: string, parts: LostNodeParts): Promise<number> {
  const { objects, subscriptions, log } = parts;
  const [sessions, rooms] = await Promise.all([objects.sessionsOn(nodeId), objects.roomsOn(nodeId)]);
  if (sessions.length + rooms.length === 0) return 0;
  const subscribed = await subscriptions.all();
  await each(sessions, (session) => endSession(session, subscribed, parts));
  await each(rooms, (room) => endRoom(room, subscribed, parts));
  log.warn({ node_id: nodeId, sessions: sessions.length, rooms: rooms.length }, 'ended what was on a lost node');
  return sessions.length + rooms.length;
}

async function endSession(
  session: SessionRecord,
  subscribed: readonly Subscribed[],
  { objects, teller, announce, clock }: LostNodeParts,
): Promise<void> {
  if (!(await objects.takeSession(session, clock.nowMs()))) return;
  const event = destroyed('session', session.sessionId, session.createdAt, clock.nowMs());
  const subject = { tenant: session.tenant, users: new Set([session.userId]) };
  const listeners = new Set([session.connectionId, ...followers(subscribed, subject, event)]);
  await Promise.all([teller.tell(listeners, event), announce(session.tenant, event)]);
  await objects.deleteSession(session, clock.nowMs());
}

/** Who was in the room only its node knew: its creator and administrators are told, where they follow it. */
async function endRoom(
  room: RoomRecord,
  subscribed: readonly Subscribed[],
  { objects, teller, announce, clock }: LostNodeParts,
): Promise<void> {
  if (!(await objects.takeRoom(room, clock.nowMs()))) return;
  const event = destroyed('room', room.roomId, room.createdAt, clock.nowMs());
  const subject = { tenant: room.tenant, users: new Set([room.userId]) };
  await Promise.all([teller.tell(followers(subscribed, subject, event), event), announce(room.tenant, event)]);
  await objects.deleteRoom(room);
}

const followers = (subscribed: readonly Subscribed[], subject: Subject, event: PatchbayEvent): Set<string> =>
  new Set(
    subscribed
      .filter(({ caller, subscription }) => mayHear(caller, subject) && wants(subscription, event))
      .map(({ caller }) => caller.connectionId),
  );

function destroyed(
  subclass: PatchbayEvent['subclass'],
  objectId: string,
  createdAt: string,
  nowMs: number,
): PatchbayEvent {
  const duration = Math.max(0, Math.round((nowMs - (Date.parse(createdAt) || nowMs)) / 1000));
  return {
    class: 'media',
    subclass,
    type: 'destroyed',
    obj_id: objectId,
    body: { ...new PatchbayError('node_lost').toBody(), duration },
    seq: lastSeq,
    time: isoTime(nowMs),
  };
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
