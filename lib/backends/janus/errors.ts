import { PatchbayError, type Reason } from '../../protocol/errors.ts';

/**
 * The codes that mean that the client's SDP was wrong: of Janus itself, which reads those of WebRTC, then of the plugins
 * echotest, nosip (which alone reads those of plain RTP) and videocall.
 * https://github.com/meetecho/janus-gateway/blob/master/src/apierror.h
 */
const sdpErrors = new Set([464, 465, 466, 414, 446, 447, 483]);

/** Its codes for a session or handle that is not there (any more). */
const goneErrors = new Set([458, 459]);

/** The videoroom plugin's codes that a client can do something about. https://github.com/meetecho/janus-gateway/blob/master/src/plugins/janus_videoroom.c */
const roomErrors: Readonly<Record<number, readonly [Reason, string]>> = {
  426: ['room_not_found', 'Janus has no such room'],
  427: ['room_already_exists', 'Janus has a room with this id'],
  428: ['invalid_publisher', 'the publisher is not sending'],
  432: ['invalid_operation', 'the room has as many publishers as it may have'],
  437: ['invalid_value', 'Janus cannot use the SDP'],
};

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
  const [reason, says] = roomErrors[code] ?? [];
  if (reason) return new PatchbayError(reason, says, options);
  if (sdpErrors.has(code)) return new PatchbayError('invalid_value', `Janus cannot use the SDP: ${text}`, options);
  if (goneErrors.has(code)) return new PatchbayError('janus_session_down', undefined, options);
  return new PatchbayError('janus_error', `Janus refused ${doing}: ${text}`, options);
}
