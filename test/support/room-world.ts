import type { Backend } from '../../lib/backends/backend.ts';
import type { LiveRoom } from '../../lib/controller/room/live-room.ts';
import { Rooms } from '../../lib/controller/room/rooms.ts';
import type { RoomWorld } from '../../lib/controller/room/spec.ts';
import { silentLog } from '../../lib/domain/log.ts';
import type { PatchbayEvent } from '../../lib/protocol/events.ts';
import type { RecordingFiles } from '../../lib/recordings/recording-files.ts';
import type { RoomRecord } from '../../lib/store/rooms.ts';
import { ManualClock } from './clock.ts';
import { testFiles } from './world.ts';

/** What surrounds live rooms: records in memory, events in a list. */
export class FakeRoomWorld implements Omit<RoomWorld, 'ended'> {
  readonly clock: ManualClock;
  readonly log = silentLog;
  readonly files: RecordingFiles;
  readonly records = new Map<string, RoomRecord>();
  readonly happened: PatchbayEvent[] = [];
  /** The same, room by room: ids may be used again. */
  readonly told = new Map<LiveRoom, PatchbayEvent[]>();
  /** What the next claims and releases wait for; a rejection is a store that is away. */
  claiming: Promise<void> = Promise.resolve();
  writing: Promise<void> = Promise.resolve();

  constructor(clock = new ManualClock(), files = testFiles()) {
    this.clock = clock;
    this.files = files;
  }

  readonly claim = async (record: RoomRecord): Promise<boolean> => {
    await this.claiming;
    const key = `${record.tenant}/${record.roomId}`;
    const there = this.records.get(key);
    if (there && !(there.nodeId === record.nodeId && there.requestId === record.requestId)) return false;
    this.records.set(key, record);
    return true;
  };

  readonly release = async ({ tenant, roomId }: RoomRecord): Promise<void> => {
    await this.writing;
    this.records.delete(`${tenant}/${roomId}`);
  };

  readonly giveUp = async ({ tenant, roomId }: RoomRecord): Promise<boolean> => {
    await this.writing;
    return this.records.delete(`${tenant}/${roomId}`);
  };

  readonly publish = (room: LiveRoom, event: PatchbayEvent): void => {
    this.happened.push(event);
    this.told.set(room, [...(this.told.get(room) ?? []), event]);
  };

  /** What happened to one room, without its numbers and times. */
  of(roomId: string): { type: string; body: Record<string, unknown> }[] {
    return this.happened.filter(({ obj_id }) => obj_id === roomId).map(({ type, body }) => ({ type, body }));
  }

  typesOf(roomId: string): string[] {
    return this.of(roomId).map(({ type }) => type);
  }
}

/** The rooms of a node `node-1`. */
export const testRooms = (backends: readonly Backend[], world: FakeRoomWorld = new FakeRoomWorld()): Rooms =>
  new Rooms({ nodeId: 'node-1', backends, world });
