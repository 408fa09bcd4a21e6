import type { JanusMessage } from 'janode';
import { layerOrder } from '../../domain/simulcast.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Applied, Description, MediaChange, MediaState } from '../../protocol/session.ts';
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

/** All that was asked for, as done. */
export const allTookEffect = (change: MediaChange): Applied =>
  Object.fromEntries(Object.entries(change).flatMap(([field, value]) => (value === undefined ? [] : [[field, true]])));

export const answerJsep = (sdp: string): NonNullable<JanusMessage['jsep']> => ({ type: 'answer', sdp });

/** Janus takes the first simulcast layer for the highest, if it is not told otherwise. */
export const offerJsep = (sdp: string): NonNullable<JanusMessage['jsep']> => {
  const order = layerOrder(sdp);
  return { type: 'offer', sdp, ...(order && { rid_order: order }) };
};

/** @throws PatchbayError janus_error when Janus made none */
export const answerOf = (reply: PluginReply): Description => descriptionOf('answer', reply);

/** @throws PatchbayError janus_error when Janus made none */
export const offerOf = (reply: PluginReply): Description => descriptionOf('offer', reply);

function descriptionOf(kind: 'offer' | 'answer', { jsep }: PluginReply): Description {
  if (jsep?.type !== kind || typeof jsep.sdp !== 'string') {
    throw new PatchbayError('janus_error', `Janus made no ${kind}`);
  }
  return { sdp: jsep.sdp, sdp_type: 'webrtc', trickle_ice: false };
}
