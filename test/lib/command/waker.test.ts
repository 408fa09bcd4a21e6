import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Waker, type WakerOptions, waker } from '../../../lib/command/waker.ts';
import { silentLog } from '../../../lib/domain/log.ts';
import type { Node } from '../../../lib/domain/placement.ts';
import { ManualClock } from '../../support/clock.ts';
import { node } from '../../support/nodes.ts';

let clock: ManualClock;
let nodes: Node[];
let happened: string[];
let desired: number;
let one: Waker;
let options: WakerOptions;
beforeEach(() => {
  clock = new ManualClock();
  nodes = [];
  happened = [];
  desired = 0;
  options = {
    clock,
    log: silentLog,
    demand: {
      note: async () => {
        happened.push('noted');
      },
    },
    directory: { list: async () => nodes },
    maxNodes: 3,
    service: {
      describe: async () => {
        happened.push('asked');
        return { desired, running: nodes.length, pending: 0, isDeploying: false, deployment: 'ecs-svc/1' };
      },
      setDesired: async (count) => {
        happened.push(`set ${count}`);
        desired = count;
      },
    },
  };
  one = new Waker(options);
});
const up = (change: Partial<Node> = {}) => node('n', { heartbeatAtMs: clock.nowMs(), ...change });

test('without a node one is asked for, after the demand was noted', async () => {
  await one.wake();
  expect(happened).toEqual(['noted', 'asked', 'set 1']);
});

test('with one that takes calls ECS is not asked', async () => {
  nodes = [up()];
  await one.wake();
  expect(happened).toEqual(['noted']);
});

describe('ECS is asked', () => {
  test.each<[string, Partial<Node>]>([
    ['draining', { state: 'draining' }],
    ['about to drain', { order: 'drain' }],
  ])('for one more when the only one is %s', async (_how, change) => {
    desired = 1;
    nodes = [up(change)];
    await one.wake();
    expect(happened).toEqual(['noted', 'asked', 'set 2']);
  });

  test('once in 10 s, and for nothing while a task starts', async () => {
    await one.wake();
    await one.wake();
    expect(happened).toEqual(['noted', 'asked', 'set 1', 'noted']);
    await clock.advance(10_000);
    await one.wake();
    expect(happened.slice(4)).toEqual(['noted', 'asked']);
  });

  test('and does not answer: the client does not wait for it for long', async () => {
    vi.useFakeTimers();
    const slow = new Waker({ ...options, service: { ...options.service, describe: () => new Promise(() => {}) } });
    const waking = slow.wake();
    await vi.advanceTimersByTimeAsync(5000);
    await waking;
    vi.useRealTimers();
    expect(happened).toEqual(['noted']);
  });
});

test('where there always is a node, or none on ECS, there is nobody to wake', () => {
  expect(waker(options)).toBeUndefined();
  vi.stubEnv('PATCHBAY_MIN_NODES', '0');
  expect(waker(options)).toBeUndefined();
  vi.stubEnv('PATCHBAY_CLUSTER', 'calls');
  vi.stubEnv('PATCHBAY_SERVICE', 'nodes');
  expect(waker(options)).toBeInstanceOf(Waker);
  vi.unstubAllEnvs();
});
