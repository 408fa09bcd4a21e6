import { beforeEach, expect, test } from 'vitest';
import type { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import { lockAll } from '../../../../lib/controller/session/lock.ts';
import { flush } from '../../../support/clock.ts';
import { TestNode } from '../../../support/test-node.ts';

let a: LiveSession;
let b: LiveSession;
beforeEach(async () => {
  const node = new TestNode();
  a = await node.park('a');
  b = await node.park('b');
});

test('while a job runs, nothing else is done to any of its sessions; after it, all that came meanwhile', async () => {
  const done: string[] = [];
  const job = Promise.withResolvers<void>();
  const locked = lockAll([b, a], () => job.promise).then(() => done.push('job'));
  await flush();
  for (const session of [a, b]) void session.sendInfo('x', {}).then(() => done.push(session.spec.sessionId));
  await flush();
  expect(done).toEqual([]);
  job.resolve();
  await locked;
  await flush();
  expect(done.sort()).toEqual(['a', 'b', 'job']);
});

test('those who want the same sessions in another order, or one of them twice, all get their turn', async () => {
  const turns: number[] = [];
  const wanted = [[a, b], [b, a], [b], [a, a, b], [a]];
  await Promise.all(
    wanted.map((sessions, at) =>
      lockAll(sessions, async () => {
        await flush();
        turns.push(at);
      }),
    ),
  );
  expect(turns.toSorted()).toEqual([0, 1, 2, 3, 4]);
});

test('a job that fails fails for its caller, and lets all go', async () => {
  await expect(lockAll([a, b], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await Promise.all([a, b].map((session) => session.sendInfo('x', {})));
  expect([a.held.jobs, b.held.jobs]).toEqual([0, 0]);
});

test('without sessions the job just runs', async () => {
  expect(await lockAll([], async () => 7)).toBe(7);
});
