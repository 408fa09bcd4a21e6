import type { CommandInput } from '../../../lib/client/index.ts';
import type { IconName } from '../shell/icon.tsx';

export type PlaceType = 'park' | 'echo' | 'mcu' | 'bridge';

/** What a call is to be, as its form has it; a field that its type does not have counts for nothing. */
export interface PlaceWish {
  readonly type: PlaceType;
  /** Empty: the server makes one. */
  readonly roomId: string;
  /** Empty: as the room is, or the server's own choice. */
  readonly roomType: string;
  readonly peerId: string;
}

export const parked: PlaceWish = { type: 'park', roomId: '', roomType: '', peerId: '' };

export const placeTypes: readonly { value: PlaceType; name: string; icon: IconName; hint: string }[] = [
  { value: 'park', name: 'Park', icon: 'pause', hint: 'Connected, and nothing is heard: from here it goes anywhere.' },
  { value: 'echo', name: 'Echo', icon: 'refresh', hint: 'What is sent comes back.' },
  { value: 'mcu', name: 'Room', icon: 'friends', hint: 'All in the room hear and see one mix of all (mcu).' },
  { value: 'bridge', name: 'Bridge', icon: 'bridge', hint: 'Connected with one other session, both ways.' },
];

/** The profiles of rooms that come with patchbay. */
export const roomTypes = ['video-mcu-stereo', 'video-mcu-stereo-1080', 'video-mcu-stereo-360', 'audio-mcu'] as const;

type TypeFields = Pick<CommandInput<'session/set_type'>, 'room_id' | 'room_type' | 'peer_id'> & { type: PlaceType };

/** As `session/create` and `session/set_type` have it. */
export function typeFields({ type, roomId, roomType, peerId }: PlaceWish): TypeFields {
  if (type === 'bridge') return { type, peer_id: peerId };
  if (type !== 'mcu') return { type };
  return { type, ...(roomId !== '' && { room_id: roomId }), ...(roomType !== '' && { room_type: roomType }) };
}
