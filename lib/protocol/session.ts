import * as z from 'zod/mini';
import { candidate, maxCandidates } from './candidate.ts';
import { clientId, objectId } from './ids.ts';
import { limits } from './limits.ts';
import { recording } from './recording.ts';
import { audioCodec, bitrateKbps, roomMember, videoCodec } from './room.ts';

/** The schemas of `subclass: "session"`. docs/protocol.md#sessions; every field's unit and default stands there. */

export const sessionTypes = ['p2p', 'echo', 'park', 'bridge', 'mcu', 'proxy', 'publish', 'listen'] as const;
export const sessionType = z.enum(sessionTypes);
export type SessionType = z.output<typeof sessionType>;

export const sdpType = z.enum(['webrtc', 'rtp']);
export type SdpType = z.output<typeof sdpType>;

/** Both names of each backend, as the seeds write them, and the one that patchbay answers with. */
export const backendNames = {
  nkmedia_janus: 'janus',
  janus: 'janus',
  nkmedia_fs: 'freeswitch',
  freeswitch: 'freeswitch',
  p2p: 'p2p',
} as const;
export type BackendKind = (typeof backendNames)[keyof typeof backendNames];

const sdp = z.string().check(
  z.maxLength(limits.sdpChars),
  z.refine((text) => text.trim() !== '', { error: 'missing_sdp: is empty', abort: true }),
  z.refine((text) => /(^|\n)m=/.test(text), 'has no m= line'),
  // Janus cannot parse a message with these, and does not answer it at all.
  z.refine((text) => text.isWellFormed() && !text.includes('\0'), 'has a NUL or half a surrogate pair'),
);

/** An offer or an answer: an SDP (RFC 8866, LF or CRLF) and what kind it is. docs/protocol.md#objects. */
export const description = z.strictObject({
  sdp: z.pipe(
    z.transform((text) => text ?? ''),
    sdp,
  ),
  sdp_type: z._default(sdpType, 'webrtc'),
  trickle_ice: z._default(z.boolean(), false),
});
export type Description = z.output<typeof description>;

export const mediaFields = {
  mute_audio: z.optional(z.boolean()),
  mute_video: z.optional(z.boolean()),
  mute_data: z.optional(z.boolean()),
  bitrate: z.optional(z.int().check(z.gte(0), z.lte(1_000_000_000))),
};

const wrongAction = { error: 'invalid_action: is none of this command' };
const flag = (value: boolean) => z._default(z.boolean(), value);
const seconds = (max: number, fallback: number, min = 1) => z._default(z.int().check(z.gte(min), z.lte(max)), fallback);
/** `JSON.parse` reads nesting that `JSON.stringify`, which is recursive, cannot write: that counts as too much. */
function jsonBytes(value: unknown): number {
  try {
    return new TextEncoder().encode(JSON.stringify(value)).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
const smallObject = (bytes: number) =>
  z
    .record(z.string(), z.unknown())
    .check(z.refine((value) => jsonBytes(value) <= bytes, `must be at most ${bytes} bytes of JSON`));

/** A field that is known, and refused: nobody shall think that it was heeded. */
const notYet = z.optional(z.never({ error: 'not_implemented: is not part of this release' }));

/** A profile of the engine's configuration. */
const roomType = z.string().check(z.regex(/^[A-Za-z0-9-]{1,64}$/, 'may have 1 to 64 of A-Z a-z 0-9 -'));

export const createData = z.strictObject({
  type: sessionType,
  session_id: z.optional(clientId),
  wait_reply: flag(false),
  offer: z.optional(description),
  sdp_type: z.optional(sdpType),
  offer_video: z.optional(z.boolean()),
  backend: z.optional(z.string().check(z.maxLength(64))),
  no_offer_trickle_ice: flag(false),
  no_answer_trickle_ice: flag(false),
  trickle_ice_timeout: z._default(z.int().check(z.gte(100), z.lte(20_000)), 5000),
  master_id: z.optional(objectId),
  set_master_answer: z.optional(z.boolean()),
  stop_after_peer: flag(true),
  peer_id: z.optional(objectId),
  room_id: z.optional(objectId),
  create_room: flag(false),
  room_type: z.optional(roomType),
  layout: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_+-]{1,64}$/, 'may have 1 to 64 of A-Z a-z 0-9 _ + -'))),
  room_audio_codec: z.optional(audioCodec),
  room_video_codec: z.optional(videoCodec),
  room_bitrate: z.optional(bitrateKbps),
  publisher_id: z.optional(objectId),
  ...mediaFields,
  record: flag(false),
  wait_timeout: seconds(3600, 60),
  ready_timeout: seconds(604_800, 86_400),
  reconnect_timeout: seconds(3600, 30, 0),
  subscribe: flag(true),
  event_body: z._default(smallObject(limits.eventBodyBytes), {}),
  /** Of the player: what to play, and how often. */
  uri: notYet,
  loops: notYet,
});
export type CreateData = z.output<typeof createData>;

