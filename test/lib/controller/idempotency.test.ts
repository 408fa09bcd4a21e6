import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Idempotency } from '../../../lib/controller/idempotency.ts';
import { flush, ManualClock } from '../../support/clock.ts';

let clock: ManualClock;
let idempotency: Idempotency;
beforeEach(() => {
  clock = new ManualClock();
  idempotency = new Idempotency(clock);
});

test('a second request of the same id gets the result of the first, even while that is under way', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const work = vi.fn(() => promise);
  const both = [idempotency.run('a', work), idempotency.run('a', work)];
  resolve('done');
  expect(await Promise.all(both)).toEqual(['done', 'done']);
  expect(await idempotency.run('a', work)).toBe('done');
  expect(work).toHaveBeenCalledTimes(1);
});

test('a failure is a result, too', async () => {
  const work = vi.fn(() => Promise.reject(new Error('refused')));
  await expect(idempotency.run('a', work)).rejects.toThrow('refused');
  await expect(idempotency.run('a', work)).rejects.toThrow('refused');
  expect(work).toHaveBeenCalledTimes(1);
});

test('another id is another request', async () => {
  expect(await idempotency.run('a', async () => 1)).toBe(1);
  expect(await idempotency.run('b', async () => 2)).toBe(2);
});

test('a result is kept for two minutes: as long as a signature may be good', async () => {
  const work = vi.fn(async () => clock.nowMs());
  const first = await idempotency.run('a', work);
  await clock.advance(119_999);
  expect(await idempotency.run('a', work)).toBe(first);
  await clock.advance(1);
  expect(await idempotency.run('a', work)).not.toBe(first);
});

describe('that a request is accepted', () => {
  test('is told as soon as the work says so, to the first and to all who ask again', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const onAccepted = vi.fn<(who: string) => void>();
    let accept = () => {};
    const work = vi.fn((accepted: () => void) => {
      accept = accepted;
      return promise;
    });
    const results = [
      idempotency.run('a', work, () => onAccepted('first')),
      idempotency.run('a', work, () => onAccepted('second')),
    ];
    await flush();
    expect(onAccepted).not.toHaveBeenCalled();
    accept();
    accept();
    await flush();
    results.push(idempotency.run('a', work, () => onAccepted('late')));
    await flush();
    expect(onAccepted.mock.calls.flat()).toEqual(['first', 'second', 'late']);
    resolve('done');
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done']);
    expect(work).toHaveBeenCalledTimes(1);
  });

  test('is never told where it is refused before', async () => {
    const onAccepted = vi.fn();
    await expect(idempotency.run('a', () => Promise.reject(new Error('refused')), onAccepted)).rejects.toThrow();
    await flush();
    expect(onAccepted).not.toHaveBeenCalled();
  });
});
