import { beforeEach, expect, test, vi } from 'vitest';
import { Timers } from '../../../lib/controller/timers.ts';
import { ManualClock } from '../../support/clock.ts';

let clock: ManualClock;
let timers: Timers<'a' | 'b'>;
const action = vi.fn();
beforeEach(() => {
  clock = new ManualClock();
  timers = new Timers(clock);
  action.mockReset();
});

test('a timer runs once, at its time, and is gone', async () => {
  timers.set('a', 100, action);
  await clock.advance(99);
  expect(action).not.toHaveBeenCalled();
  expect(timers.size).toBe(1);
  await clock.advance(1000);
  expect(action).toHaveBeenCalledTimes(1);
  expect(timers.size).toBe(0);
});

test('setting it again moves it', async () => {
  timers.set('a', 100, action);
  await clock.advance(50);
  timers.set('a', 100, action);
  await clock.advance(99);
  expect(action).not.toHaveBeenCalled();
  expect(clock.pending).toBe(1);
  await clock.advance(1);
  expect(action).toHaveBeenCalledTimes(1);
});

test('cancel ends one, clear ends all', async () => {
  timers.set('a', 100, action);
  timers.set('b', 100, action);
  timers.cancel('a');
  timers.cancel('a');
  expect([timers.size, clock.pending]).toEqual([1, 1]);
  timers.clear();
  expect([timers.size, clock.pending]).toEqual([0, 0]);
  await clock.advance(1000);
  expect(action).not.toHaveBeenCalled();
});

test('a timer may set itself again', async () => {
  const again = () => {
    action();
    timers.set('a', 10, again);
  };
  timers.set('a', 10, again);
  await clock.advance(35);
  expect(action).toHaveBeenCalledTimes(3);
  expect([timers.size, clock.pending]).toEqual([1, 1]);
});
