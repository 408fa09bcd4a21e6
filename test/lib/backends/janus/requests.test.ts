import { describe, expect, test } from 'vitest';
import type { PluginReply } from '../../../../lib/backends/janus/handle.ts';
import {
  allTookEffect,
  answerJsep,
  answerOf,
  echoStart,
  echoUpdate,
  offerJsep,
  offerOf,
} from '../../../../lib/backends/janus/requests.ts';
import { reason, refusal } from '../../../support/errors.ts';
import { answer, chromiumOffer, offer } from '../../../support/sdp.ts';

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

test('what took effect is all that was asked for, and nothing else', () => {
  expect(allTookEffect({ mute_audio: false, bitrate: 0 })).toEqual({ mute_audio: true, bitrate: true });
  expect(allTookEffect({ mute_video: undefined })).toEqual({});
});

describe('a description of Janus', () => {
  test('is webrtc and complete', () => {
    expect(answerOf({ data: {}, jsep: { type: 'answer', sdp: answer.sdp } })).toEqual(answer);
    expect(offerOf({ data: {}, jsep: { type: 'offer', sdp: offer.sdp } })).toEqual(offer);
  });

  test.each([undefined, offerJsep(chromiumOffer), { type: 'answer' }, { type: 'answer', sdp: 7 }])(
    'that is no answer, %j, is janus_error',
    (jsep) => {
      // As it comes over the wire, where nobody checks types.
      const reply: PluginReply = JSON.parse(JSON.stringify({ data: {}, jsep }));
      expect(refusal(() => answerOf(reply))).toMatchObject(reason('janus_error'));
    },
  );

  test('that is no offer is janus_error', () => {
    expect(refusal(() => offerOf({ data: {}, jsep: answerJsep(answer.sdp) }))).toMatchObject(reason('janus_error'));
  });
});
