import type { JanodeSession } from 'janode';
import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../domain/log.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { HandleInfo, JanusAdmin } from './admin.ts';
import { isGone } from './errors.ts';
import type { JanusHandles } from './handles.ts';
import type { RoomControl } from './room-control.ts';
import { destroyRoom } from './room-requests.ts';

const everyMs = 60_000;

/** Who takes part in the agreement between one Janus and us. */
export interface Parties {
  readonly handles: JanusHandles;
  readonly rooms: RoomControl;
  /** Without it handles cannot be looked after, only rooms. */
  readonly admin: JanusAdmin | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Makes Janus and us agree again after answers were lost: what nobody owns is freed, what Janus lost is told to its
 * owner. Runs from `start`, once for each Janus session or claim of it, until `stop`.
 */
export class Reconciler {
  readonly #parties: Parties;
  #session: JanodeSession | undefined;
  #cancel: () => void = () => {};

  constructor(parties: Parties) {
    this.#parties = parties;
  }

  /** @param wasAway whether the session was claimed: things may have happened to its handles meanwhile */
  start(session: JanodeSession, wasAway: boolean): void {
    this.stop();
    this.#session = session;
    void this.#pass(session, wasAway);
  }

  stop(): void {
    this.#session = undefined;
    this.#cancel();
  }

  async #pass(session: JanodeSession, wasAway: boolean): Promise<void> {
    const { handles, rooms, admin, clock, log } = this.#parties;
    const parts = [
      async () => admin && wasAway && (await tellMissedEvents(session, handles, admin)),
      async () => admin && (await freeOrphanHandles(session, handles, admin, log)),
      async () => reconcileRooms(rooms, () => clock.nowMs(), log),
    ];
    let isComplete = true;
    for (const part of parts) {
      if (this.#session !== session) return;
      try {
        await part();
      } catch (error) {
        isComplete = false;
        log.debug({ err: error }, 'janus was not reconciled; the next time');
      }
    }
    if (this.#session !== session) return;
    // What was missed is asked for until it is known.
    this.#cancel = clock.after(everyMs, () => void this.#pass(session, wasAway && !isComplete));
  }
}

/** Frees the handles of our session whose attach was never answered. */
export async function freeOrphanHandles(
  session: JanodeSession,
  handles: JanusHandles,
  admin: JanusAdmin,
  log: Log,
): Promise<void> {
  for (const handleId of await handles.orphans(await admin.listHandles(session.id))) {
    try {
      await session.sendRequest({ janus: 'detach', handle_id: handleId });
      log.warn({ handleId }, 'a janus handle that nobody owned was detached');
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

/** Tells each handle what happened to it while Janus was out of reach: Janus sends such events once, to nobody. */
export async function tellMissedEvents(
  session: JanodeSession,
  handles: JanusHandles,
  admin: JanusAdmin,
): Promise<void> {
  for (const handle of handles.live) {
    const { id } = handle;
    if (id !== undefined) await handle.catchUp(() => handleInfo(session.id, id, admin));
  }
}

/** Undefined when Janus has no such handle. @throws Error */
async function handleInfo(sessionId: number, handleId: number, admin: JanusAdmin): Promise<HandleInfo | undefined> {
  try {
    return await admin.handleInfo(sessionId, handleId);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Destroys rooms that are marked as ours and have no owner, and tells owners of rooms that are not there any more. */
export async function reconcileRooms(rooms: RoomControl, nowMs: () => number, log: Log): Promise<void> {
  const askedAtMs = nowMs();
  const found = new Set(await rooms.list());
  for (const room of [...rooms.owned.values()]) {
    // One that was made in the meantime may be missing in the list.
    if (room.madeAtMs !== undefined && room.madeAtMs < askedAtMs && !found.has(room.roomId)) room.lost();
  }
  for (const roomId of found) {
    if (rooms.owned.has(roomId)) continue;
    try {
      await rooms.request(destroyRoom(roomId));
      log.warn({ roomId }, 'a janus room that nobody owned was destroyed');
    } catch (error) {
      if (!(error instanceof PatchbayError) || error.reason !== 'room_not_found') throw error;
    }
  }
}
