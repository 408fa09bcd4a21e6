import { expect, test } from 'vitest';
import { chooseEngine } from '../../../lib/controller/engine-choice.ts';
import { reason, refusal } from '../../support/errors.ts';
import { FakeBackend } from '../../support/fake-backend.ts';

/** An engine that holds so many sessions. */
function engine(kind: 'janus' | 'freeswitch', sessions = 0, up = true): FakeBackend {
  const backend = new FakeBackend(kind, `${kind} with ${sessions}`);
  const media = { mute_audio: false, mute_video: false, mute_data: false, bitrate: 0 };
  const sink = { status: () => {}, stopped: () => {} };
  for (let at = 0; at < sessions; at += 1) backend.open({ mediaId: `m${at}`, type: 'echo', media }, sink);
  backend.up = up;
  return backend;
}

test('the one with the fewest sessions is taken', () => {
  const [busy, idle] = [engine('janus', 3), engine('janus', 1)];
  expect(chooseEngine([busy, idle], ['janus'])).toBe(idle);
});

test('of the first kind that is up, though another kind is idle', () => {
  const [janus, freeswitch] = [engine('janus', 3), engine('freeswitch')];
  expect(chooseEngine([freeswitch, janus], ['janus', 'freeswitch'])).toBe(janus);
  janus.up = false;
  expect(chooseEngine([freeswitch, janus], ['janus', 'freeswitch'])).toBe(freeswitch);
});

test('one that is down is not, though it is idle', () => {
  const [down, up] = [engine('janus', 0, false), engine('janus', 2)];
  expect(chooseEngine([down, up], ['janus'])).toBe(up);
});

test('where none is up it is no_mediaserver, which names the kinds and when to come again', () => {
  const error = refusal(() => chooseEngine([engine('janus', 0, false)], ['janus', 'freeswitch']));
  expect(error).toMatchObject({ ...reason('no_mediaserver'), retryAfterSeconds: 5 });
  expect(error.message).toBe('janus and freeswitch down on this node');
});
