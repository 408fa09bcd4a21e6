import { expect, test } from 'vitest';
import { page } from '../../../lib/controller/page.ts';
import { limits } from '../../../lib/protocol/limits.ts';

test('holds as many lines as are wanted, and says that there are more', () => {
  expect(page([1, 2, 3], 2)).toEqual({ lines: [1, 2], more: true });
});

test('says that there is no more where the last line just fits, or there is none', () => {
  expect(page([1, 2], 2)).toEqual({ lines: [1, 2], more: false });
  expect(page([], 2)).toEqual({ lines: [], more: false });
});

test('ends before it is too large for a reply, counted in bytes', () => {
  const { lines, more } = page(
    Array.from({ length: 100 }, () => '漢'.repeat(1000)),
    100,
  );
  expect(more).toBe(true);
  expect(Buffer.byteLength(JSON.stringify(lines))).toBeLessThanOrEqual(limits.pageBytes);
  expect(lines).toHaveLength(Math.floor(limits.pageBytes / 3003));
});

test('makes no line that is not on it, but the one after its last', () => {
  const made: number[] = [];
  function* lines() {
    for (let at = 0; at < 10; at += 1) {
      made.push(at);
      yield at;
    }
  }
  page(lines(), 3);
  expect(made).toEqual([0, 1, 2, 3]);
});
