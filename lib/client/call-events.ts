import * as z from 'zod/mini';
import type { SessionStatus } from '../protocol/events.ts';
import { recording } from '../protocol/recording.ts';

/** Bodies of a session's events, read by schema. */

/** How a call ended: a row of the errors' table, and for how many seconds the session lived. */
export interface Ended {
  readonly code: number;
  /** A `Reason`, or one that a newer server knows. */
  readonly reason: string;
  readonly error: string;
  readonly duration: number;
}

const upOrDown = z.enum(['up', 'down']);

const status: z.ZodMiniType<SessionStatus> = z.union([
  z.object({ class: z.literal('webrtc'), status: upOrDown }),
  z.object({ class: z.literal('media'), media: z.enum(['audio', 'video']), status: upOrDown }),
  z.object({ class: z.literal('slow_link'), uplink: z.boolean(), lost: z.number() }),
  z.object({ class: z.literal('hangup'), cause: z.string() }),
  z.object({ class: z.literal('engine'), status: upOrDown }),
  z.extend(z.omit(recording, { started_at: true }), { class: z.literal('recording') }),
  z.object({ class: z.literal('owner'), status: z.enum(['connected', 'gone', 'taken']) }),
]);

const ended: z.ZodMiniType<Ended> = z.object({
  code: z._default(z.number(), 0),
  reason: z._default(z.string(), 'session_stop'),
  error: z._default(z.string(), ''),
  duration: z._default(z.number(), 0),
});

/** Undefined for a class that this release doesn't know: `onEvent` of the call has it all the same. */
export const readStatus = (body: unknown): SessionStatus | undefined => status.safeParse(body).data;

/** Never fails: a session that is destroyed is over, whatever else the event says. */
export const readEnded = (body: unknown): Ended =>
  ended.safeParse(body).data ?? { code: 0, reason: 'session_stop', error: 'the session ended', duration: 0 };
