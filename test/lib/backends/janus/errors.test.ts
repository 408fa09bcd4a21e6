import { describe, expect, test } from 'vitest';
import { isGone, janusCode, toPatchbayError } from '../../../../lib/backends/janus/errors.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';

describe("Janus' code", () => {
  test.each([
    [new Error('465 Invalid SDP'), 465],
    [new Error('Timeout 465'), undefined],
    [new Error(''), undefined],
    ['465 Invalid', undefined],
  ])('of %o is %s', (error, code) => {
    expect(janusCode(error)).toBe(code);
  });

  test.each([458, 459])('%i means that what was asked for is gone', (code) => {
    expect(isGone(new Error(`${code} No such thing`))).toBe(true);
  });

  test.each([new Error('490 No'), new Error('socket closed'), undefined])('%o does not', (error) => {
    expect(isGone(error)).toBe(false);
  });
});

describe('what janode throws becomes', () => {
  test.each([
    ['464 JSON error', 'invalid_value'],
    ['465 Invalid SDP', 'invalid_value'],
    ['466 Invalid stream', 'invalid_value'],
    ['414 Error parsing offer', 'invalid_value'],
    ['446 Error parsing SDP: Invalid c= line', 'invalid_value'],
    ['447 Invalid SDP', 'invalid_value'],
    ['483 Error parsing offer', 'invalid_value'],
    ['426 No such room', 'room_not_found'],
    ['427 Room exists', 'room_already_exists'],
    ['428 No such feed', 'invalid_publisher'],
    ['432 Maximum number of publishers', 'invalid_operation'],
    ['437 Error parsing offer', 'invalid_value'],
    ['458 No such session', 'janus_session_down'],
    ['459 No such handle', 'janus_session_down'],
    ['490 Unknown', 'janus_error'],
    ['transaction timed out', 'janus_connection_error'],
    ['connection closed', 'janus_connection_error'],
  ] as const)('%s: %s, its own words for the log', (text, reason) => {
    const cause = new Error(text);
    const error = toPatchbayError(cause, 'start');
    expect(error).toMatchObject({ name: 'PatchbayError', reason, cause });
    expect(error.engine?.text).toBe(text);
    expect(error.engine?.code).toBe(/^\d/.test(text) ? Number(text.slice(0, 3)) : undefined);
    expect(error.toBody()).not.toHaveProperty('engine');
  });

  test('says what Janus was asked', () => {
    expect(toPatchbayError(new Error('490 Nope'), 'attach').message).toBe('Janus refused attach: 490 Nope');
    expect(toPatchbayError(new Error('timed out'), 'attach').message).toBe('Janus did not answer to attach');
  });

  test('an error of ours stays as it is', () => {
    const error = new PatchbayError('janus_bye');
    expect(toPatchbayError(error, 'start')).toBe(error);
  });

  test('what is no error is read, too', () => {
    expect(toPatchbayError('oops', 'start')).toMatchObject({
      reason: 'janus_connection_error',
      engine: { text: 'oops' },
    });
  });
});
