import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isoTime, systemClock } from '../../../lib/domain/clock.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('the system clock is the time of day', () => {
  vi.setSystemTime(1_900_000_000_123);
  expect(systemClock.nowMs()).toBe(1_900_000_000_123);
  expect(isoTime(systemClock.nowMs())).toBe('2030-03-17T17:46:40.123Z');
});

test('its timers run once, and not when they were cancelled', () => {
  const [kept, cancelled] = [vi.fn(), vi.fn()];
  systemClock.after(100, kept);
  systemClock.after(100, cancelled)();
  vi.advanceTimersByTime(1000);
  expect(kept).toHaveBeenCalledTimes(1);
  expect(cancelled).not.toHaveBeenCalled();
});
