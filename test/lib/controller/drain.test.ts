import { beforeEach, describe, expect, test } from 'vitest';
import { Drain } from '../../../lib/controller/drain.ts';
import { silentLog } from '../../../lib/domain/log.ts';
import { flush, ManualClock } from '../../support/clock.ts';

let clock: ManualClock;
let sessions: number;
let happened: string[];
let finished: Promise<void>;
let ending: Promise<void>;
let drain: Drain;
beforeEach(() => {
  clock = new ManualClock();
  sessions = 2;
  happened = [];
  finished = Promise.resolve();
  ending = Promise.resolve();
  drain = new Drain({
    clock,
    log: silentLog,
    drainMs: 60_000,
    protection: {
      isOn: true,
      isMissing: false,
      isBlocked: false,
      want: (on) => happened.push(`protected ${on}`),
      hurry: () => {},
      stop: () => {},
    },
    sessions: () => sessions,
    refuse: () => happened.push('refuses'),
    endAll: async ({ reason }) => {
      happened.push(`ends all: ${reason}`);
      await ending;
      sessions = 0;
      drain.sessionOver();
    },
    finish: () => finished,
    changed: () => happened.push(`tells ${drain.phase}`),
  });
});
async function sessionEnds() {
  sessions -= 1;
  drain.sessionOver();
  await flush();
}

test('a node that drains refuses what is new, and is empty when its last session has ended', async () => {
  drain.begin('test');
  expect(happened).toEqual(['refuses', 'tells draining']);
  await sessionEnds();
  expect(drain.phase).toBe('draining');
  await sessionEnds();
  expect(drain.phase).toBe('empty');
  // Rooms that nobody is in are left.
  expect(happened.slice(2)).toEqual(['ends all: node_draining', 'protected false', 'tells empty']);
  expect(clock.pending).toBe(0);
});

test('without sessions it is empty at once', async () => {
  sessions = 0;
  drain.begin('test');
  await flush();
  expect(drain.phase).toBe('empty');
});

test('it begins once', async () => {
  drain.begin('one');
  drain.begin('two');
  expect(happened).toEqual(['refuses', 'tells draining']);
  sessions = 0;
  drain.sessionOver();
  drain.sessionOver();
  await flush();
  expect(happened.filter((one) => one === 'protected false')).toHaveLength(1);
  drain.begin('three');
  expect(drain.phase).toBe('empty');
});

test('sessions that end before it begins mean nothing', async () => {
  sessions = 0;
  drain.sessionOver();
  await flush();
  expect([drain.phase, happened]).toEqual(['up', []]);
});

describe('at the deadline', () => {
  test('what is left ends, and the node is empty', async () => {
    drain.begin('test');
    await clock.advance(59_999);
    expect(drain.phase).toBe('draining');
    await clock.advance(1);
    expect(drain.phase).toBe('empty');
    expect(happened).toContain('ends all: node_draining');
    expect(clock.pending).toBe(0);
  });

  test('what does not end holds the node up for a quarter of an hour more at the most', async () => {
    ending = new Promise(() => {});
    drain.begin('test');
    await clock.advance(60_000 + 15 * 60_000 - 1);
    expect(drain.phase).toBe('draining');
    await clock.advance(1);
    expect(drain.phase).toBe('empty');
  });

  test('that has passed with the last session nothing more happens', async () => {
    drain.begin('test');
    await sessionEnds();
    await sessionEnds();
    const before = [...happened];
    await clock.advance(120_000);
    expect(happened).toEqual(before);
  });
});

describe('recordings of calls that are over', () => {
  test('are waited for', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    finished = promise;
    sessions = 0;
    drain.begin('test');
    await flush();
    expect([drain.phase, happened.includes('protected false')]).toEqual(['draining', false]);
    resolve();
    await flush();
    expect(drain.phase).toBe('empty');
    expect(clock.pending).toBe(0);
  });

  test('but for a quarter of an hour only', async () => {
    finished = new Promise(() => {});
    sessions = 0;
    drain.begin('test');
    await clock.advance(15 * 60_000);
    expect(drain.phase).toBe('empty');
  });

  test('that fail do not keep the node', async () => {
    finished = Promise.reject(new Error('disk'));
    sessions = 0;
    drain.begin('test');
    await flush();
    expect(drain.phase).toBe('empty');
  });
});

test('a node that ends waits for nothing', async () => {
  drain.begin('test');
  drain.end();
  expect([drain.phase, clock.pending]).toEqual(['lost', 0]);
  sessions = 0;
  drain.sessionOver();
  await clock.advance(3_600_000);
  expect(happened).toEqual(['refuses', 'tells draining']);
});
