import { beforeEach, describe, expect, test, vi } from 'vitest';
import { handler } from '../../functions/reap.ts';
import { NodeStore } from '../../lib/store/nodes.ts';
import { SessionStore } from '../../lib/store/sessions.ts';
import { FakeEcs, taskEvent } from '../support/fake-ecs.ts';
import { FakeEventBridge } from '../support/fake-event-bridge.ts';
import { functionsUnderTest } from '../support/functions.ts';
import { listNode, node } from '../support/nodes.ts';

const world = functionsUnderTest();
beforeEach(() => {
  vi.stubEnv('PATCHBAY_CALLBACK_URL', 'http://127.0.0.1:1');
  vi.stubEnv('PATCHBAY_SERVICE', 'nodes');
});
const list = (nodeId: string) => listNode(world.table, node(nodeId, { heartbeatAtMs: Date.now() }));
const stateOf = async (nodeId: string) =>
  (await new NodeStore(world.table).list()).find((one) => one.nodeId === nodeId)?.state;

describe('a task that has stopped', () => {
  test('was a node: it is given up', async () => {
    await list('n1');
    await handler(taskEvent('n1'));
    expect(await stateOf('n1')).toBe('lost');
    await world.unlist('n1');
  });

  test('was none: nodes stay as they are', async () => {
    await list('n1');
    await handler(taskEvent('n2'));
    expect(await stateOf('n1')).toBe('up');
    await world.unlist('n1');
  });
});

test('what was on it is told to the event bus that the environment names', async () => {
  const bridge = await new FakeEventBridge().start();
  vi.resetModules();
  vi.stubEnv('PATCHBAY_EVENT_BUS', 'calls');
  vi.stubEnv('PATCHBAY_EVENTS_ENDPOINT', bridge.url);
  const fresh = await import('../../functions/reap.ts');
  await list('n1');
  const session = { tenant: 'acme', sessionId: 's1', nodeId: 'n1', attempt: 1, requestId: 'r', userId: 'ann' } as const;
  const soon = Math.floor(Date.now() / 1000) + 60;
  await new SessionStore(world.table).claim(
    { ...session, connectionId: 'c', type: 'echo', state: 'ready', createdAt: new Date().toISOString() },
    soon,
  );
  await fresh.handler(taskEvent('n1'));
  expect(bridge.details('session.destroyed')).toMatchObject([
    { tenant: 'acme', obj_id: 's1', body: { reason: 'node_lost' } },
  ]);
  await world.unlist('n1');
  await bridge.stop();
}, 30_000);

test.each([
  ['runs', taskEvent('n1', 'RUNNING')],
  ['is about to stop', taskEvent('n1', 'DEPROVISIONING')],
  ['is of another service', taskEvent('n1', 'STOPPED', 'service:others')],
])('a task that %s is let be', async (_which, event) => {
  await list('n1');
  await handler(event);
  expect(await stateOf('n1')).toBe('up');
  await world.unlist('n1');
});

test.each([
  undefined,
  {},
  { 'detail-type': 'Scheduled Event', detail: {} },
  { 'detail-type': 'ECS Task State Change' },
])('%j is the minute: silent nodes are noted, and without an ECS service none is scaled', async (event) => {
  await listNode(world.table, node('n1', { heartbeatAtMs: Date.now() - 90_000 }));
  await handler(event);
  expect((await new NodeStore(world.table).list())[0]).toMatchObject({
    state: 'up',
    suspectedAtMs: expect.any(Number),
  });
  await world.unlist('n1');
});

test('a failure of ECS fails the run, which is seen, and keeps no lost node from being cleared away', async () => {
  const ecs = await new FakeEcs().start();
  vi.resetModules();
  vi.stubEnv('PATCHBAY_CLUSTER', 'other');
  vi.stubEnv('PATCHBAY_ECS_ENDPOINT', ecs.url);
  const fresh = await import('../../functions/reap.ts');
  await listNode(world.table, node('n1', { state: 'lost', lostAtMs: Date.now() - 60_000 }));
  await expect(fresh.handler({})).rejects.toThrow('ClusterNotFoundException');
  expect(await stateOf('n1')).toBeUndefined();
  await ecs.stop();
});
