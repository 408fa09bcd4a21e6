import * as z from 'zod/mini';

/** How far a recording is: being written, being closed, to be had whole, or lost, of which `bytes` may be there all the same. */
export const recordingState = z.enum(['started', 'processing', 'available', 'failed']);
export type RecordingState = z.output<typeof recordingState>;

/** One recording of a session. `duration` in s, once it was stopped. docs/protocol.md#recordings. */
export const recording = z.object({
  recording_id: z.string(),
  state: recordingState,
  /** Where it will be, from the start on. */
  uri: z.string(),
  started_at: z.string(),
  duration: z.optional(z.number()),
  /** Of all its files, once they are closed. */
  bytes: z.optional(z.int()),
});
export type Recording = z.output<typeof recording>;
