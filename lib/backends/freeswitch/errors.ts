import { PatchbayError, type Reason } from '../../protocol/errors.ts';

/** What FreeSWITCH answers that a client can do something about. */
const refusals: readonly (readonly [RegExp, Reason, string])[] = [
  [/No such channel|Invalid uuid|Cannot locate session/i, 'fs_channel_stop', 'FreeSWITCH has no such channel'],
  [/Conference \S+ not found/i, 'room_not_found', 'FreeSWITCH has no such conference'],
  [/Non-Existant ID/i, 'member_not_found', 'FreeSWITCH has no such member'],
  [/not in mixing mode/i, 'invalid_operation', 'the conference has no picture to arrange'],
  [/Invalid layout/i, 'invalid_value', 'FreeSWITCH has no such layout'],
  [/already being used for recording/i, 'invalid_state', 'FreeSWITCH records there already'],
];

/** @throws PatchbayError for `-ERR`, with FreeSWITCH's words for the log */
export function requireOk(answer: string, doing: string, otherwise: Reason = 'fs_error'): string {
  const text = answer.trim();
  if (!/^-(ERR|USAGE)/.test(text)) return text;
  const options = { engine: { text } };
  const known = refusals.find(([pattern]) => pattern.test(text));
  throw known
    ? new PatchbayError(known[1], known[2], options)
    : new PatchbayError(otherwise, `FreeSWITCH refused ${doing}: ${text}`, options);
}

/** SIP statuses that mean that the SDP was wrong. RFC 3261 section 21. */
const sdpStatuses = new Set([400, 415, 488]);

/** An INVITE that FreeSWITCH refused. */
export function inviteRefused(status: number, phrase: string): PatchbayError {
  const options = { engine: { code: status, text: phrase } };
  if (sdpStatuses.has(status)) {
    return new PatchbayError('invalid_value', `FreeSWITCH cannot use the SDP: ${status} ${phrase}`, options);
  }
  if (status === 503) {
    return new PatchbayError('no_mediaserver', 'FreeSWITCH takes no more calls now', {
      ...options,
      retryAfterSeconds: 1,
    });
  }
  return new PatchbayError('fs_invite_error', `FreeSWITCH refused the call: ${status} ${phrase}`, options);
}

export const channelGone = (cause = 'gone'): PatchbayError =>
  new PatchbayError('fs_channel_stop', `FreeSWITCH ended the channel: ${cause}`, { engine: { text: cause } });
