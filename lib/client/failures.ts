import { PatchbayError } from '../protocol/errors.ts';

/** What the server refused, as it is; what WebRTC refused as session_failed. */
export function toPatchbayError(error: unknown): PatchbayError {
  if (error instanceof PatchbayError) return error;
  return new PatchbayError('session_failed', error instanceof Error ? error.message : undefined, { cause: error });
}
