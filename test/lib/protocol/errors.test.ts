import { describe, expect, test } from 'vitest';
import { errorTable, isReason, PatchbayError } from '../../../lib/protocol/errors.ts';

/** docs/protocol.md#errors, row by row. */
const rows: Readonly<Record<string, number>> = {
  normal_termination: 100001,
  internal_error: 100002,
  invalid_state: 100004,
  timeout: 100005,
  not_implemented: 100006,
  registered_down: 100010,
  user_stop: 100011,
  member_stop: 100012,
  api_stop: 100013,
  unauthorized: 100030,
  not_authenticated: 100031,
  duplicated_session_id: 100034,
  invalid_session_id: 100035,
  member_not_found: 100036,
  invalid_operation: 100040,
  invalid_parameters: 100041,
  unknown_command: 100042,
  invalid_action: 100043,
  syntax_error: 100044,
  missing_field: 100045,
  invalid_value: 100046,
  session_timeout: 100060,
  session_stop: 100061,
  session_not_found: 100062,
  invalid_uri: 100070,
  unknown_peer: 100071,
  no_mediaserver: 300001,
  different_mediaserver: 300002,
  unknown_backend: 300003,
  session_failed: 300004,
  incompatible_session: 300005,
  offer_not_set: 300010,
  offer_already_set: 300011,
  answer_not_set: 300012,
  answer_already_set: 300013,
  no_ice_candidates: 300014,
  missing_sdp: 300015,
  bridge_stop: 300020,
  peer_stopped: 300021,
  no_active_recorder: 300030,
  no_active_player: 300031,
  no_active_room: 300032,
  node_lost: 300050,
  node_draining: 300051,
  message_too_large: 300052,
  rate_limited: 300053,
  recording_failed: 300054,
  janus_error: 301001,
  janus_connection_error: 301002,
  janus_session_down: 301003,
  janus_bye: 301004,
  fs_error: 302001,
  fs_invite_error: 302002,
  fs_get_answer_error: 302003,
  fs_get_offer_error: 302004,
  fs_channel_parked: 302005,
  fs_channel_stop: 302006,
  fs_transfer_error: 302007,
  fs_bridge_error: 302008,
  room_not_found: 304001,
  room_already_exists: 304002,
  room_destroyed: 304003,
  no_room_members: 304004,
  invalid_publisher: 304005,
  publisher_stop: 304006,
};

describe('the table', () => {
  test('has the rows of the protocol with their codes, and no other', () => {
    expect(Object.fromEntries(Object.entries(errorTable).map(([reason, [code]]) => [reason, code]))).toEqual(rows);
  });

  test('gives no code twice', () => {
    const codes = Object.values(errorTable).map(([code]) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test('has a sentence for each', () => {
    for (const [, text] of Object.values(errorTable)) expect(text).toMatch(/^[A-Z a-z',]{8,}$/);
  });

  test.each(['toString', '__proto__', 'constructor', '', 'Timeout'])('%j is no reason', (word) => {
    expect(isReason(word)).toBe(false);
  });
});

describe('an error', () => {
  test("says its detail, or else the table's sentence", () => {
    expect(new PatchbayError('timeout', 'no answer came').toBody().error).toBe('no answer came');
    expect(new PatchbayError('timeout').toBody().error).toBe('nothing came in time');
  });

  test('never carries its cause or the words of an engine to a client', () => {
    const error = new PatchbayError('janus_error', 'refused', {
      cause: new Error('secret'),
      engine: { code: 490, text: 'inner' },
    });
    expect(error.toBody()).toEqual({ code: 301001, reason: 'janus_error', error: 'refused' });
    expect(error.cause).toMatchObject({ message: 'secret' });
  });

  test('is the same on the other side of the wire', () => {
    const error = new PatchbayError('no_mediaserver', 'none is up', { retryAfterSeconds: 3 });
    expect(PatchbayError.fromBody(error.toBody())).toMatchObject({
      reason: 'no_mediaserver',
      code: 300001,
      message: 'none is up',
      retryAfterSeconds: 3,
    });
  });

  test('with a reason that this release does not know becomes internal_error', () => {
    expect(PatchbayError.fromBody({ reason: 'on_fire', error: 'hot' })).toMatchObject({
      reason: 'internal_error',
      message: 'on_fire: hot',
    });
  });
});
