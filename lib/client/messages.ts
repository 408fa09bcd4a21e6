import * as z from 'zod/mini';
import { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayEvent } from '../protocol/events.ts';

/** What comes from the server, read by schema: everything else is dropped, as a newer server may say more. */
export type Incoming =
  | { readonly kind: 'reply'; readonly tid: string; readonly data: unknown }
  | { readonly kind: 'error'; readonly tid: string; readonly error: PatchbayError }
  | { readonly kind: 'events'; readonly events: readonly PatchbayEvent[] }
  | { readonly kind: 'unknown' };

const okReply = z.object({ result: z.literal('ok'), data: z.optional(z.unknown()), tid: z.string() });
const errorReply = z.object({
  result: z.literal('error'),
  data: z.object({ reason: z.string(), error: z.string(), retry_after: z.optional(z.number()) }),
  tid: z.string(),
});
const event: z.ZodMiniType<PatchbayEvent> = z.object({
  class: z.literal('media'),
  subclass: z.enum(['session', 'room']),
  type: z.string(),
  obj_id: z.string(),
  body: z.record(z.string(), z.unknown()),
  seq: z.number(),
  time: z.string(),
});
const eventMessage = z.object({ cmd: z.literal('event'), data: z.unknown() });

export function parseIncoming(text: string): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'unknown' };
  }
  const events = eventMessage.safeParse(value);
  if (events.success) return { kind: 'events', events: readEvents(events.data.data) };
  const ok = okReply.safeParse(value);
  if (ok.success) return { kind: 'reply', tid: ok.data.tid, data: ok.data.data ?? {} };
  const failed = errorReply.safeParse(value);
  if (failed.success) return { kind: 'error', tid: failed.data.tid, error: PatchbayError.fromBody(failed.data.data) };
  return { kind: 'unknown' };
}

/** One event or several of the same moment; one that can't be read doesn't hide the others. */
function readEvents(data: unknown): PatchbayEvent[] {
  return (Array.isArray(data) ? data : [data]).flatMap((item: unknown) => {
    const result = event.safeParse(item);
    return result.success ? [result.data] : [];
  });
}
