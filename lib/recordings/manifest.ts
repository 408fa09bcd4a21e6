import * as z from 'zod/mini';

/** Files beside the manifest, and a tenant's name: what is read may be an engine's, and must not lead elsewhere. */
const fileName = z.string().check(z.regex(/^[^./\\][^/\\]*$/));
const tenantName = z.string().check(z.regex(/^[A-Za-z0-9_.:-]{1,64}$/));

/** `recording.json`: what a recording is, and which of its files hold which part of it. */
export const manifest = z.object({
  recording_id: z.string(),
  tenant: tenantName,
  /** Of whom it is: a session, or the mix of a room. */
  session_id: z.optional(z.string()),
  room_id: z.optional(z.string()),
  type: z.string(),
  started_at: z.string(),
  duration_ms: z.number(),
  parts: z.array(
    z.object({
      files: z.array(fileName),
      offset_ms: z.number(),
      duration_ms: z.number(),
      /** The engine did not say that the files are whole: it died, or did not answer. The end may be missing. */
      incomplete: z.optional(z.literal(true)),
    }),
  ),
});
export type Manifest = z.output<typeof manifest>;

export const isWhole = ({ parts }: Manifest): boolean => parts.every(({ incomplete }) => !incomplete);
