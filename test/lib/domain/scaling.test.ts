import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fleet } from '../../../lib/domain/fleet.ts';
import type { Node } from '../../../lib/domain/placement.ts';
import { raisedCount, scale } from '../../../lib/domain/scaling.ts';
import { FleetWorld } from '../../support/fleet-world.ts';
import { janusEngine, node } from '../../support/nodes.ts';

const nowMs = Date.UTC(2030, 0, 2);
const minute = 60_000;
const up = (nodeId: string, load = 0, change: Partial<Node> = {}) =>
  node(nodeId, { load, heartbeatAtMs: nowMs, bootedAtMs: nowMs - 60 * minute, ...change });
/** Drained: no session, no protection. */
const empty = (nodeId: string, change: Partial<Node> = {}) =>
  up(nodeId, 0, { state: 'draining', order: 'drain', isProtected: false, isEmpty: true, ...change });

function fleet(
  nodes: readonly Node[],
  change: Partial<Omit<Fleet, 'service'>> & { service?: Partial<Fleet['service']> } = {},
) {
  const { service, ...rest } = change;
  const count = nodes.length;
  return {
    nodes,
    service: { desired: count, running: count, pending: 0, isDeploying: false, ...service },
    minNodes: 1,
    maxNodes: 10,
    wantedAtMs: undefined,
    nowMs,
    ...rest,
  } satisfies Fleet;
}
const drained = (nodes: readonly Node[], change: Parameters<typeof fleet>[1] = {}) => {
  const order = scale(fleet(nodes, change));
  return order?.kind === 'drain' ? order.nodes.map(({ nodeId }) => nodeId).join() : order?.kind;
};

describe('the least loaded node is drained', () => {
  test('when the others can carry all load at 60 %', () => {
    expect(drained([up('a', 40), up('b', 20)])).toBe('b');
    expect(drained([up('a', 41), up('b', 20)])).toBeUndefined();
    expect(drained([up('a', 60), up('b', 50), up('c', 10)])).toBe('c');
  });

  test('the oldest of equals', () => {
    expect(drained([up('a', 5), up('b', 5, { bootedAtMs: nowMs - 90 * minute })])).toBe('b');
  });

  test.each<[string, Node[], Parameters<typeof fleet>[1]]>([
    ['while there are not more than the least', [up('a'), up('b')], { minNodes: 2 }],
    ['while another one drains', [up('a'), up('b'), empty('c', { load: 3, isEmpty: false })], {}],
    ['while another one is to', [up('a'), up('b'), up('c', 0, { order: 'drain' })], {}],
    ['within 10 min of a boot', [up('a'), up('b', 0, { bootedAtMs: nowMs - 9 * minute })], {}],
    ['while one is silent', [up('a'), up('b', 0, { heartbeatAtMs: nowMs - 31_000 })], {}],
    ['in a deploy', [up('a'), up('b')], { service: { isDeploying: true } }],
    ['while a task starts', [up('a'), up('b')], { service: { desired: 3, pending: 1 } }],
    ['while a node begins', [up('a'), up('b')], { service: { desired: 3, running: 3 } }],
    ['while ECS has one to stop', [up('a'), up('b')], { service: { desired: 1 } }],
    ['when only it has an engine', [up('a'), up('b', 0, { engines: [{ ...janusEngine, kind: 'freeswitch' }] })], {}],
  ])('but not %s', (_when, nodes, change) => {
    expect(drained(nodes, change)).toBeUndefined();
  });

  test('one that was given up does not keep the others from it', () => {
    const lost = up('c', 9, { state: 'lost', heartbeatAtMs: 0 });
    expect(drained([up('a'), up('b'), lost], { service: { desired: 2, running: 2 } })).toBe('a');
  });
});

describe('the last node', () => {
  test('goes when there may be none, and nobody is or was there', () => {
    expect(drained([up('a')], { minNodes: 0 })).toBe('a');
    expect(drained([up('a')], { minNodes: 0, wantedAtMs: nowMs - 5 * minute })).toBe('a');
  });

  test.each<[string, Node, Parameters<typeof fleet>[1]]>([
    ['there has to be one', up('a'), { minNodes: 1 }],
    ['it has a session', up('a', 1), { minNodes: 0 }],
    ['it has a room', up('a', 0, { rooms: 1 }), { minNodes: 0 }],
    ['somebody connected in the last 5 min', up('a'), { minNodes: 0, wantedAtMs: nowMs - 5 * minute + 1 }],
    ['it is young', up('a', 0, { bootedAtMs: nowMs - 9 * minute }), { minNodes: 0 }],
  ])('stays when %s', (_when, one, change) => {
    expect(drained([one], change)).toBeUndefined();
  });
});

