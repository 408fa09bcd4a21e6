import { beforeEach, describe, expect, test } from 'vitest';
import { P2pBackend } from '../../../../lib/backends/p2p/backend.ts';
import { SessionMedia } from '../../../../lib/controller/session/media.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { ManualClock } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeBackend } from '../../../support/fake-backend.ts';
import { create, sessionSpec } from '../../../support/world.ts';

let backend: FakeBackend;
beforeEach(() => {
  backend = new FakeBackend();
});
const sink = { status: () => {}, stopped: () => {} };
const open = (fields: Record<string, unknown> = {}) =>
  new SessionMedia(sessionSpec({ data: create(fields), backend }), sink, new ManualClock());
/** What the engine was told, newest last. */
const changes = () => backend.media.changes;

describe('what a moderator mutes', () => {
  test('is muted, and is unmuted when the moderator says so', async () => {
    const media = open();
    await media.moderate({ audio: true }, true);
    expect([media.state.mute_audio, media.moderated]).toEqual([true, { audio: true, video: false }]);
    await media.moderate({ audio: false }, true);
    expect([media.state.mute_audio, media.moderated]).toEqual([false, { audio: false, video: false }]);
    expect(changes()).toEqual([{ mute_audio: true }, { mute_audio: false }]);
  });

  test('its client cannot unmute: that is not applied, and the engine is not asked', async () => {
    const media = open();
    await media.moderate({ audio: true, video: true }, true);
    expect(await media.update({ mute_audio: false, mute_video: false, bitrate: 1000 }, true)).toEqual({
      mute_audio: false,
      mute_video: false,
      bitrate: true,
    });
    expect(media.state).toMatchObject({ mute_audio: true, mute_video: true, bitrate: 1000 });
    expect(changes().slice(1)).toEqual([{ bitrate: 1000 }]);
  });

  test('becomes what its client wants when the moderator lets go', async () => {
    const media = open({ mute_audio: true });
    await media.moderate({ audio: true, video: true }, true);
    await media.update({ mute_audio: false }, true);
    await media.update({ mute_video: true }, true);
    await media.moderate({ audio: false, video: false }, true);
    expect(media.state).toMatchObject({ mute_audio: false, mute_video: true });
    expect(changes().at(-1)).toEqual({ mute_audio: false, mute_video: true });
  });

  test('is only what is named', async () => {
    const media = open();
    await media.moderate({ audio: true }, true);
    await media.moderate({ video: true }, true);
    expect(media.moderated).toEqual({ audio: true, video: true });
    expect(changes()).toEqual([{ mute_audio: true }, { mute_video: true }]);
  });

  test('stays as it was where the engine refuses', async () => {
    const media = open();
    backend.media.failure = new PatchbayError('janus_error');
    expect(await rejection(media.moderate({ audio: true }, true))).toMatchObject(reason('janus_error'));
    expect([media.state.mute_audio, media.moderated.audio]).toEqual([false, false]);
  });

  test('before the session is ready is in force as soon as it is', async () => {
    const media = open();
    await media.moderate({ video: true }, false);
    await media.update({ mute_video: false, mute_audio: true }, false);
    expect(changes()).toEqual([]);
    await media.applyRemembered();
    expect(media.state).toMatchObject({ mute_audio: true, mute_video: true });
    expect(changes()).toEqual([{ mute_audio: true }, { mute_video: true }]);
  });

  test('of media that do not come by is invalid_operation', async () => {
    const media = new SessionMedia(
      sessionSpec({ data: create({ type: 'p2p' }), backend: new P2pBackend() }),
      sink,
      new ManualClock(),
    );
    expect(await rejection(media.moderate({ audio: true }, true))).toMatchObject(reason('invalid_operation'));
    expect(media.recorder).toBeUndefined();
  });
});

test('what its media lacks is not in force, whoever asked for it', async () => {
  const media = open({ mute_audio: true, mute_video: true, mute_data: true, bitrate: 5000 });
  await media.moderate({ video: true }, true);
  backend.media.lacks = ['mute_data', 'mute_video', 'bitrate'];
  expect(media.state).toEqual({ mute_audio: true, mute_video: false, mute_data: false, bitrate: 0 });
});

describe('the engine is told', () => {
  test('what the session is bound to, and what is muted from the start', () => {
    open({ mute_video: true, bitrate: 5000 });
    expect(backend.media.spec).toEqual({
      mediaId: 'm',
      type: 'echo',
      media: { mute_audio: false, mute_video: true, mute_data: false, bitrate: 5000 },
    });
  });

  test('nothing where there is nothing to change', async () => {
    const media = open();
    await media.applyRemembered();
    expect(await media.update({ mute_audio: undefined }, true)).toEqual({});
    expect(changes()).toEqual([]);
  });
});

test('to close it ends what records it first', async () => {
  const media = open();
  const asked: string[] = [];
  backend.media.recorder.stop = async () => void asked.push('stop');
  backend.media.close = async () => void asked.push('close');
  await media.recorder?.begin(
    async () => 'base',
    async () => {},
  );
  await media.close();
  expect(asked).toEqual(['stop', 'close']);
});

describe('what an offerer is told to offer', () => {
  const offersOf = (fields: Record<string, unknown>) => {
    open({ offer: undefined, ...fields });
    return backend.media.spec.offers;
  };

  test.each([
    [{}, { sdpType: 'webrtc', hasVideo: true }],
    [{ offer_video: false }, { sdpType: 'webrtc', hasVideo: false }],
    [{ sdp_type: 'rtp' }, { sdpType: 'rtp', hasVideo: false }],
    [
      { sdp_type: 'rtp', offer_video: true },
      { sdpType: 'rtp', hasVideo: true },
    ],
  ])('of %o', (fields, offers) => {
    expect(offersOf(fields)).toEqual(offers);
  });

  test('is nothing beside an offer of the client', () => {
    open();
    expect(backend.media.spec.offers).toBeUndefined();
  });
});
