import { PatchbayError } from '../../protocol/errors.ts';

/** Janus' codes that mean that the client's SDP was wrong. https://github.com/meetecho/janus-gateway/blob/master/src/apierror.h */
const sdpErrors = new Set([464, 465, 466]);

/** Its codes for a session or handle that is not there (any more). */
const goneErrors = new Set([458, 459]);

/** janode gives Janus' errors as `Error("465 …")`. */
export function janusCode(error: unknown): number | undefined {
  const code = error instanceof Error ? /^(\d{3}) /.exec(error.message)?.[1] : undefined;
  return code === undefined ? undefined : Number(code);
}

export const isGone = (error: unknown): boolean => goneErrors.has(janusCode(error) ?? 0);

/** What janode threw, as an error of ours; Janus' own code and words go along for the log. */
export function toPatchbayError(error: unknown, doing: string): PatchbayError {
  if (error instanceof PatchbayError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const code = janusCode(error);
  const options = { cause: error, engine: { text, ...(code !== undefined && { code }) } };
  if (code === undefined) {
    return /timed out/i.test(text)
      ? new PatchbayError('janus_connection_error', `Janus did not answer to ${doing}`, options)
      : new PatchbayError('janus_connection_error', `the connection to Janus was lost during ${doing}`, options);
  }
  if (sdpErrors.has(code)) return new PatchbayError('invalid_value', `Janus cannot use the SDP: ${text}`, options);
  if (goneErrors.has(code)) return new PatchbayError('janus_session_down', undefined, options);
  return new PatchbayError('janus_error', `Janus refused ${doing}: ${text}`, options);
}