describe('an empty node', () => {
  test('lowers the count by one', () => {
    expect(scale(fleet([up('a'), empty('b')]))).toMatchObject({ kind: 'release', node: { nodeId: 'b' }, desired: 1 });
    expect(scale(fleet([empty('b')], { minNodes: 0 }))).toMatchObject({ kind: 'release', desired: 0 });
  });

  test.each<[string, Node[], Parameters<typeof fleet>[1]]>([
    ['has a session', [up('a'), empty('b', { load: 1, isEmpty: false })], {}],
    ['has a recording to upload', [up('a'), empty('b', { isEmpty: false })], {}],
    ['is protected still', [up('a'), empty('b', { isProtected: true })], {}],
    ['has not drained yet', [up('a'), up('b', 0, { order: 'drain', isProtected: false })], {}],
    ['is not the only unprotected one, and the other has calls', [up('a', 1, { isProtected: false }), empty('b')], {}],
    [
      'was released just now',
      [up('a'), empty('b', { releasedAtMs: nowMs - 4 * minute })],
      { service: { desired: 1, running: 1 } },
    ],
    ['is replaced by one that starts', [empty('b')], { service: { desired: 2, running: 1, pending: 1 } }],
    ['is replaced by one that begins', [empty('b')], { service: { desired: 2, running: 2 } }],
    ['is listed beyond its task', [up('a'), empty('b')], { service: { desired: 1, running: 1 }, minNodes: 0 }],
    ['is the last to be listed of none', [empty('b')], { service: { desired: 0, running: 0 }, minNodes: 0 }],
    ['is to be stopped already', [up('a'), empty('b')], { service: { desired: 1, running: 2 } }],
    ['is replaced in a deploy', [up('a', 0, { release: 'newer' }), empty('b')], { service: { isDeploying: true } }],
  ])('does not while it %s', (_when, nodes, change) => {
    expect(scale(fleet(nodes, change))).toBeUndefined();
  });

  test('makes place where ECS cannot start another one beside it', () => {
    const alone = (change: Partial<Fleet['service']>) => scale(fleet([empty('b')], { service: change }));
    expect(alone({ desired: 2, running: 1 })).toMatchObject({ kind: 'replace', node: { nodeId: 'b' } });
    expect(alone({ desired: 2, running: 1, pending: 1 })).toBeUndefined();
    const busy = [empty('b', { isEmpty: false })];
    expect(scale(fleet(busy, { service: { desired: 2, running: 1 } }))).toBeUndefined();
  });

  test('of a deployment before is for ECS to stop', () => {
    const service = { desired: 2, running: 1, isDeploying: true };
    expect(scale(fleet([empty('b')], { service, current: new Set() }))).toBeUndefined();
    expect(scale(fleet([empty('b')], { service, current: new Set(['b']) }))).toMatchObject({ kind: 'replace' });
  });

  test('does again when it is still there after 5 min', () => {
    const nodes = [up('a'), empty('b', { releasedAtMs: nowMs - 5 * minute })];
    expect(scale(fleet(nodes))).toMatchObject({ kind: 'release', desired: 1 });
  });

  test('that drained for a release that is gone again goes too, when another one is there, or makes place for it', () => {
    const left = { ...empty('b') };
    Reflect.deleteProperty(left, 'order');
    expect(scale(fleet([left]))).toMatchObject({ kind: 'replace', node: { nodeId: 'b' } });
    expect(scale(fleet([{ ...left, isEmpty: false }]))).toEqual({ kind: 'raise', desired: 2 });
    expect(scale(fleet([left, up('a')]))).toMatchObject({ kind: 'release', node: { nodeId: 'b' }, desired: 1 });
  });
});

describe('the count is raised', () => {
  const none = { service: { desired: 0, running: 0 }, minNodes: 0 };
  test('from zero, when somebody wants a node', () => {
    expect(raisedCount(fleet([], { ...none, wantedAtMs: nowMs - 1 }))).toBe(1);
    expect(raisedCount(fleet([], none))).toBeUndefined();
    expect(raisedCount(fleet([], { ...none, wantedAtMs: nowMs - 5 * minute }))).toBeUndefined();
  });

  test('once: a task that is to come is enough', () => {
    const coming = { service: { desired: 1, running: 0, pending: 1 }, minNodes: 0, wantedAtMs: nowMs };
    expect(raisedCount(fleet([], coming))).toBeUndefined();
  });

  test('beside the last node that is about to go', () => {
    const leaving = [up('a', 0, { order: 'drain' })];
    expect(raisedCount(fleet(leaving, { minNodes: 0, wantedAtMs: nowMs }))).toBe(2);
    const released = [empty('a', { releasedAtMs: nowMs - 1000 })];
    expect(raisedCount(fleet(released, { ...none, wantedAtMs: nowMs }))).toBe(1);
  });

  test('to the least, never over the most', () => {
    expect(raisedCount(fleet([], { service: { desired: 0, running: 0 }, minNodes: 3 }))).toBe(3);
    expect(raisedCount(fleet([], { ...none, maxNodes: 0, wantedAtMs: nowMs }))).toBeUndefined();
  });

  test('not for the nodes that a deploy replaces: ECS does', () => {
    const nodes = [up('old', 3, { state: 'draining' }), up('new', 0, { release: 'newer' })];
    expect(scale(fleet(nodes, { service: { desired: 1, running: 2, isDeploying: true } }))).toBeUndefined();
  });
});

