import { shortId } from '../shell/short-id.ts';

/** What a room is called: as it was named, or enough of an id that the server made. */
export const roomName = (roomId: string): string => (roomId.includes('@') ? shortId(roomId) : roomId);
