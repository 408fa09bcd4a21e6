import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SerialQueue } from '../../../lib/controller/serial-queue.ts';

test('jobs run one after another in the order in which they came', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 8 }), async (scheduler, count) => {
      const queue = new SerialQueue();
      const log: string[] = [];
      const jobs = Array.from({ length: count }, (_, at) =>
        queue.run(async () => {
          log.push(`${at} begins`);
          await scheduler.schedule(Promise.resolve());
          log.push(`${at} ends`);
          return at;
        }),
      );
      await scheduler.waitFor(Promise.all(jobs));
      expect(await Promise.all(jobs)).toEqual(jobs.map((_, at) => at));
      expect(log).toEqual(jobs.flatMap((_, at) => [`${at} begins`, `${at} ends`]));
      expect(queue.length).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test('a job that fails, fails for its caller only', async () => {
  const queue = new SerialQueue();
  const bad = queue.run(() => Promise.reject(new Error('broken')));
  const good = queue.run(() => Promise.resolve('fine'));
  expect(queue.length).toBe(2);
  await expect(bad).rejects.toThrow('broken');
  expect(await good).toBe('fine');
});
