import type { JanusMessage } from 'janode';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Description, MediaChange, MediaState } from '../../protocol/session.ts';
import type { PluginReply } from './handle.ts';

/** The bodies of plugin requests, and what plugins answer. One function a request. */

type Body = Record<string, unknown>;

/** https://janus.conf.meetecho.com/docs/echotest.html: `audio` and `video` say whether the media is sent back. */
export const echoUpdate = (change: MediaChange): Body => ({
  ...(change.mute_audio !== undefined && { audio: !change.mute_audio }),
  ...(change.mute_video !== undefined && { video: !change.mute_video }),
  ...(change.bitrate !== undefined && { bitrate: change.bitrate }),
});

export const echoStart = (media: MediaState): Body => ({
  audio: !media.mute_audio,
  video: !media.mute_video,
  ...(media.bitrate > 0 && { bitrate: media.bitrate }),
});

export const offerJsep = (sdp: string): NonNullable<JanusMessage['jsep']> => ({ type: 'offer', sdp });

/** @throws PatchbayError janus_error when Janus made none */
export function answerOf(reply: PluginReply): Description {
  if (reply.jsep?.type !== 'answer') throw new PatchbayError('janus_error', 'Janus made no answer');
  return { sdp: reply.jsep.sdp, sdp_type: 'webrtc', trickle_ice: false };
}
