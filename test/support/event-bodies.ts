import * as z from 'zod/mini';
import { candidate } from '../../lib/protocol/candidate.ts';
import type { RoomEventType, SessionEventType } from '../../lib/protocol/events.ts';
import { recording } from '../../lib/protocol/recording.ts';
import { roomInfo, roomMember } from '../../lib/protocol/room.ts';
import { description, sessionInfo, sessionType, setTypeReply } from '../../lib/protocol/session.ts';

const info = z.object({ info: z.string(), data: z.record(z.string(), z.unknown()) });
const ended = z.object({ code: z.int(), reason: z.string(), error: z.string(), duration: z.number() });
const { started_at: _, ...ofRecording } = recording.shape;
const upOrDown = z.enum(['up', 'down']);
const recordingStatus = z.object({ class: z.literal('recording'), ...ofRecording });

/** The bodies of events, of which lib/protocol has types only: of the schemas that those types come from. */
export const eventBodies = {
  session: {
    created: z.omit(sessionInfo, { offer: true, answer: true }),
    offer: z.object({ offer: description }),
    answer: z.object({ answer: description }),
    type: z.object({ type: sessionType, ...setTypeReply.shape }),
    status: z.discriminatedUnion('class', [
      z.object({ class: z.literal('webrtc'), status: upOrDown }),
      z.object({ class: z.literal('media'), media: z.enum(['audio', 'video']), status: upOrDown }),
      z.object({ class: z.literal('slow_link'), uplink: z.boolean(), lost: z.int() }),
      z.object({ class: z.literal('hangup'), cause: z.string() }),
      z.object({ class: z.literal('engine'), status: upOrDown }),
      z.object({ class: z.literal('owner'), status: z.enum(['connected', 'gone', 'taken']) }),
      recordingStatus,
    ]),
    candidate,
    candidate_end: z.object({}),
    info,
    destroyed: ended,
  } satisfies Record<SessionEventType, z.core.$ZodType>,
  room: {
    created: z.omit(roomInfo, { members: true }),
    started_member: roomMember,
    stopped_member: roomMember,
    status: z.discriminatedUnion('class', [
      z.object({ class: z.literal('layout'), layout: z.string() }),
      z.object({ class: z.literal('mute'), session_id: z.string(), audio: z.boolean(), video: z.boolean() }),
      z.object({ class: z.literal('listening'), session_id: z.string(), peer_id: z.string() }),
      recordingStatus,
    ]),
    info,
    destroyed: ended,
  } satisfies Record<RoomEventType, z.core.$ZodType>,
} as const;