/** Every command of a session but `create`, `get_list` and `attach` carries this; the pipeline fills it in when it is missing. */
const sessionId = { session_id: z.optional(objectId) };

export const destroyData = z.strictObject({ ...sessionId, reason: z.optional(z.string().check(z.maxLength(256))) });
export const getInfoData = z.strictObject({ ...sessionId });
export const waitData = z.strictObject({
  ...sessionId,
  timeout: z._default(z.int().check(z.gte(1), z.lte(limits.waitSeconds)), limits.waitSeconds),
});
export const updateMediaData = z
  .strictObject({ ...sessionId, ...mediaFields })
  .check(
    z.refine(
      (data) =>
        data.mute_audio !== undefined ||
        data.mute_video !== undefined ||
        data.mute_data !== undefined ||
        data.bitrate !== undefined,
      'missing_field: needs one of mute_audio, mute_video, mute_data, bitrate',
    ),
  );
const name = (max: number) =>
  z.string().check(z.regex(new RegExp(`^[A-Za-z0-9_+-]{1,${max}}$`), `may have 1 to ${max} of A-Z a-z 0-9 _ + -`));

export const setAnswerData = z.strictObject({ ...sessionId, answer: description });
export const setTypeData = z.strictObject({
  ...sessionId,
  type: sessionType,
  room_id: z.optional(objectId),
  room_type: z.optional(roomType),
  layout: z.optional(name(64)),
  peer_id: z.optional(objectId),
  publisher_id: z.optional(objectId),
  stop_after_peer: z.optional(z.boolean()),
});
export const recorderActionData = z.strictObject({
  ...sessionId,
  action: z._default(z.enum(['start', 'stop', 'list', 'get_actions'], wrongAction), 'get_actions'),
});
export const roomActionData = z.strictObject({
  ...sessionId,
  action: z._default(
    z.enum(['layout', 'mute', 'unmute', 'kick', 'list', 'record_start', 'record_stop', 'get_actions'], wrongAction),
    'get_actions',
  ),
  room_id: z.optional(objectId),
  layout: z.optional(name(64)),
  member_id: z.optional(objectId),
});
export const playerActionData = z.strictObject({ ...sessionId, action: z.string().check(z.maxLength(64)) });
export const setCandidateData = z
  .strictObject({
    ...sessionId,
    ...z.partial(candidate).shape,
    candidates: z.optional(z.array(candidate).check(z.minLength(1), z.maxLength(maxCandidates))),
  })
  .check(
    z.refine(
      (data) => data.candidate !== undefined || data.candidates !== undefined,
      'missing_field: needs candidate or candidates',
    ),
    z.refine(
      (data) => data.candidate === undefined || data.candidates === undefined,
      'invalid_parameters: has both candidate and candidates',
    ),
  );
export const sendInfoData = z.strictObject({
  ...sessionId,
  info: z.string().check(z.minLength(1), z.maxLength(64)),
  data: z.optional(smallObject(limits.infoBytes)),
});
export const attachData = z.strictObject({
  session_id: z.optional(objectId),
  resume_token: z.optional(z.string().check(z.maxLength(128))),
  since: z.optional(z.int().check(z.gte(0))),
  cursor: z.optional(z.string().check(z.maxLength(512))),
});

export const getListData = z.strictObject({
  limit: z._default(z.int().check(z.gte(1), z.lte(1000)), 100),
  cursor: z.optional(z.string().check(z.maxLength(512))),
  room_id: z.optional(objectId),
  type: z.optional(sessionType),
  user_id: z.optional(z.string().check(z.maxLength(256))),
});
export type GetListData = z.output<typeof getListData>;

