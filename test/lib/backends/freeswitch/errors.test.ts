import { describe, expect, test } from 'vitest';
import { channelGone, inviteRefused, requireOk } from '../../../../lib/backends/freeswitch/errors.ts';
import { reason, refusal } from '../../../support/errors.ts';

describe("FreeSWITCH's answer", () => {
  test.each(['+OK\n', '+OK Success\n', '1.11.3-dev\n', '{"row_count": 0}\n', 'false', ''])('%j is one', (answer) => {
    expect(requireOk(answer, 'anything')).toBe(answer.trim());
  });

  test.each([
    ['-ERR No such channel!\n', 'fs_channel_stop'],
    ['-ERR Invalid uuid\n', 'fs_channel_stop'],
    ['-ERR Cannot locate session!\n', 'fs_channel_stop'],
    ['-ERR Conference room-1 not found\n', 'room_not_found'],
    ['-ERR Non-Existant ID 7\n', 'member_not_found'],
    ['-ERR Invalid layout [nope]\n', 'invalid_value'],
    ['-ERR Conference is not in mixing mode\n', 'invalid_operation'],
    ['-ERR file [/a.wav] is already being used for recording.\n', 'invalid_state'],
    ['-ERR Operation Failed\n', 'fs_error'],
    ['-USAGE: <uuid> [cause]\n', 'fs_error'],
  ] as const)('%j is %s, with its words kept for the log', (answer, name) => {
    expect(refusal(() => requireOk(answer, 'it'))).toMatchObject({
      ...reason(name),
      engine: { text: answer.trim() },
    });
  });

  test('that says nothing to us is what the caller says', () => {
    expect(refusal(() => requireOk('-ERR USER_BUSY\n', 'it', 'fs_get_offer_error'))).toMatchObject(
      reason('fs_get_offer_error'),
    );
  });
});

test.each([
  [400, 'invalid_value'],
  [415, 'invalid_value'],
  [488, 'invalid_value'],
  [503, 'no_mediaserver'],
  [480, 'fs_invite_error'],
  [603, 'fs_invite_error'],
] as const)('a call that is refused with %i is %s', (status, name) => {
  expect(inviteRefused(status, 'phrase')).toMatchObject({ ...reason(name), engine: { code: status, text: 'phrase' } });
});

test('a channel that is gone says why', () => {
  expect(channelGone('MEDIA_TIMEOUT')).toMatchObject(reason('fs_channel_stop'));
  expect(channelGone('MEDIA_TIMEOUT').message).toContain('MEDIA_TIMEOUT');
});
