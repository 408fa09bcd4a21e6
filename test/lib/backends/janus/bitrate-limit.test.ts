import { beforeEach, expect, test } from 'vitest';
import type { MediaSink } from '../../../../lib/backends/backend.ts';
import { BitrateLimit } from '../../../../lib/backends/janus/bitrate-limit.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import type { SessionStatus } from '../../../../lib/protocol/events.ts';
import { ManualClock } from '../../../support/clock.ts';

const up: SessionStatus = { class: 'webrtc', status: 'up' };
const down: SessionStatus = { class: 'webrtc', status: 'down' };

let clock: ManualClock;
let told: number[];
let limit: BitrateLimit;
let sink: MediaSink;
let passed: unknown[];
beforeEach(() => {
  clock = new ManualClock();
  told = [];
  passed = [];
  limit = new BitrateLimit(clock, async (bps) => {
    told.push(bps);
    if (bps === 13) throw new PatchbayError('janus_connection_error');
  });
  sink = limit.watch({ status: (status) => passed.push(status), stopped: (why) => passed.push(why) });
});

test('a limit from before is told to the client as soon as that is connected, and again every 5 s', async () => {
  limit.set(200_000);
  await clock.advance(60_000);
  expect(told).toEqual([]);
  sink.status(up);
  expect(told).toEqual([200_000]);
  await clock.advance(10_000);
  expect(told).toEqual([200_000, 200_000, 200_000]);
});

test('the last one counts, that it is lifted too, and the next repetition is 5 s after it', async () => {
  sink.status(up);
  limit.set(200_000);
  await clock.advance(4000);
  limit.set(0);
  await clock.advance(4000);
  expect(told).toEqual([]);
  await clock.advance(1000);
  expect(told).toEqual([0]);
});

test('where there never was a limit, nothing is told', async () => {
  limit.set(0);
  sink.status(up);
  await clock.advance(60_000);
  expect([told, clock.pending]).toEqual([[], 0]);
});

test.each<[string, () => void]>([
  ['the client is gone', () => sink.status(down)],
  ['the session is over', () => limit.stop()],
])('nothing is told any more when %s', async (_, end) => {
  limit.set(200_000);
  sink.status(up);
  end();
  limit.set(100_000);
  await clock.advance(60_000);
  expect([told, clock.pending]).toEqual([[200_000], 0]);
});

test('what Janus cannot be told now is told later', async () => {
  limit.set(13);
  sink.status(up);
  await clock.advance(5000);
  expect(told).toEqual([13, 13]);
});

test('all that is heard of the client is passed on', () => {
  const why = new PatchbayError('session_stop');
  const lost: SessionStatus = { class: 'slow_link', uplink: true, lost: 3 };
  for (const status of [up, lost, down]) sink.status(status);
  sink.stopped(why);
  expect(passed).toEqual([up, lost, down, why]);
});
