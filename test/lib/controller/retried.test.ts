import { beforeEach, expect, test, vi } from 'vitest';
import { retried } from '../../../lib/controller/retried.ts';
import { ManualClock } from '../../support/clock.ts';

let clock: ManualClock;
const work = vi.fn<() => Promise<string>>();
beforeEach(() => {
  clock = new ManualClock();
  work.mockReset();
});
const run = () => retried(work, { clock, random: () => 0.5 });

test('what succeeds is done once, without a timer', async () => {
  work.mockResolvedValue('done');
  expect(await run()).toBe('done');
  expect(work).toHaveBeenCalledTimes(1);
  expect(clock.pending).toBe(0);
});

test('what fails is tried again, later and later', async () => {
  const atMs: number[] = [];
  const startedAtMs = clock.nowMs();
  work.mockImplementation(async () => {
    atMs.push(clock.nowMs() - startedAtMs);
    if (atMs.length < 4) throw new Error('throttled');
    return 'done';
  });
  const running = run();
  await clock.advance(5000);
  expect(await running).toBe('done');
  expect(atMs).toEqual([0, 150, 450, 1050]);
  expect(clock.pending).toBe(0);
});

test('what fails eight times in half a minute fails as the last one did', async () => {
  let tries = 0;
  work.mockImplementation(async () => {
    tries += 1;
    throw new Error(`try ${tries}`);
  });
  const failed = expect(run()).rejects.toThrow('try 8');
  await clock.advance(30_000);
  await failed;
  expect(work).toHaveBeenCalledTimes(8);
  expect(clock.pending).toBe(0);
});
