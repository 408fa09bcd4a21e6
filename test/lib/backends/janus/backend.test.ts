import { expect, test } from 'vitest';
import { JanusBackend } from '../../../../lib/backends/janus/backend.ts';
import { silentLog } from '../../../../lib/domain/log.ts';
import { sessionTypes } from '../../../../lib/protocol/session.ts';
import { ManualClock } from '../../../support/clock.ts';
import { reason, refusal } from '../../../support/errors.ts';

const backend = () =>
  new JanusBackend({
    url: 'ws://127.0.0.1:8188',
    clientCandidates: 'pass',
    clock: new ManualClock(),
    log: silentLog,
    random: () => 0.5,
    onChange: () => {},
  });
const media = { mute_audio: false, mute_video: false, mute_data: false, bitrate: 0 };
const sink = { status: () => {}, stopped: () => {} };

test('before it is connected the engine is down, and named by where it is', () => {
  expect(backend().engine()).toEqual({
    kind: 'janus',
    name: '127.0.0.1:8188',
    version: '',
    up: false,
    sessions: 0,
  });
});

test('before it is connected a session is no_mediaserver', () => {
  expect(refusal(() => backend().open({ mediaId: 'm', type: 'echo', media }, sink))).toMatchObject(
    reason('no_mediaserver'),
  );
});

test.each(sessionTypes.filter((type) => ['p2p', 'park', 'bridge', 'mcu'].includes(type)))(
  '%s, which Janus never does, is not_implemented',
  (type) => {
    expect(refusal(() => backend().open({ mediaId: 'm', type, media }, sink))).toMatchObject(reason('not_implemented'));
  },
);
