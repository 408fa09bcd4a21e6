import { describe, expect, test } from 'vitest';
import { answerOf, echoStart, echoUpdate, offerJsep } from '../../../../lib/backends/janus/requests.ts';
import { reason, refusal } from '../../../support/errors.ts';
import { answer, chromiumOffer } from '../../../support/sdp.ts';

const open = { mute_audio: false, mute_video: false, mute_data: false, bitrate: 0 };

describe('the start of an echo', () => {
  test('sends all back, without a limit', () => {
    expect(echoStart(open)).toEqual({ audio: true, video: true });
  });

  test('keeps back what is muted, and sets the limit', () => {
    expect(echoStart({ ...open, mute_audio: true, bitrate: 64_000 })).toEqual({
      audio: false,
      video: true,
      bitrate: 64_000,
    });
  });
});

describe('the change of an echo', () => {
  test.each([
    [{}, {}],
    [{ mute_audio: true }, { audio: false }],
    [{ mute_video: false }, { video: true }],
    [{ bitrate: 0 }, { bitrate: 0 }],
    [{ mute_audio: undefined, bitrate: 1000 }, { bitrate: 1000 }],
  ])('%j becomes %j', (change, body) => {
    expect(echoUpdate(change)).toEqual(body);
  });
});

test('an offer travels as Janus has it', () => {
  expect(offerJsep(chromiumOffer)).toEqual({ type: 'offer', sdp: chromiumOffer });
});

test('an answer of Janus is webrtc and complete', () => {
  expect(answerOf({ data: {}, jsep: { type: 'answer', sdp: answer.sdp } })).toEqual(answer);
});

test.each([undefined, { type: 'offer', sdp: chromiumOffer } as const])('no answer is janus_error', (jsep) => {
  expect(refusal(() => answerOf({ data: {}, jsep }))).toMatchObject(reason('janus_error'));
});
