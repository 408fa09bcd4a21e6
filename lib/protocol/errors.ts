/**
 * Every error that leaves the server: a stable `code` and `reason`, and a sentence for people.
 * docs/protocol.md#errors. The same rows say why a session ended (`destroyed`).
 */
export const errorTable = {
  normal_termination: [100001, 'the session ended normally'],
  internal_error: [100002, 'an unexpected fault'],
  invalid_state: [100004, 'not possible in this state'],
  timeout: [100005, 'nothing came in time'],
  not_implemented: [100006, 'not implemented'],
  registered_down: [100010, "the owner's connection is gone"],
  user_stop: [100011, 'stopped by its owner'],
  member_stop: [100012, 'removed from the room'],
  api_stop: [100013, 'stopped by an administrator'],
  unauthorized: [100030, 'not allowed'],
  not_authenticated: [100031, 'the identity is missing or has expired'],
  duplicated_session_id: [100034, 'a session with this id is alive'],
  invalid_session_id: [100035, 'not a session id'],
  member_not_found: [100036, 'no such member'],
  invalid_operation: [100040, 'this session cannot do that'],
  invalid_parameters: [100041, 'these parameters contradict each other'],
  unknown_command: [100042, 'no such command'],
  invalid_action: [100043, 'no such action'],
  syntax_error: [100044, 'the message cannot be read'],
  missing_field: [100045, 'a field is missing'],
  invalid_value: [100046, 'a field has a wrong value'],
  session_timeout: [100060, 'the session took too long'],
  session_stop: [100061, 'the session stopped'],
  session_not_found: [100062, 'no such session'],
  invalid_uri: [100070, 'not a usable URI'],
  unknown_peer: [100071, 'no such peer'],
  no_mediaserver: [300001, 'no media server can take this session'],
  different_mediaserver: [300002, 'the sessions are on different media servers'],
  unknown_backend: [300003, 'no such backend'],
  session_failed: [300004, 'the session failed'],
  incompatible_session: [300005, 'the backend cannot do this type of session'],
  offer_not_set: [300010, 'there is no offer'],
  offer_already_set: [300011, 'there is an offer already'],
  answer_not_set: [300012, 'there is no answer'],
  answer_already_set: [300013, 'there is an answer already'],
  no_ice_candidates: [300014, 'no ICE candidates came'],
  missing_sdp: [300015, 'the SDP is missing'],
  bridge_stop: [300020, 'the bridge ended'],
  peer_stopped: [300021, 'the peer stopped'],
  no_active_recorder: [300030, 'nothing is being recorded'],
  no_active_player: [300031, 'nothing is being played'],
  no_active_room: [300032, 'the session is in no room'],
  node_lost: [300050, 'the media node was lost'],
  node_draining: [300051, 'the media node takes no new sessions'],
  message_too_large: [300052, 'the message is too large'],
  rate_limited: [300053, 'too many requests'],
  recording_failed: [300054, 'the recording failed'],
  janus_error: [301001, 'Janus refused the request'],
  janus_connection_error: [301002, 'Janus cannot be reached'],
  janus_session_down: [301003, 'Janus lost the session'],
  janus_bye: [301004, 'Janus ended the call'],
  fs_error: [302001, 'FreeSWITCH refused the request'],
  fs_invite_error: [302002, 'FreeSWITCH refused the call'],
  fs_get_answer_error: [302003, 'FreeSWITCH made no answer'],
  fs_get_offer_error: [302004, 'FreeSWITCH made no offer'],
  fs_channel_parked: [302005, 'FreeSWITCH parked the channel'],
  fs_channel_stop: [302006, 'FreeSWITCH lost the channel'],
  fs_transfer_error: [302007, 'FreeSWITCH could not transfer the channel'],
  fs_bridge_error: [302008, 'FreeSWITCH could not bridge the channels'],
  room_not_found: [304001, 'no such room'],
  room_already_exists: [304002, 'a room with this id exists'],
  room_destroyed: [304003, 'the room was destroyed'],
  no_room_members: [304004, 'the room has no members left'],
  invalid_publisher: [304005, 'no such publisher'],
  publisher_stop: [304006, 'the publisher stopped'],
} as const satisfies Record<string, readonly [code: number, text: string]>;

export type Reason = keyof typeof errorTable;

/** The `data` of an error reply. */
export interface ErrorBody {
  code: number;
  reason: Reason;
  error: string;
  retry_after?: number;
}

/**
 * The one error that may reach a client.
 *
 * `detail` says what was wrong with what and takes the place of the table's sentence; `cause` and `engine`
 * (an engine's own code and words) go to the log only.
 */
export class PatchbayError extends Error {
  override readonly name = 'PatchbayError';
  readonly code: number;
  readonly reason: Reason;
  readonly engine: { code?: number; text?: string } | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    reason: Reason,
    detail?: string,
    options: { cause?: unknown; engine?: { code?: number; text?: string }; retryAfterSeconds?: number } = {},
  ) {
    const [code, text] = errorTable[reason];
    super(detail ?? text, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.reason = reason;
    this.engine = options.engine;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  toBody(): ErrorBody {
    return {
      code: this.code,
      reason: this.reason,
      error: this.message,
      ...(this.retryAfterSeconds !== undefined && { retry_after: this.retryAfterSeconds }),
    };
  }

  /** The same error on the other side of the wire; a reason this release does not know becomes `internal_error`. */
  static fromBody(body: { reason: string; error: string; retry_after?: number | undefined }): PatchbayError {
    const options = body.retry_after === undefined ? {} : { retryAfterSeconds: body.retry_after };
    return isReason(body.reason)
      ? new PatchbayError(body.reason, body.error, options)
      : new PatchbayError('internal_error', `${body.reason}: ${body.error}`);
  }
}

export const isReason = (word: string): word is Reason => Object.hasOwn(errorTable, word);
