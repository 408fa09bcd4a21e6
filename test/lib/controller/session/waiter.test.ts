import { beforeEach, expect, test } from 'vitest';
import { Waiter } from '../../../../lib/controller/session/waiter.ts';
import { PatchbayError } from '../../../../lib/protocol/errors.ts';
import { ManualClock } from '../../../support/clock.ts';
import { reason } from '../../../support/errors.ts';

let clock: ManualClock;
let waiter: Waiter<string>;
beforeEach(() => {
  clock = new ManualClock();
  waiter = new Waiter(clock, 'answer');
});

test('all who wait get the value, and whoever comes later gets it at once', async () => {
  const early = [waiter.wait(1000), waiter.wait(2000)];
  expect(waiter.waiting).toBe(2);
  waiter.set('here');
  expect(await Promise.all(early)).toEqual(['here', 'here']);
  expect(await waiter.wait(1000)).toBe('here');
  expect(waiter.value).toBe('here');
  expect([waiter.waiting, clock.pending]).toEqual([0, 0]);
});

test('a wait that takes too long is a timeout that says for what and how long; the others wait on', async () => {
  const short = expect(waiter.wait(1000)).rejects.toMatchObject({
    ...reason('timeout'),
    message: 'no answer came in 1 s',
  });
  const long = waiter.wait(5000);
  await clock.advance(1000);
  await short;
  waiter.set('late');
  expect(await long).toBe('late');
  expect([waiter.waiting, clock.pending]).toEqual([0, 0]);
});

test('an end is told to all who wait, and at once to whoever comes later', async () => {
  const waits = [waiter.wait(1000), waiter.wait(2000)].map((wait) =>
    expect(wait).rejects.toMatchObject(reason('user_stop')),
  );
  waiter.fail(new PatchbayError('user_stop'));
  await Promise.all(waits);
  await expect(waiter.wait(1000)).rejects.toMatchObject(reason('user_stop'));
  expect([waiter.waiting, clock.pending]).toEqual([0, 0]);
});

test('64 may wait, one more is rate_limited and changes nothing for them', async () => {
  const waiting = Array.from({ length: 64 }, () => waiter.wait(1000));
  await expect(waiter.wait(1000)).rejects.toMatchObject(reason('rate_limited'));
  waiter.set('here');
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['here']));
  expect(clock.pending).toBe(0);
});
