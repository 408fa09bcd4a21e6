import type { Manifest } from './manifest.ts';

/**
 * What the event bus is told of a recording that is in the bucket, or could not be brought there, or is there, but not whole: the
 * events `recording.available` and `recording.failed`, which also come when its session has long ended. `duration` in s.
 */
export const recordingEvent = (facts: Manifest, uri: string): Record<string, unknown> => ({
  tenant: facts.tenant,
  recording_id: facts.recording_id,
  ...(facts.session_id !== undefined && { session_id: facts.session_id }),
  ...(facts.room_id !== undefined && { room_id: facts.room_id }),
  type: facts.type,
  started_at: facts.started_at,
  duration: facts.duration_ms / 1000,
  uri,
});
