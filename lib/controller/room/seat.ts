import type { LiveRoom } from './live-room.ts';

/** A place in a room for one who is about to join it: until it is given back, the room does not end for want of others. */
export interface Seat {
  readonly room: LiveRoom;
  /** The one has joined, or never will. May be called again. */
  giveBack(): void;
}
