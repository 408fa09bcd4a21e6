import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeptLink } from '../../../../lib/backends/freeswitch/kept-link.ts';
import { flush, ManualClock } from '../../../support/clock.ts';

class Link {
  readonly lost: () => void;
  isClosed = false;
  constructor(lost: () => void) {
    this.lost = lost;
  }
  close(): void {
    this.isClosed = true;
  }
}

let clock: ManualClock;
let opened: Link[];
let told: string[];
/** What the next `open` and `up` wait for. */
let opening: Promise<void>;
let comingUp: Promise<void>;
let link: KeptLink<Link>;
beforeEach(() => {
  clock = new ManualClock();
  opened = [];
  told = [];
  opening = Promise.resolve();
  comingUp = Promise.resolve();
  link = new KeptLink<Link>({
    clock,
    random: () => 0,
    open: async (lost) => {
      const one = new Link(lost);
      opened.push(one);
      await opening;
      return one;
    },
    up: async () => {
      told.push('up');
      await comingUp;
    },
    down: () => told.push('down'),
    failed: (error) => told.push(error instanceof Error ? error.message : 'failed'),
  });
});
afterEach(() => link.stop());

const start = async () => {
  link.start();
  await flush();
};
const lose = async () => {
  opened.at(-1)?.lost();
  await flush();
};

describe('a connection that is kept', () => {
  test('is there when it is up, and opened again when it is lost: one at a time', async () => {
    await start();
    expect(link.current).toBe(opened[0]);
    await lose();
    expect([link.current, opened[0]?.isClosed]).toEqual([undefined, true]);
    await clock.advance(100);
    expect(opened).toHaveLength(2);
    expect(link.current).toBe(opened[1]);
    expect(told).toEqual(['up', 'down', 'up']);
  });

  test('is tried again with longer and longer pauses, and with a short one after it was up', async () => {
    opening = Promise.reject(new Error('refused'));
    opening.catch(() => {});
    await start();
    const tries: number[] = [];
    for (const ms of [50, 100, 200, 400, 500, 500]) {
      await clock.advance(ms);
      tries.push(opened.length);
    }
    expect(tries).toEqual([2, 3, 4, 5, 6, 7]);
    opening = Promise.resolve();
    await clock.advance(500);
    await lose();
    await clock.advance(50);
    expect(opened).toHaveLength(9);
  });

  test('that is lost while it comes up, or does not come up, is down and tried again', async () => {
    const slow = Promise.withResolvers<void>();
    comingUp = slow.promise;
    await start();
    await lose();
    expect(told).toEqual(['up', 'down', 'lost while it came up']);
    slow.reject(new Error('too late to matter'));
    comingUp = Promise.reject(new Error('no answer'));
    comingUp.catch(() => {});
    await clock.advance(60);
    expect(told.slice(3)).toEqual(['up', 'down', 'no answer']);
    expect(opened.every(({ isClosed }) => isClosed)).toBe(true);
  });

  test('whose loss is told twice, or late, is opened once more only', async () => {
    await start();
    const [first] = opened;
    first?.lost();
    first?.lost();
    await clock.advance(100);
    first?.lost();
    await clock.advance(5000);
    expect(opened).toHaveLength(2);
    expect(link.current).toBe(opened[1]);
  });
});

describe('stopping', () => {
  test.each([
    ['before it began', async () => {}],
    ['while it is up', start],
    [
      'while it comes up',
      async () => {
        comingUp = new Promise(() => {});
        await start();
      },
    ],
    [
      'while it is away',
      async () => {
        await start();
        await lose();
      },
    ],
  ])('%s is the end of it', async (_, begin) => {
    await begin();
    const before = opened.length;
    await link.stop();
    await clock.advance(10_000);
    expect(opened).toHaveLength(before);
    expect(opened.every(({ isClosed }) => isClosed)).toBe(true);
    expect([link.current, clock.pending]).toEqual([undefined, 0]);
  });

  test('does not wait for one that does not open, and closes it when it does', async () => {
    const slow = Promise.withResolvers<void>();
    opening = slow.promise;
    await start();
    await link.stop();
    expect(opened[0]?.isClosed).toBe(false);
    slow.resolve();
    await flush();
    expect(opened[0]?.isClosed).toBe(true);
    expect(told).toEqual([]);
  });
});
