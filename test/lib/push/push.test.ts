import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLog } from '../../../lib/domain/log.ts';
import type { PatchbayEvent } from '../../../lib/protocol/events.ts';
import { maxQueuedEvents } from '../../../lib/push/connection-queue.ts';
import { Push } from '../../../lib/push/push.ts';
import { flush, ManualClock } from '../../support/clock.ts';
import { FakePoster } from '../../support/poster.ts';

const event = (seq: number, body: Record<string, unknown> = {}): PatchbayEvent => ({
  class: 'media',
  subclass: 'session',
  type: 'status',
  obj_id: 's',
  body,
  seq,
  time: '2030-01-01T00:00:00.000Z',
});

function setUp() {
  const poster = new FakePoster();
  const clock = new ManualClock();
  const onGone = vi.fn<(connectionId: string) => void>();
  const push = new Push({ poster, clock, log: silentLog, random: () => 0.5, onGone });
  const send = (seqs: readonly number[], { to = 'a', batch = false } = {}) => {
    for (const seq of seqs) push.send(to, event(seq), batch);
  };
  return { poster, clock, onGone, push, send };
}
let { poster, clock, onGone, push, send } = setUp();
beforeEach(() => {
  ({ poster, clock, onGone, push, send } = setUp());
});
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

describe('events', () => {
  test('go one a message, in order', async () => {
    send([1, 2, 3]);
    await clock.advance(0);
    expect(poster.posts.map(({ seqs }) => seqs)).toEqual([[1], [2], [3]]);
    expect(poster.posts.some(({ isArray }) => isArray)).toBe(false);
    expect(push.pending).toBe(0);
  });

  test('of the same moment go together on a connection that takes batches', async () => {
    send([1, 2, 3], { batch: true });
    await clock.advance(4);
    expect(poster.posts).toEqual([]);
    send([4], { batch: true });
    await clock.advance(6);
    expect(poster.posts).toMatchObject([{ seqs: [1, 2, 3, 4], isArray: true }]);
  });

  test('that come alone are no array on a connection that takes batches', async () => {
    send([1], { batch: true });
    await clock.advance(10);
    expect(poster.posts).toMatchObject([{ seqs: [1], isArray: false }]);
  });

  test.each(['x'.repeat(10_000), '漢'.repeat(3333)])(
    'too many for 32 KB go in several batches, in order',
    async (text) => {
      for (const seq of upTo(7)) push.send('a', event(seq, { text }), true);
      await clock.advance(100);
      expect(poster.posts.map(({ seqs }) => seqs)).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    },
  );

  test('keep their order through busy answers', async () => {
    poster.results.push('busy', 'busy', 'sent', 'busy');
    send([1, 2, 3]);
    await clock.advance(60_000);
    expect(poster.posts.map(({ seqs }) => seqs[0])).toEqual([1, 1, 1, 2, 2, 3]);
    expect(poster.delivered('a')).toEqual([1, 2, 3]);
    expect(onGone).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  test('of one connection wait for none of another', async () => {
    poster.results.push('busy');
    send([1], { to: 'slow' });
    send([2], { to: 'fast' });
    await clock.advance(0);
    expect(poster.delivered('fast')).toEqual([2]);
    expect(poster.delivered('slow')).toEqual([]);
    await clock.advance(1000);
    expect(poster.delivered('slow')).toEqual([1]);
  });

  test('too large for the gateway are dropped, and those behind them go on', async () => {
    poster.results.push('sent', 'refused');
    send([1, 2, 3]);
    await clock.advance(0);
    expect(poster.delivered('a')).toEqual([1, 3]);
    expect(onGone).not.toHaveBeenCalled();
    expect(poster.disconnected).toEqual([]);
  });

  test('go on after a quiet while', async () => {
    send([1]);
    await clock.advance(60_000);
    send([2]);
    await clock.advance(0);
    expect(poster.delivered('a')).toEqual([1, 2]);
    expect(clock.pending).toBe(0);
  });
});

describe('a connection that is gone', () => {
  test('is told once, and what waits for it is dropped', async () => {
    poster.results.push('sent', 'gone');
    send([1, 2, 3, 4]);
    await clock.advance(60_000);
    expect(onGone.mock.calls).toEqual([['a']]);
    expect(poster.posts).toHaveLength(2);
    expect(push.pending).toBe(0);
    expect(poster.disconnected).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('does not touch another', async () => {
    poster.results.push('gone');
    send([1], { to: 'a' });
    send([2], { to: 'b' });
    await clock.advance(0);
    expect(poster.delivered('b')).toEqual([2]);
    expect(onGone.mock.calls).toEqual([['a']]);
  });
});

describe('a connection that is too slow', () => {
  test('is dropped when more than 2000 events wait for it, never their order', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    poster.gate = promise;
    poster.results.push('busy');
    send(upTo(maxQueuedEvents + 2));
    await clock.advance(0);
    resolve();
    await clock.advance(60_000);
    expect(maxQueuedEvents).toBe(2000);
    expect(poster.disconnected).toEqual(['a']);
    expect(onGone.mock.calls).toEqual([['a']]);
    expect(poster.delivered('a')).toEqual([]);
    expect(push.pending).toBe(0);
  });

  test('is kept with 2000 waiting', async () => {
    send(upTo(maxQueuedEvents));
    await clock.advance(0);
    expect(poster.delivered('a')).toEqual(upTo(maxQueuedEvents));
    expect(poster.disconnected).toEqual([]);
  });

  test('is dropped when it stays busy for about a minute', async () => {
    poster.results.push(...upTo(50).map(() => 'busy' as const));
    send([1]);
    await clock.advance(30_000);
    expect(poster.disconnected).toEqual([]);
    await clock.advance(90_000);
    expect(poster.disconnected).toEqual(['a']);
    expect(onGone.mock.calls).toEqual([['a']]);
    expect(clock.pending).toBe(0);
  });
});

describe('close', () => {
  test('waits for what is under way', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    poster.gate = promise;
    send([1, 2]);
    const closed = vi.fn();
    void push.close(1000).then(closed);
    await clock.advance(500);
    expect(closed).not.toHaveBeenCalled();
    resolve();
    await clock.advance(0);
    expect(closed).toHaveBeenCalled();
    expect(poster.delivered('a')).toEqual([1, 2]);
    expect(clock.pending).toBe(0);
  });

  test('drops what is left when its time is over, and calls nobody gone', async () => {
    poster.results.push(...upTo(50).map(() => 'busy' as const));
    send([1, 2]);
    const closed = vi.fn();
    void push.close(1000).then(closed);
    await clock.advance(999);
    expect(closed).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(closed).toHaveBeenCalled();
    expect(onGone).not.toHaveBeenCalled();
    expect(poster.disconnected).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('is done at once where nothing waits', async () => {
    await push.close(1000);
    expect(clock.pending).toBe(0);
  });
});

test('whatever the moment at which an event comes, it is delivered once and in order', async () => {
  const pause = fc.oneof(
    fc.record({ kind: fc.constant('microtasks' as const), count: fc.nat({ max: 12 }) }),
    fc.record({ kind: fc.constant('ms' as const), count: fc.constantFrom(0, 1, 5, 60) }),
  );
  const step = fc.record({ to: fc.constantFrom('a', 'b'), pause });
  const results = fc.array(fc.constantFrom('sent' as const, 'busy' as const), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), results, fc.boolean(), async (steps, answers, batch) => {
      const world = setUp();
      world.poster.results.push(...answers);
      const sent: Record<string, number[]> = { a: [], b: [] };
      for (const [at, { to, pause }] of steps.entries()) {
        world.send([at], { to, batch });
        sent[to]?.push(at);
        if (pause.kind === 'ms') await world.clock.advance(pause.count);
        else for (let turn = 0; turn < pause.count; turn += 1) await Promise.resolve();
      }
      await world.clock.advance(300_000);
      await flush();
      for (const to of ['a', 'b']) expect(world.poster.delivered(to)).toEqual(sent[to]);
      expect(world.push.pending).toBe(0);
      expect(world.clock.pending).toBe(0);
    }),
    { numRuns: 60 },
  );
});
