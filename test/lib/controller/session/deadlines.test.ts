import { beforeEach, expect, test } from 'vitest';
import { Deadlines } from '../../../../lib/controller/session/deadlines.ts';
import { ManualClock } from '../../../support/clock.ts';

let clock: ManualClock;
let deadlines: Deadlines;
let passed: unknown[];
beforeEach(() => {
  clock = new ManualClock();
  passed = [];
  deadlines = new Deadlines(clock, { wait_timeout: 5, ready_timeout: 20 }, ({ reason, message }) =>
    passed.push([reason, message]),
  );
});

test('who is not ready in wait_timeout is told of, once', async () => {
  deadlines.waits();
  await clock.advance(4999);
  expect([passed, deadlines.timers]).toEqual([[], 1]);
  await clock.advance(60_000);
  expect(passed).toEqual([['session_timeout', 'no offer and answer in wait_timeout, 5 s']]);
  expect(deadlines.timers).toBe(0);
});

test('who is ready has ready_timeout from then on, and no wait_timeout', async () => {
  deadlines.waits();
  await clock.advance(4000);
  deadlines.isReady();
  await clock.advance(19_999);
  expect(passed).toEqual([]);
  await clock.advance(1);
  expect(passed).toEqual([['session_timeout', 'ready_timeout, 20 s, is over']]);
});

test('nobody is told of after the end', async () => {
  deadlines.waits();
  deadlines.end();
  await clock.advance(60_000);
  expect([passed, clock.pending]).toEqual([[], 0]);
});
