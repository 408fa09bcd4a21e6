import type { MediaChange } from '../../protocol/session.ts';
import type { RoomSpec } from '../backend.ts';
import type { StreamPair } from './streams.ts';

/** The bodies of the videoroom plugin's requests. https://janus.conf.meetecho.com/docs/videoroom.html */

type Body = Record<string, unknown>;

export const createRoom = (spec: RoomSpec, description: string): Body => ({
  request: 'create',
  room: spec.mediaId,
  description,
  // One that is private would be missing in the list that shows us which are left over.
  is_private: false,
  permanent: false,
  publishers: spec.maxPublishers,
  audiocodec: spec.audioCodec,
  videocodec: spec.videoCodec,
  notify_joining: false,
  ...(spec.bitrateBps > 0 && { bitrate: spec.bitrateBps, bitrate_cap: true }),
});

export const destroyRoom = (room: string): Body => ({ request: 'destroy', room, permanent: false });

export const publish = (room: string, feed: string, bitrateBps: number): Body => ({
  request: 'joinandconfigure',
  ptype: 'publisher',
  room,
  id: feed,
  bitrate: bitrateBps,
});

/** Janus takes a publisher's own bitrate even above its room's cap. 0: unlimited. */
export const clampBps = (bps: number, roomBps: number): number =>
  roomBps === 0 || (bps > 0 && bps < roomBps) ? bps : roomBps;

/** @param roomBps what the room lets each publisher send */
export const publisherUpdate = (change: MediaChange, roomBps: number): Body => ({
  ...(change.mute_audio !== undefined && { audio: !change.mute_audio }),
  // Listeners see nothing of video that is let through again before its next keyframe.
  ...(change.mute_video !== undefined && { video: !change.mute_video, keyframe: !change.mute_video }),
  ...(change.mute_data !== undefined && { data: !change.mute_data }),
  ...(change.bitrate !== undefined && { bitrate: clampBps(change.bitrate, roomBps) }),
});

/** No `autoupdate`: when the publisher leaves, Janus would make an offer that nobody answers. */
export const subscribe = (room: string, feed: string): Body => ({
  request: 'join',
  ptype: 'subscriber',
  room,
  autoupdate: false,
  streams: [{ feed }],
});

export const switchStreams = (feed: string, pairs: readonly StreamPair[]): Body => ({
  request: 'switch',
  streams: pairs.map(({ mid, subMid }) => ({ feed, mid, sub_mid: subMid })),
});

/** A new offer: what was heard goes, and what is published comes, each sent or not. */
export const replaceStreams = (
  oldMids: readonly string[],
  feed: string,
  streams: readonly { readonly mid: string; readonly send: boolean }[],
): Body => ({
  request: 'update',
  ...(oldMids.length > 0 && { unsubscribe: oldMids.map((mid) => ({ sub_mid: mid })) }),
  subscribe: streams.map(({ mid, send }) => ({ feed, mid, send })),
});

/** What a listener is to be sent of a stream. */
export interface StreamSetting {
  readonly mid: string;
  readonly send?: boolean;
  readonly substream?: number;
  readonly temporal?: number;
}

export const configureStreams = (streams: readonly StreamSetting[]): Body => ({ request: 'configure', streams });
