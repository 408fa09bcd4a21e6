import type { RoomMember } from '../../../lib/client/index.ts';

/** What a moderator has muted of a member. */
export interface Moderated {
  readonly audio: boolean;
  readonly video: boolean;
}

export const moderatedOf = ({ mute_audio = false, mute_video = false }: RoomMember): Moderated => ({
  audio: mute_audio,
  video: mute_video,
});
