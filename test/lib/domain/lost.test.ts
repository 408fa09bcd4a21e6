import { describe, expect, test } from 'vitest';
import { judge } from '../../../lib/domain/lost.ts';
import { node } from '../../support/nodes.ts';

const nowMs = Date.UTC(2030, 0, 2);
const silentFor = (seconds: number, suspectedForSeconds?: number) =>
  judge(
    node('n', {
      heartbeatAtMs: nowMs - seconds * 1000,
      ...(suspectedForSeconds !== undefined && { suspectedAtMs: nowMs - suspectedForSeconds * 1000 }),
    }),
    nowMs,
  );

test.each([0, 20, 59])('a node that was silent for %i s is alive: a throttled table must not end calls', (seconds) => {
  expect(silentFor(seconds)).toBe('alive');
});

test.each([60, 119, 120, 3600])('one that was silent for %i s is suspect at the first look', (seconds) => {
  expect(silentFor(seconds)).toBe('suspect');
});

describe('at the second look', () => {
  test.each([
    [119, 59, 'suspect'],
    [120, 19, 'suspect'],
    [120, 20, 'lost'],
    [180, 60, 'lost'],
  ] as const)('silent for %i s and suspect for %i s is %s', (silent, suspected, verdict) => {
    expect(silentFor(silent, suspected)).toBe(verdict);
  });
});

test('a node that was given up stays lost, whenever it spoke', () => {
  expect(judge(node('n', { state: 'lost', heartbeatAtMs: nowMs }), nowMs)).toBe('lost');
});
