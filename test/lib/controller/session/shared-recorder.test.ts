import { beforeEach, describe, expect, test } from 'vitest';
import { SharedRecorder } from '../../../../lib/controller/session/shared-recorder.ts';
import { flush, ManualClock } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';

let clock: ManualClock;
let engine: Engine;
let recorder: SharedRecorder;

/** What the engine was asked, in its order. */
class Engine {
  readonly asked: string[] = [];
  fails = false;
  stopping: Promise<void> = Promise.resolve();
  async start(base: string): Promise<void> {
    if (this.fails) throw new Error('no disk');
    this.asked.push(`start ${base}`);
  }
  async stop(): Promise<void> {
    this.asked.push('stop');
    await this.stopping;
    if (this.fails) throw new Error('gone');
  }
}

beforeEach(() => {
  clock = new ManualClock();
  engine = new Engine();
  recorder = new SharedRecorder(engine, clock);
});
const nothing = async () => {};
const begin = (base: string, keep: (base: string) => Promise<void> = nothing) => recorder.begin(async () => base, keep);

describe('recordings of the same media at the same time', () => {
  test('share one tape, each with its own slice of its time', async () => {
    const first = await begin('a');
    await clock.advance(1000);
    const second = await begin('b');
    await clock.advance(500);
    await first.end();
    await clock.advance(250);
    await second.end();
    expect(engine.asked).toEqual(['start a', 'stop']);
    expect(first.part()).toEqual({ base: 'a', offsetMs: 0, durationMs: 1500 });
    expect(second.part()).toEqual({ base: 'a', offsetMs: 1000, durationMs: 750 });
  });

  test('are closed together, when the last of them ends', async () => {
    const [first, second] = [await begin('a'), await begin('b')];
    await first.end();
    expect([first.isClosed, recorder.users]).toEqual([false, 1]);
    await second.end();
    await Promise.all([first.closed, second.closed]);
    expect([first.isClosed, second.isClosed, recorder.users]).toEqual([true, true, 0]);
  });

  test('that begin at the same moment start the engine once', async () => {
    await Promise.all([begin('a'), begin('b')]);
    expect(engine.asked).toEqual(['start a']);
  });
});

describe('the files of a tape', () => {
  test('are taken over by all who recorded it, those who left before too, and only then is it closed for anybody', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const kept: string[] = [];
    const keep = (who: string) => async (base: string) => {
      await promise;
      kept.push(`${who} ${base}`);
    };
    const [first, second] = [await begin('a', keep('first')), await begin('b', keep('second'))];
    await first.end();
    expect(kept).toEqual([]);
    const ending = second.end();
    await flush();
    expect([first.isClosed, second.isClosed]).toEqual([false, false]);
    resolve();
    await ending;
    expect([kept, first.isClosed, second.isClosed]).toEqual([['first a', 'second a'], true, true]);
  });

  test("are nobody else's: a later tape has its own", async () => {
    const kept: string[] = [];
    const keep = async (base: string) => void kept.push(base);
    await (await begin('a', keep)).end();
    await (await begin('b', keep)).end();
    expect(kept).toEqual(['a', 'b']);
  });
});

test('the first recording begins with its tape, though time passes in between', async () => {
  const times = [100, 101, 102];
  const hurried = { after: () => () => {}, nowMs: () => times.shift() ?? 103 };
  const take = await new SharedRecorder(engine, hurried).begin(async () => 'a', nothing);
  expect(take.part().offsetMs).toBe(0);
});

test('a recording after the end of all is a tape of its own', async () => {
  await (await begin('a')).end();
  await clock.advance(1000);
  const later = await begin('b');
  expect(engine.asked).toEqual(['start a', 'stop', 'start b']);
  expect(later.part()).toMatchObject({ base: 'b', offsetMs: 0 });
});

test('a recording that begins while the tape is being closed waits, and gets a new one', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  engine.stopping = promise;
  const first = await begin('a');
  const [ending, beginning] = [first.end(), begin('b')];
  await flush();
  expect(engine.asked).toEqual(['start a', 'stop']);
  resolve();
  await ending;
  expect((await beginning).part().base).toBe('b');
});

test('ended twice, a recording counts once', async () => {
  const [first, second] = [await begin('a'), await begin('b')];
  await clock.advance(100);
  await first.end();
  await clock.advance(100);
  await first.end();
  expect(recorder.users).toBe(1);
  expect(first.part().durationMs).toBe(100);
  await second.end();
});

test('the end of the media ends every recording of it there and then', async () => {
  const [first, second] = [await begin('a'), await begin('b')];
  await clock.advance(100);
  await recorder.close();
  await clock.advance(100);
  await first.end();
  expect([first, second].map((take) => [take.isClosed, take.part().durationMs])).toEqual([
    [true, 100],
    [true, 100],
  ]);
  expect(engine.asked).toEqual(['start a', 'stop']);
});

test('an engine that cannot start refuses the recording, and the next one may do better', async () => {
  engine.fails = true;
  await expect(begin('a')).rejects.toThrow('no disk');
  expect(recorder.users).toBe(0);
  engine.fails = false;
  expect((await begin('b')).part().base).toBe('b');
});

test('an engine that is gone when it should stop ends all takes of its tape, which are incomplete; not those of the next one', async () => {
  const kept: string[] = [];
  const keep = async (base: string) => void kept.push(base);
  const [first, second] = [await begin('a', keep), await begin('b', keep)];
  await first.end();
  engine.fails = true;
  await second.end();
  for (const take of [first, second]) {
    expect([take.isClosed, take.failure, take.part().isIncomplete]).toEqual([true, new Error('gone'), true]);
  }
  expect(kept).toEqual(['a', 'a']);
  engine.fails = false;
  const next = await begin('c');
  await next.end();
  expect([next.isClosed, next.failure, next.part()]).toEqual([
    true,
    undefined,
    { base: 'c', offsetMs: 0, durationMs: 0 },
  ]);
});

test('nothing can be recorded once the media have ended: recording_failed', async () => {
  await recorder.close();
  expect(await rejection(begin('a'))).toMatchObject(reason('recording_failed'));
  expect(engine.asked).toEqual([]);
});

test('to close it without a recording asks the engine for nothing', async () => {
  await recorder.close();
  await recorder.close();
  expect(engine.asked).toEqual([]);
});
