import { beforeEach, describe, expect, test } from 'vitest';
import { BitrateLimit } from '../../../../lib/backends/freeswitch/bitrate-limit.ts';
import { ManualClock } from '../../../support/clock.ts';
import { FakeConnection, idOf } from '../../../support/freeswitch/fake-connection.ts';

let clock: ManualClock;
let freeSwitch: FakeConnection;
let limit: BitrateLimit;
beforeEach(() => {
  clock = new ManualClock();
  freeSwitch = new FakeConnection(clock);
  limit = new BitrateLimit(freeSwitch.connection, idOf(1));
});

const asked = () => freeSwitch.asked.map((command) => command.split(' ').at(-1));

describe('a limit', () => {
  test('is told once when there was none shortly before', async () => {
    await limit.set(200_000);
    await clock.advance(10_000);
    await limit.set(0);
    await clock.advance(10_000);
    expect(asked()).toEqual(['200kb', '3000kb']);
  });

  test('soon after another is told again later, the last one only', async () => {
    await limit.set(200_000);
    await limit.set(100_000);
    await limit.set(0);
    expect(asked()).toEqual(['200kb', '100kb', '3000kb']);
    await clock.advance(10_000);
    expect(asked()).toEqual(['200kb', '100kb', '3000kb', '3000kb']);
  });

  test('is not told any more when the channel is over', async () => {
    await limit.set(200_000);
    await limit.set(0);
    limit.stop();
    expect(clock.pending).toBe(0);
  });
});
