import { describe, expect, test } from 'vitest';
import { pause, persistently } from '../../../lib/domain/pause.ts';
import { flush, ManualClock } from '../../support/clock.ts';

const patience = () => {
  const [clock, abort] = [new ManualClock(), new AbortController()];
  return { clock, abort, patience: { clock, random: () => 0, signal: abort.signal } };
};

describe('a pause', () => {
  test('is as long as it was asked for', async () => {
    const { clock, patience: on } = patience();
    let isOver = false;
    void pause(1000, on).then(() => {
      isOver = true;
    });
    await clock.advance(999);
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect([isOver, clock.pending]).toEqual([true, 0]);
  });

  test.each(['before', 'while'])('ends with its signal, aborted %s it waits, and leaves no timer', async (when) => {
    const { clock, abort, patience: on } = patience();
    if (when === 'before') abort.abort(new Error('over'));
    const pausing = pause(1000, on);
    abort.abort(new Error('over'));
    await expect(pausing).rejects.toThrow('over');
    expect(clock.pending).toBe(0);
  });
});

describe('work that is tried persistently', () => {
  const how = { tries: 3, baseMs: 100, maxMs: 1000 };
  const failing = (times: number) => {
    const asked: number[] = [];
    return {
      asked,
      work: async () => {
        asked.push(asked.length);
        if (asked.length <= times) throw new Error(`no ${asked.length}`);
        return 'done';
      },
    };
  };

  test('is done again until it succeeds, after longer and longer waits', async () => {
    const { clock, patience: on } = patience();
    const { work, asked } = failing(2);
    const done = persistently(work, how, on);
    await clock.advance(49);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    expect(asked).toHaveLength(2);
    await clock.advance(100);
    expect([await done, asked.length]).toEqual(['done', 3]);
  });

  test('fails as its last try did', async () => {
    const { clock, patience: on } = patience();
    const done = persistently(failing(9).work, how, on);
    done.catch(() => {});
    await clock.advance(1000);
    await expect(done).rejects.toThrow('no 3');
    expect(clock.pending).toBe(0);
  });

  test('is given up with its signal', async () => {
    const { clock, abort, patience: on } = patience();
    const { work, asked } = failing(9);
    const done = persistently(work, how, on);
    await flush();
    abort.abort(new Error('over'));
    await expect(done).rejects.toThrow('over');
    await expect(persistently(work, how, on)).rejects.toThrow('over');
    expect([asked.length, clock.pending]).toEqual([1, 0]);
  });
});
