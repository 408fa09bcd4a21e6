import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  hasEnginesOf,
  type NodePhase,
  type NodeStep,
  nextPhase,
  nodeTransitions,
  reasonToDrain,
} from '../../../lib/domain/drain.ts';
import type { Node } from '../../../lib/domain/placement.ts';
import { janusEngine, node } from '../../support/nodes.ts';

const nowMs = Date.UTC(2030, 0, 2);
const up = (nodeId: string, change: Partial<Node> = {}) =>
  node(nodeId, { release: '1', bootedAtMs: 1000, heartbeatAtMs: nowMs, ...change });
const own = up('own');
const freeswitch = { ...janusEngine, kind: 'freeswitch', name: 'fs' } as const;

describe('a node drains', () => {
  test('when it is ordered to', () => {
    expect(reasonToDrain({ ...own, order: 'drain' }, [], nowMs)).toMatch(/ordered/);
  });

  test('when a node of another release has come up after it', () => {
    expect(reasonToDrain(own, [own, up('new', { release: '2', bootedAtMs: 1001 })], nowMs)).toBe(
      'release 2 is up on new',
    );
  });

  test('when that is an older release by name: going back is a deploy too', () => {
    expect(reasonToDrain(own, [up('new', { release: '0', bootedAtMs: 1001 })], nowMs)).toBeDefined();
  });
});

test.each<[string, Partial<Node>]>([
  ['of its own release', { release: '1' }],
  ['that came up before it', { bootedAtMs: 999 }],
  ['that came up at the same time', { bootedAtMs: 1000 }],
  ['that drains', { state: 'draining' }],
  ['that is to drain', { order: 'drain' }],
  ['that was given up', { state: 'lost' }],
  ['that was not heard of for 30 s', { heartbeatAtMs: nowMs - 30_000 }],
  ['whose engine is down', { engines: [{ ...janusEngine, up: false }] }],
])('it goes on beside one %s', (_what, change) => {
  expect(reasonToDrain(own, [up('other', { release: '2', bootedAtMs: 1001, ...change })], nowMs)).toBeUndefined();
});

test('an engine that nodes are not meant to have any more keeps no old one', () => {
  const both = up('both', { engines: [janusEngine, freeswitch] });
  const newer = { release: '2', bootedAtMs: 1001 };
  expect(reasonToDrain(both, [up('new', { ...newer, engines: [janusEngine] })], nowMs)).toBeDefined();
  const broken = [janusEngine, { ...freeswitch, up: false }];
  expect(reasonToDrain(both, [up('new', { ...newer, engines: broken })], nowMs)).toBeUndefined();
});

test('an engine that is down here need not be up there', () => {
  const half = up('half', { engines: [janusEngine, { ...freeswitch, up: false }] });
  expect(hasEnginesOf(up('one'), half)).toBe(true);
  expect(hasEnginesOf(half, up('both', { engines: [janusEngine, freeswitch] }))).toBe(false);
});

const anyNode = fc.record({
  release: fc.constantFrom('1', '2', '3'),
  bootedAtMs: fc.integer({ min: 0, max: 5 }),
  state: fc.constantFrom('up', 'up', 'draining', 'lost'),
  heartbeatAtMs: fc.constantFrom(nowMs, nowMs, nowMs - 60_000),
  engines: fc.tuple(fc.boolean(), fc.boolean()).map(([janus, fs]) => [
    { ...janusEngine, up: janus },
    { ...freeswitch, up: fs },
  ]),
}) satisfies fc.Arbitrary<Partial<Node>>;

test('however many releases are up, they do not all drain: what replaces a node takes calls, with its engines', () => {
  fc.assert(
    fc.property(fc.array(anyNode, { minLength: 1, maxLength: 8 }), (changes) => {
      const nodes = changes.map((change, at) => up(`n${at}`, change));
      const live = nodes.filter(({ state, heartbeatAtMs }) => state === 'up' && heartbeatAtMs === nowMs);
      const staying = live.filter((one) => reasonToDrain(one, nodes, nowMs) === undefined);
      if (live.length > 0) expect(staying.length).toBeGreaterThan(0);
      for (const kind of ['janus', 'freeswitch']) {
        const can = (one: Node) => one.engines.some((engine) => engine.kind === kind && engine.up);
        if (live.some(can)) expect(staying.some(can)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

test('phases: draining is for good, an empty node is empty for good, a lost one lost', () => {
  const steps: readonly NodeStep[] = ['drain', 'empty', 'lose'];
  const order: readonly NodePhase[] = ['up', 'draining', 'empty', 'lost'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...steps)), (taken) => {
      let phase: NodePhase = 'up';
      for (const step of taken) {
        const next: NodePhase | undefined = nextPhase(phase, step);
        if (!next) continue;
        expect(order.indexOf(next)).toBeGreaterThan(order.indexOf(phase));
        phase = next;
      }
      // Empty only after it has drained.
      const before = taken.slice(0, taken.lastIndexOf('empty'));
      if (phase === 'empty') expect(before).toContain('drain');
    }),
  );
  expect(nodeTransitions.lost).toEqual({});
});
