import * as z from 'zod/mini';
import { PatchbayError } from '../../protocol/errors.ts';

/** What the videoroom plugin tells of media: m-line by m-line. https://janus.conf.meetecho.com/docs/videoroom.html */

const kind = z.enum(['audio', 'video', 'data']);

const publishedStream = z.object({
  type: kind,
  mid: z.string(),
  codec: z.optional(z.string()),
  /** The room has no codec for it. */
  disabled: z.optional(z.boolean()),
  simulcast: z.optional(z.boolean()),
});
/** A stream that a publisher sends. */
export type PublishedStream = z.output<typeof publishedStream>;

const heardStream = z.object({
  type: kind,
  mid: z.string(),
  active: z.boolean(),
  codec: z.optional(z.string()),
  /** Who sends it: of audio and video the one, of data all. */
  feed_id: z.optional(z.string()),
  source_ids: z.optional(z.array(z.string())),
  simulcast: z.optional(z.unknown()),
});
/** A stream that a listener gets. */
export type HeardStream = z.output<typeof heardStream>;

type Data = Record<string, unknown>;

/** What the answer to a publisher's offer says that it sends. @throws PatchbayError janus_error */
export const publishedStreams = (data: Data): PublishedStream[] =>
  parse(z.array(publishedStream), data).filter(({ disabled }) => !disabled);

/** What a listener gets from now on; undefined where an answer does not say so. @throws PatchbayError janus_error */
export const heardStreams = (data: Data): HeardStream[] | undefined =>
  data.streams === undefined
    ? undefined
    : parse(z.array(heardStream), data).map((stream) => ({ ...stream, active: stream.active && hasSource(stream) }));

/** Janus calls data active also when nobody sends it any more. */
const hasSource = ({ type, source_ids }: HeardStream): boolean => type !== 'data' || (source_ids ?? []).length > 0;

/** A listener's m-line and the published stream that is to go there: for `switch`. */
export interface StreamPair {
  readonly subMid: string;
  readonly mid: string;
}

/**
 * Which published stream goes to which m-line of a listener, when each has its like: kind and codec. Undefined when they
 * do not match, and the listener must be given a new offer.
 */
export function pairStreams(
  heard: readonly HeardStream[],
  published: readonly PublishedStream[],
): StreamPair[] | undefined {
  const free = heard.filter(({ active }) => active);
  const pairs: StreamPair[] = [];
  for (const stream of published) {
    const at = free.findIndex(({ type, codec }) => type === stream.type && codec === stream.codec);
    const [match] = at < 0 ? [] : free.splice(at, 1);
    if (!match) return undefined;
    pairs.push({ subMid: match.mid, mid: stream.mid });
  }
  return free.length === 0 ? pairs : undefined;
}

/** Whether all that is heard comes from this feed. */
export const allFrom = (feed: string, heard: readonly HeardStream[]): boolean =>
  heard.filter(({ active }) => active).every((stream) => (stream.source_ids ?? [stream.feed_id]).includes(feed));

function parse<Schema extends z.ZodMiniType>(schema: Schema, data: Data): z.output<Schema> {
  const parsed = schema.safeParse(data.streams);
  if (!parsed.success) throw new PatchbayError('janus_error', "Janus' streams cannot be read", { cause: parsed.error });
  return parsed.data;
}
