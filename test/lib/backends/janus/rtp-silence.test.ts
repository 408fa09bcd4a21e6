import echotest from 'janode/plugins/echotest';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { JanusHandle } from '../../../../lib/backends/janus/handle.ts';
import { RtpSilence } from '../../../../lib/backends/janus/rtp-silence.ts';
import type { PatchbayError } from '../../../../lib/protocol/errors.ts';
import type { SessionStatus } from '../../../../lib/protocol/events.ts';
import { ManualClock } from '../../../support/clock.ts';
import { reason } from '../../../support/errors.ts';
import { chromiumOffer, phoneOffer } from '../../../support/sdp.ts';

const handle = new JanusHandle(echotest, { status: () => {}, hangup: () => {}, detached: () => {} });
const minuteMs = 60_000;
/** Within which it is noticed: a minute of silence (docs/lifecycle.md), with leeway. */
const noticedMs = 75_000;

const status = vi.fn<(status: SessionStatus) => void>();
const stopped = vi.fn<(why: PatchbayError) => void>();
let clock: ManualClock;
let silence: RtpSilence;
/** What Janus has passed on to the WebRTC side; undefined: its admin API does not answer. */
let packets: number | undefined;
/** Whether the WebRTC side is connected. */
let isUp: boolean;
/** Before it answers, Janus waits for this. */
let answered: Promise<void>;

beforeEach(() => {
  status.mockReset();
  stopped.mockReset();
  clock = new ManualClock();
  packets = 0;
  isUp = true;
  answered = Promise.resolve();
  const handleInfo = async () => {
    await answered;
    if (packets === undefined) return undefined;
    return { flags: { ready: isUp }, webrtc: { media: { 0: { stats: { out: { packets } } } } } };
  };
  silence = new RtpSilence({ clock, handleInfo }, handle, { status, stopped });
});

/** Packets come for a while. */
async function speak(forMs: number): Promise<void> {
  for (let spokenMs = 0; spokenMs < forMs; spokenMs += 1000) {
    packets = (packets ?? 0) + 50;
    await clock.advance(1000);
  }
}
const says = (direction: string, sdp = phoneOffer) => sdp.replaceAll('a=sendrecv', `a=${direction}`);

describe('an RTP side that promised media', () => {
  test('and sends it is left alone', async () => {
    silence.watch(phoneOffer, chromiumOffer);
    await speak(10 * minuteMs);
    expect(stopped).not.toHaveBeenCalled();
  });

  test('is hung up once, by a status and an end, when it has sent nothing for a minute', async () => {
    silence.watch(phoneOffer, chromiumOffer);
    await speak(2 * minuteMs);
    await clock.advance(minuteMs - 1000);
    expect(stopped).not.toHaveBeenCalled();
    await clock.advance(noticedMs - minuteMs);
    expect(status.mock.calls).toEqual([[{ class: 'hangup', cause: 'no RTP for 60 s' }]]);
    expect(stopped.mock.calls).toEqual([[expect.objectContaining(reason('session_stop'))]]);
    await clock.advance(10 * minuteMs);
    expect(stopped).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  test('is hung up as well when it has never sent any', async () => {
    silence.watch(phoneOffer, chromiumOffer);
    await clock.advance(noticedMs);
    expect(stopped).toHaveBeenCalledTimes(1);
  });

  test('may fall silent for almost a minute, again and again', async () => {
    silence.watch(phoneOffer, chromiumOffer);
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(minuteMs - 5000);
      await speak(6000);
    }
    expect(stopped).not.toHaveBeenCalled();
  });

  test('is given its minute from when the WebRTC side is up: before that nothing is passed on', async () => {
    isUp = false;
    silence.watch(phoneOffer, chromiumOffer);
    await clock.advance(10 * minuteMs);
    isUp = true;
    await clock.advance(minuteMs - 5000);
    expect(stopped).not.toHaveBeenCalled();
    await clock.advance(noticedMs - minuteMs);
    expect(stopped).toHaveBeenCalledTimes(1);
  });

  test('is not hung up while Janus tells nothing of it, but when it does again', async () => {
    silence.watch(phoneOffer, chromiumOffer);
    await speak(10_000);
    packets = undefined;
    await clock.advance(5 * minuteMs);
    expect(stopped).not.toHaveBeenCalled();
    packets = 10_000;
    await clock.advance(minuteMs - 5000);
    expect(stopped).not.toHaveBeenCalled();
    await clock.advance(noticedMs - minuteMs);
    expect(stopped).toHaveBeenCalledTimes(1);
  });
});

describe('an RTP side that promised none is never hung up by its silence', () => {
  test.each([
    ['receives only', says('recvonly'), chromiumOffer],
    ['is inactive', says('inactive'), chromiumOffer],
    ['is on hold in the old style', phoneOffer.replace('c=IN IP4 192.0.2.20', 'c=IN IP4 0.0.0.0'), chromiumOffer],
    ['is not listened to', phoneOffer, says('sendonly', chromiumOffer)],
    ['has its m-line refused', phoneOffer.replace('49170', '0'), chromiumOffer],
  ])('because it %s', async (_why, rtp, webrtc) => {
    silence.watch(rtp, webrtc);
    await clock.advance(60 * minuteMs);
    expect(stopped).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });
});

describe('nothing is asked or told any more', () => {
  test('when it is stopped', async () => {
    silence.watch(phoneOffer, chromiumOffer);
    silence.stop();
    expect(clock.pending).toBe(0);
    await clock.advance(10 * minuteMs);
    expect(stopped).not.toHaveBeenCalled();
  });

  test('when it was stopped before it began', async () => {
    silence.stop();
    silence.watch(phoneOffer, chromiumOffer);
    expect(clock.pending).toBe(0);
  });

  test('when it is stopped while Janus is being asked', async () => {
    silence.watch(phoneOffer, chromiumOffer);
    await clock.advance(minuteMs - 1000);
    const { promise, resolve } = Promise.withResolvers<void>();
    answered = promise;
    await clock.advance(5000);
    silence.stop();
    resolve();
    await clock.advance(minuteMs);
    expect(stopped).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });
});
