import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NodeService, nodeService } from '../../../lib/aws/node-service.ts';
import { denied, FakeEcs, throttled } from '../../support/fake-ecs.ts';

let ecs: FakeEcs;
beforeEach(async () => {
  ecs = await new FakeEcs().start();
  ecs.desired = 2;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await ecs.stop();
});
const service = (cluster = 'calls', name = 'nodes', url = ecs.url) =>
  new NodeService({ url, region: 'us-east-1', service: 'ecs' }, cluster, name);
const operations = () => ecs.calls.map(({ operation }) => operation);

test('the service is described: how many tasks there are and are to be', async () => {
  ecs.add('t');
  expect(await service().describe()).toEqual({
    desired: 2,
    running: 1,
    pending: 1,
    isDeploying: false,
    deployment: 'ecs-svc/1',
  });
  ecs.deploy();
  expect(await service().describe()).toMatchObject({ isDeploying: true, deployment: 'ecs-svc/2' });
  ecs.rollBack();
  expect(await service().describe()).toMatchObject({ isDeploying: true, deployment: 'ecs-svc/1' });
  expect(ecs.calls[0]?.input).toEqual({ cluster: 'calls', services: ['nodes'] });
});

test('its tasks are told apart by their deployment, a hundred at once; one that is gone is of none', async () => {
  const before = Array.from({ length: 150 }, (_, at) => ecs.add(`before-${at}`).id);
  ecs.deploy();
  const after = ['after-1', 'after-2'].map((id) => ecs.add(id).id);
  const all = [...before, ...after, 'gone'];
  expect(await service().startedBy('ecs-svc/2', all)).toEqual(new Set(after));
  expect(await service().startedBy('ecs-svc/1', all)).toEqual(new Set(before));
  expect(await service().startedBy('ecs-svc/1', [])).toEqual(new Set());
  expect(operations()).toEqual(Array.from({ length: 4 }, () => 'DescribeTasks'));
});

test('its count is set, and nothing else of it', async () => {
  await service().setDesired(5);
  expect(ecs.desired).toBe(5);
  expect(ecs.calls).toEqual([
    { operation: 'UpdateService', input: { cluster: 'calls', service: 'nodes', desiredCount: 5 } },
  ]);
});

test('a task is stopped, and one that is not there is none to stop', async () => {
  ecs.add('t');
  await service().stopTask('t', 'no heartbeat');
  await service().stopTask('t', 'no heartbeat');
  expect(ecs.tasks.size).toBe(0);
  expect(ecs.calls[0]?.input).toEqual({ cluster: 'calls', task: 't', reason: 'no heartbeat' });
});

describe('ECS', () => {
  test.each([
    throttled,
    { status: 500, body: { __type: 'ServerException', message: 'x' } },
    { status: 503, body: 'no' },
  ])('that answers %j is asked again', async (fault) => {
    ecs.faults.push(fault, fault);
    await service().setDesired(3);
    expect(ecs.desired).toBe(3);
    expect(ecs.calls).toHaveLength(3);
  });

  test('that is throttled for long is given up', async () => {
    ecs.faults.push(...Array.from({ length: 9 }, () => throttled));
    await expect(service().describe()).rejects.toMatchObject({ code: 'ThrottlingException' });
    expect(operations()).toHaveLength(4);
  });

  test('that refuses is not asked again', async () => {
    ecs.faults.push(denied);
    await expect(service().setDesired(1)).rejects.toMatchObject({ code: 'AccessDeniedException' });
    await expect(service('other').describe()).rejects.toMatchObject({ code: 'ClusterNotFoundException' });
    await expect(service('calls', 'other').setDesired(1)).rejects.toMatchObject({
      code: 'ServiceNotFoundException',
    });
    expect(operations()).toHaveLength(3);
  });

  test('that has no such service says so by an empty list', async () => {
    ecs.faults.push({ status: 200, body: { services: [], failures: [{ reason: 'MISSING' }] } });
    await expect(service().describe()).rejects.toMatchObject({ code: 'MISSING' });
  });

  test('that is out of reach is asked again, then given up', async () => {
    await expect(service('calls', 'nodes', 'http://127.0.0.1:1').describe()).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});

describe('the environment', () => {
  test('without a cluster has no service', () => {
    expect(nodeService()).toBeUndefined();
  });

  test('names cluster, service and, in tests, where ECS is', async () => {
    vi.stubEnv('PATCHBAY_CLUSTER', 'calls');
    expect(() => nodeService()).toThrow('PATCHBAY_SERVICE');
    vi.stubEnv('PATCHBAY_SERVICE', 'nodes');
    vi.stubEnv('PATCHBAY_ECS_ENDPOINT', ecs.url);
    expect(await nodeService()?.describe()).toMatchObject({ desired: 2 });
  });
});