describe('in a deploy', () => {
  const deploying = { isDeploying: true };
  const current = (...ids: string[]) => new Set(ids);
  const fresh = (nodeId: string, load = 0, change: Partial<Node> = {}) =>
    up(nodeId, load, { bootedAtMs: nowMs - minute, isProtected: false, isBlocked: true, ...change });

  test('nodes of one release drain too, all at once, when one of the newest deployment can take their place', () => {
    const nodes = [up('a', 3), up('b'), up('c', 0, { order: 'drain' }), fresh('d')];
    expect(drained(nodes, { service: deploying, current: current('d') })).toBe('a,b');
  });

  test.each<[string, Node, Parameters<typeof fleet>[1]]>([
    ['it is not known which that is', fresh('b'), {}],
    ['it is none', fresh('b'), { current: current() }],
    ['its engine is not up', fresh('b', 0, { engines: [{ ...janusEngine, up: false }] }), { current: current('b') }],
    ['it drains itself', fresh('b', 0, { state: 'draining' }), { current: current('b') }],
  ])('but not while %s', (_when, one, change) => {
    expect(replacing([up('a', 3), one], change)).toBeUndefined();
  });
  const replacing = (nodes: readonly Node[], change: Parameters<typeof fleet>[1]) =>
    drained(nodes, { service: { ...deploying, desired: 9 }, ...change });

  test('the count is raised for nodes with calls that ECS refuses to protect', () => {
    const old = [up('a', 3, { state: 'draining' }), up('b', 1, { state: 'draining' })];
    const raised = (...more: Node[]) =>
      raisedCount(fleet([...old, ...more], { service: { ...deploying, desired: 2 }, current: current('c', 'd') }));
    expect(raised(fresh('c'), fresh('d'))).toBeUndefined();
    expect(raised(fresh('c', 1), fresh('d'))).toBe(3);
    expect(raised(fresh('c', 1), fresh('d', 0, { rooms: 1 }))).toBe(4);
    expect(raised(fresh('c', 1, { isProtected: true, isBlocked: false }), fresh('d', 1))).toBe(4);
  });

  test('at the most to twice the most, and not for one that is refused for another reason', () => {
    const nodes = [up('a', 1), up('b', 1), fresh('c', 1)];
    expect(raisedCount(fleet(nodes, { service: { desired: 2 }, maxNodes: 1 }))).toBeUndefined();
    const refused = [up('a', 1), up('b', 1), fresh('c', 1, { isBlocked: false })];
    expect(raisedCount(fleet(refused, { service: { desired: 2 } }))).toBeUndefined();
  });

  test('that is taken back, others come for those that drain already, as many as serve', () => {
    const nodes = [up('a', 3, { state: 'draining' }), up('b', 1, { state: 'draining' }), fresh('c'), fresh('d')];
    const rolledBack = { service: { ...deploying, desired: 2, running: 4 }, current: current('a', 'b') };
    expect(raisedCount(fleet(nodes, rolledBack))).toBe(4);
    expect(raisedCount(fleet(nodes, { ...rolledBack, maxNodes: 1 }))).toBe(3);
    expect(raisedCount(fleet(nodes.slice(0, 2), rolledBack))).toBe(3);
    expect(raisedCount(fleet(nodes, { ...rolledBack, current: undefined }))).toBeUndefined();
  });
});

const anyMinute = fc.record({
  load: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 4, maxLength: 4 }),
  isWanted: fc.boolean(),
  isScaledOut: fc.boolean(),
  reaps: fc.constantFrom(1, 1, 0, 2),
});

