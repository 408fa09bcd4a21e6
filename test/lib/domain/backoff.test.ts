import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from '../../../lib/domain/backoff.ts';

const attempt = fc.integer({ min: 0, max: 10_000 });
const base = fc.integer({ min: 1, max: 5000 });
const factor = fc.integer({ min: 1, max: 1000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('stays within the upper half of its ceiling, and never over the longest wait', () => {
  fc.assert(
    fc.property(attempt, base, factor, random, (n, baseMs, times, drawn) => {
      const maxMs = baseMs * times;
      const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(n, 50));
      const ms = backoffMs(n, baseMs, maxMs, () => drawn);
      expect(ms).toBeGreaterThanOrEqual(Math.floor(ceiling / 2));
      expect(ms).toBeLessThanOrEqual(Math.min(Math.ceil(ceiling), maxMs));
    }),
  );
});

test('doubles until it is at its longest', () => {
  const longest = (n: number) => backoffMs(n, 50, 1000, () => 0.999_999);
  expect([0, 1, 2, 3, 4, 5, 60].map(longest)).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
});
