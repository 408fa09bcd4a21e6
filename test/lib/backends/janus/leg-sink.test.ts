import { beforeEach, describe, expect, test } from 'vitest';
import { LegSink } from '../../../../lib/backends/janus/leg-sink.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { ManualClock } from '../../../support/clock.ts';
import { KeptSink } from '../../../support/janus-backend.ts';

const down = { class: 'webrtc', status: 'down' } as const;
const hangup = (cause: string) => ({ class: 'hangup', cause }) as const;
const why = new PatchbayError('session_stop');

let clock: ManualClock;
let kept: KeptSink;
let leg: LegSink;
beforeEach(() => {
  clock = new ManualClock();
  kept = new KeptSink();
  leg = new LegSink(clock, kept);
});

const ends = (cause: string) => {
  for (const status of [down, hangup(cause)]) leg.status(status);
  leg.stopped(why);
};

describe('the end of a leg', () => {
  test('whose client has gone is told at once', () => {
    ends('ICE failed');
    expect(kept).toMatchObject({ statuses: [down, hangup('ICE failed')], why, ends: 1 });
    expect(clock.pending).toBe(0);
  });

  test('that the plugin ended waits for the other leg, and then is told', async () => {
    ends('Close PC');
    await clock.advance(999);
    expect(kept).toMatchObject({ statuses: [down], ends: 0 });
    await clock.advance(1);
    expect(kept).toMatchObject({ statuses: [down, hangup('Close PC')], why, ends: 1 });
    expect(clock.pending).toBe(0);
  });

  test('is never told when the other leg has ended its session by then', async () => {
    ends('Close PC');
    leg.stop();
    await clock.advance(10_000);
    expect(kept).toMatchObject({ statuses: [down], ends: 0 });
    expect(clock.pending).toBe(0);
  });
});
