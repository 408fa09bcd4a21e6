import * as z from 'zod/mini';
import { clientId, objectId } from './ids.ts';

/** The schemas of `subclass: "room"`. docs/protocol.md#rooms; every field's unit and default stands there. */

export const audioCodec = z.enum(['opus', 'isac32', 'isac16', 'pcmu', 'pcma']);
export type AudioCodec = z.output<typeof audioCodec>;
export const videoCodec = z.enum(['vp8', 'vp9', 'h264']);
export type VideoCodec = z.output<typeof videoCodec>;
/** kbit/s; 0: unlimited. */
export const bitrateKbps = z.int().check(z.gte(0), z.lte(1_000_000));

export const roomClass = z.enum(['sfu', 'mcu']);
/** `sfu`: each hears whom it listens to; `mcu`: all hear the mix. */
export type RoomClass = z.output<typeof roomClass>;

export const roomRole = z.enum(['publisher', 'listener', 'member']);
/** What a session is in its room: of an `sfu` publisher or listener, of an `mcu` member. */
export type RoomRole = z.output<typeof roomRole>;

export const roomMember = z.object({
  session_id: z.string(),
  role: roomRole,
  user_id: z.string(),
  /** For a listener, its publisher. */
  peer_id: z.optional(z.string()),
  /** True while a moderator has muted it for the whole room. */
  mute_audio: z.optional(z.boolean()),
  mute_video: z.optional(z.boolean()),
});
/** A session in a room: in `get_info`, and the body of `started_member` and `stopped_member`. */
export type RoomMember = z.output<typeof roomMember>;

const layoutName = z.string().check(z.regex(/^[A-Za-z0-9_+-]{1,64}$/, 'may have 1 to 64 of A-Z a-z 0-9 _ + -'));

/** The profile of an `mcu` room for which none was named. */
export const defaultRoomType = 'video-mcu-stereo';

export const roomDefaults = {
  audio_codec: 'opus',
  video_codec: 'vp8',
  bitrate: 0,
  timeout: 300,
  max_publishers: 50,
} as const satisfies Partial<RoomOptions>;

/** Codecs and bitrate are what publishers must keep to; `timeout` s without publishers end the room. */
export interface RoomOptions {
  readonly audio_codec: AudioCodec;
  readonly video_codec: VideoCodec;
  readonly bitrate: number;
  readonly timeout: number;
  readonly max_publishers: number;
}

export const createRoomData = z.strictObject({
  class: roomClass,
  room_id: z.optional(clientId),
  backend: z.optional(z.string().check(z.maxLength(64))),
  audio_codec: z._default(audioCodec, roomDefaults.audio_codec),
  video_codec: z._default(videoCodec, roomDefaults.video_codec),
  bitrate: z._default(bitrateKbps, roomDefaults.bitrate),
  timeout: z._default(z.int().check(z.gte(5), z.lte(259_200)), roomDefaults.timeout),
  max_publishers: z._default(z.int().check(z.gte(1), z.lte(1000)), roomDefaults.max_publishers),
});
export type CreateRoomData = z.output<typeof createRoomData>;

const room = { room_id: objectId };
const member = { ...room, session_id: objectId };
export const destroyRoomData = z.strictObject({ ...room, reason: z.optional(z.string().check(z.maxLength(256))) });
export const roomInfoData = z.strictObject(room);
export const roomListData = z.strictObject({
  limit: z._default(z.int().check(z.gte(1), z.lte(1000)), 100),
  cursor: z.optional(z.string().check(z.maxLength(512))),
});
export type RoomListData = z.output<typeof roomListData>;
export const kickData = z.strictObject(member);
export const muteData = z
  .strictObject({ ...member, audio: z.optional(z.boolean()), video: z.optional(z.boolean()) })
  .check(
    z.refine(
      (data) => data.audio !== undefined || data.video !== undefined,
      'missing_field: needs audio or video: true mutes, false unmutes',
    ),
  );
export const layoutData = z.strictObject({ ...room, layout: layoutName });

export const createRoomReply = z.object({ room_id: z.string() });
export const roomSummary = z.object({
  room_id: z.string(),
  class: roomClass,
  backend: z.enum(['janus', 'freeswitch']),
  members: z.int(),
  created_at: z.string(),
});
/** A line of `room/get_list`. */
export type RoomSummary = z.output<typeof roomSummary>;
export const roomListReply = z.object({ rooms: z.array(roomSummary), cursor: z.optional(z.string()) });

export const roomInfo = z.object({
  room_id: z.string(),
  class: roomClass,
  backend: z.enum(['janus', 'freeswitch']),
  audio_codec: audioCodec,
  video_codec: videoCodec,
  bitrate: bitrateKbps,
  timeout: z.int(),
  max_publishers: z.int(),
  layout: z.optional(z.string()),
  members: z.array(roomMember),
  status: z.record(z.string(), z.unknown()),
  user_id: z.string(),
  node_id: z.string(),
  created_at: z.string(),
  /** Members that did not fit into the reply. */
  omitted: z.optional(z.int()),
});
/** All that is known of a room: the reply of `room/get_info`, and without members the body of `created`. */
export type RoomInfo = z.output<typeof roomInfo>;