test('whatever happens: no call is cut, never fewer nodes than wanted, one drains at a time', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 2 }),
      fc.array(anyMinute, { maxLength: 60 }),
      (count, minNodes, minutes) => {
        const world = new FleetWorld({ count: Math.max(count, minNodes), minNodes });
        for (const { load, isWanted, isScaledOut, reaps } of minutes) {
          world.pass((one) => load[Number(one.nodeId.slice(1)) % 4] ?? 0);
          if (isWanted) world.wantedAtMs = world.nowMs;
          // Application Auto Scaling.
          if (isScaledOut) world.desired = Math.min(10, world.desired + 1);
          for (let at = 0; at < reaps; at += 1) {
            const before = [...world.nodes.values()];
            const order = world.reap();
            if (order?.kind === 'drain') {
              expect(order.nodes).toHaveLength(1);
              expect(before.filter(({ state, order: given }) => state === 'draining' || given)).toEqual([]);
              const rest = before.filter(({ nodeId }) => nodeId !== order.nodes[0]?.nodeId);
              const all = before.reduce((sum, one) => sum + one.load, 0);
              expect(all).toBeLessThanOrEqual(0.6 * rest.reduce((sum, one) => sum + one.capacity, 0));
            }
          }
          expect(world.ecs()).toBe(false);
          const serving = world.serving();
          expect(serving.length).toBeGreaterThanOrEqual(reaps === 0 ? 0 : Math.min(minNodes, world.desired));
          if (reaps > 0 && isWanted) expect(serving.length).toBeGreaterThan(0);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('without calls it comes to rest at the least, and goes back up when somebody comes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 3 }), (count, minNodes) => {
      const world = new FleetWorld({ count: Math.max(count, minNodes), minNodes });
      // Ten minutes after a boot the first goes, each in three steps: ordered, empty, stopped.
      for (let at = 0; at < 15 + 4 * count; at += 1) {
        world.pass(() => 0);
        world.reap();
        world.ecs();
      }
      expect(world.nodes.size).toBe(minNodes);
      world.wantedAtMs = world.nowMs;
      world.reap();
      world.ecs();
      expect(world.nodes.size).toBe(Math.max(1, minNodes));
    }),
    { numRuns: 60 },
  );
});

const anyDeploy = fc.record({
  kind: fc.constantFrom('release', 'same release', 'back'),
  minutes: fc.array(fc.record({ load: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 4, maxLength: 4 }) }), {
    minLength: 3,
    maxLength: 12,
  }),
});

test('whatever is deployed, and taken back: no call is cut, somebody serves, calls are protected, and it comes to rest', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
      fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
      fc.array(anyDeploy, { minLength: 1, maxLength: 4 }),
      (count, startMinutes, unprotectable, deploys) => {
        const world = new FleetWorld({ count, minNodes: 1, maxNodes: 100, startMinutes, unprotectable });
        const minuteOf = (load: (one: Node) => number) => {
          world.pass(load);
          world.reap();
          expect(world.ecs()).toBe(false);
          expect(world.desired).toBeLessThanOrEqual(12);
        };
        minuteOf(() => 5);
        for (const { kind, minutes } of deploys) {
          // One at a time is CloudFormation's rule; one more may be forced beside it.
          while (world.deployments.length > 2) minuteOf(() => 0);
          if (kind === 'back' && world.isDeploying) world.rollBack();
          else world.deploy(kind === 'release' ? `r${world.nowMs}` : undefined);
          expect(world.ecs()).toBe(false);
          for (const { load } of minutes) minuteOf((one) => load[Number(one.nodeId.slice(1)) % 4] ?? 0);
          // What ECS may cut is over after some minutes: only then may the next deploy come.
          for (let at = 0; at < 16 && (world.isInDanger() || world.serving().length === 0); at += 1)
            minuteOf((one) => one.load);
          expect(world.isInDanger()).toBe(false);
          expect(world.serving().length).toBeGreaterThan(0);
        }
        for (let at = world.nodes.size * 4 + 90; at > 0; at -= 1) minuteOf(() => 0);
        expect(world.isDeploying).toBe(false);
        expect(world.nodes.size).toBe(1);
        expect([...world.nodes.values()][0]).toMatchObject({ state: 'up', release: world.release });
      },
    ),
    { numRuns: 400 },
  );
});

test('an account that has room for one node only gets that one, also when the last one drains just then', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.array(fc.boolean(), { maxLength: 40 }), (startMinutes, wants) => {
      const world = new FleetWorld({ count: 1, minNodes: 0, quota: 1, startMinutes });
      const minuteOf = (isWanted: boolean) => {
        world.pass(() => 0);
        if (isWanted) world.wantedAtMs = world.nowMs;
        world.reap();
        world.ecs();
      };
      for (const isWanted of wants) minuteOf(isWanted);
      for (let at = 0; at < 8; at += 1) minuteOf(true);
      expect(world.serving()).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});
