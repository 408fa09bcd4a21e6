import { expect, test } from 'vitest';
import { JanusBackend } from '../../../../lib/backends/janus/backend.ts';
import { silentLog } from '../../../../lib/domain/log.ts';
import { sessionTypes } from '../../../../lib/protocol/session.ts';
import { ManualClock } from '../../../support/clock.ts';
import { reason, refusal } from '../../../support/errors.ts';
import { roomSpec } from '../../../support/janus-backend.ts';

const backend = () =>
  new JanusBackend({
    address: { url: 'ws://127.0.0.1:8188', apiSecret: 'hush', admin: { url: 'ws://127.0.0.1:7188', secret: 'hush' } },
    nodeId: 'node-1',
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

test('before it is connected a room is no_mediaserver', () => {
  expect(refusal(() => backend().openRoom(roomSpec(), sink))).toMatchObject(reason('no_mediaserver'));
});

test.each(sessionTypes.filter((type) => ['p2p', 'park', 'bridge', 'mcu'].includes(type)))(
  '%s, which Janus never does, is incompatible_session',
  (type) => {
    expect(refusal(() => backend().open({ mediaId: 'm', type, media }, sink))).toMatchObject(
      reason('incompatible_session'),
    );
  },
);
