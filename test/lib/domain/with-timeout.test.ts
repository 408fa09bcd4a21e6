import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withTimeout } from '../../../lib/domain/with-timeout.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());
const late = () => new Error('late');

test('gives what the work gives, and leaves no timer', async () => {
  await expect(withTimeout(Promise.resolve(5), 1000, late)).resolves.toBe(5);
  expect(vi.getTimerCount()).toBe(0);
});

test('fails as the work fails, and leaves no timer', async () => {
  await expect(withTimeout(Promise.reject(new Error('broken')), 1000, late)).rejects.toThrow('broken');
  expect(vi.getTimerCount()).toBe(0);
});

test('fails with its own error when the work takes too long', async () => {
  const result = withTimeout(new Promise(() => {}), 1000, late);
  const expected = expect(result).rejects.toThrow('late');
  await vi.advanceTimersByTimeAsync(1000);
  await expected;
});

test('hears nothing of work that fails later', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const { promise, reject } = Promise.withResolvers<never>();
  const expected = expect(withTimeout(promise, 10, late)).rejects.toThrow('late');
  await vi.advanceTimersByTimeAsync(10);
  await expected;
  reject(new Error('broken'));
  await vi.advanceTimersByTimeAsync(1);
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
