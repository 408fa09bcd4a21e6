import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { RoomStore } from '../store/rooms.ts';
import type { SessionStore } from '../store/sessions.ts';

export interface Leftovers {
  readonly nodeId: string;
  readonly sessions: SessionStore;
  readonly rooms: RoomStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Records of sessions and rooms that an earlier process of this node held: their media ended with it. */
export async function releaseLeftovers({ nodeId, sessions, rooms, clock, log }: Leftovers): Promise<void> {
  const sessionKeys = await sessions.onNode(nodeId);
  for (const key of sessionKeys) {
    const record = await sessions.get(key);
    if (record?.nodeId === nodeId) await sessions.release(record, clock.nowMs());
  }
  const roomKeys = await rooms.onNode(nodeId);
  for (const key of roomKeys) {
    const record = await rooms.get(key);
    if (record?.nodeId === nodeId) await rooms.release(record);
  }
  if (sessionKeys.length + roomKeys.length === 0) return;
  const left = { sessions: sessionKeys.length, rooms: roomKeys.length };
  log.warn(left, 'released the sessions and rooms of an earlier process');
}