export const mediaState = z.object({
  mute_audio: z.boolean(),
  mute_video: z.boolean(),
  mute_data: z.boolean(),
  bitrate: z.int(),
});
/** What a client may send and at how many bit/s (0: unlimited). */
export type MediaState = z.output<typeof mediaState>;
/** The fields to change. */
export type MediaChange = { readonly [Field in keyof MediaState]?: MediaState[Field] | undefined };

/** For each field of an `update_media`: true when it took effect, `false` where the backend can't do it. */
export const applied = z.object({
  mute_audio: z.optional(z.boolean()),
  mute_video: z.optional(z.boolean()),
  mute_data: z.optional(z.boolean()),
  bitrate: z.optional(z.boolean()),
});
export type Applied = z.output<typeof applied>;

const isoTime = z.string();

export const sessionInfo = z.object({
  session_id: z.string(),
  type: sessionType,
  type_ext: z.record(z.string(), z.unknown()),
  backend: z.enum(['janus', 'freeswitch', 'p2p']),
  backend_role: z.enum(['offeree', 'offerer']),
  state: z.enum(['wait', 'ready', 'destroyed']),
  status: z.record(z.string(), z.unknown()),
  wait_timeout: z.int(),
  ready_timeout: z.int(),
  reconnect_timeout: z.int(),
  offer: z.optional(description),
  answer: z.optional(description),
  master_id: z.optional(z.string()),
  slave_id: z.optional(z.string()),
  peer_id: z.optional(z.string()),
  room_id: z.optional(z.string()),
  room_type: z.optional(z.string()),
  publisher_id: z.optional(z.string()),
  ...mediaState.shape,
  user_id: z.string(),
  node_id: z.string(),
  created_at: isoTime,
  ready_at: z.optional(isoTime),
  recordings: z.array(recording),
  omitted: z.optional(z.array(z.string())),
});
/** All that is known of a session: the reply of `get_info`, and without the SDPs the body of `created`. */
export type SessionInfo = z.output<typeof sessionInfo>;

export const sessionSummary = z.object({
  session_id: z.string(),
  type: sessionType,
  state: z.enum(['wait', 'ready', 'destroyed']),
  user_id: z.string(),
  backend: z.enum(['janus', 'freeswitch', 'p2p']),
  created_at: isoTime,
});
export type SessionSummary = z.output<typeof sessionSummary>;

export const createReply = z.object({
  session_id: z.string(),
  resume_token: z.string(),
  seq: z.int(),
  answer: z.optional(description),
  offer: z.optional(description),
  room_id: z.optional(z.string()),
  room: z.optional(z.string()),
});
export const noReply = z.object({});
export const answerReply = z.object({ answer: description });
export const offerReply = z.object({ offer: description });
export const setTypeReply = z.object({
  room_id: z.optional(z.string()),
  room_type: z.optional(z.string()),
  peer_id: z.optional(z.string()),
  publisher_id: z.optional(z.string()),
});
/** The fields of a type: what a session of it is tied to. */
export type SetTypeReply = z.output<typeof setTypeReply>;
/** The reply of `recorder_action`: to `start` id and uri, to `stop` also the duration in s. */
export const recorderReply = z.object({
  actions: z.optional(z.array(z.string())),
  recordings: z.optional(z.array(recording)),
  recording_id: z.optional(z.string()),
  uri: z.optional(z.string()),
  duration: z.optional(z.number()),
});
/** The reply of `room_action` and `player_action`. */
export const actionsReply = z.object({
  actions: z.optional(z.array(z.string())),
  members: z.optional(z.array(roomMember)),
  /** Of `record_start` and `record_stop`, with the duration in s. */
  recording_id: z.optional(z.string()),
  uri: z.optional(z.string()),
  duration: z.optional(z.number()),
});
export const attachReply = z.object({
  sessions: z.array(
    z.object({
      session_id: z.string(),
      type: sessionType,
      state: z.enum(['wait', 'ready', 'destroyed']),
      seq: z.int(),
      resume_token: z.string(),
    }),
  ),
  cursor: z.optional(z.string()),
});
export const updateMediaReply = z.object({ applied });
export const getListReply = z.object({ sessions: z.array(sessionSummary), cursor: z.optional(z.string()) });
