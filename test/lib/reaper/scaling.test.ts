import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { handler as connect } from '../../../functions/connect.ts';
import { handler as reap } from '../../../functions/reap.ts';
import { NodeService } from '../../../lib/aws/node-service.ts';
import { services } from '../../../lib/command/services.ts';
import { NodeStore } from '../../../lib/store/nodes.ts';
import { FakeBackend } from '../../support/fake-backend.ts';
import { FakeEcs, taskEvent } from '../../support/fake-ecs.ts';
import { messageEvent } from '../../support/functions.ts';
import { inProcess, type Party } from '../../support/in-process.ts';
import { later } from '../../support/later.ts';
import { offer } from '../../support/sdp.ts';
import { until } from '../../support/until.ts';

/** How many nodes there are: the functions as they are, real nodes as the tasks of an ECS over HTTP. */

const world = inProcess();
const minute = 60_000;
let ecs: FakeEcs;
/** Of what is deployed. */
let release = 'first';
beforeAll(async () => {
  await world.stop('n1');
  ecs = await new FakeEcs().start();
  ecs.launch = async (taskId) => {
    const backends = [new FakeBackend('janus', `janus of ${taskId}`)];
    await world.start(taskId, backends, { ecsAgent: ecs.agentUrl(taskId), release });
    return () => world.stop(taskId);
  };
  vi.stubEnv('PATCHBAY_CLUSTER', 'calls');
  vi.stubEnv('PATCHBAY_SERVICE', 'nodes');
  vi.stubEnv('PATCHBAY_ECS_ENDPOINT', ecs.url);
  vi.stubEnv('PATCHBAY_MIN_NODES', '0');
  vi.stubEnv('PATCHBAY_MAX_NODES', '4');
  vi.stubEnv('PATCHBAY_CALLBACK_URL', 'http://127.0.0.1:1');
});
afterEach(() => {
  ecs.faults.length = 0;
});
afterAll(async () => {
  vi.restoreAllMocks();
  await ecs.stop();
});

const listed = async (nodeId: string) => (await new NodeStore(world.table).list()).find((one) => one.nodeId === nodeId);
const echo = (party: Party) => party.ask('create', { type: 'echo', offer, wait_reply: true });
const arrives = async (connectionId: string) => {
  services().directory.forget('');
  return connect(
    messageEvent('', { connectionId, eventType: 'CONNECT', authorizer: { tenant: 'acme', sub: 'ann', scope: '' } }),
  );
};
/** A minute of the nodes and the reaper. */
async function looks(ms = minute): Promise<void> {
  later(ms);
  for (const { id } of ecs.tasks.values()) {
    const before = (await listed(id))?.heartbeatAtMs;
    world.beat(id);
    await until(`a heartbeat of ${id}`, async () => (await listed(id))?.heartbeatAtMs !== before);
  }
  services().directory.forget('');
  await reap({ 'detail-type': 'Scheduled Event' });
}
/** And of ECS. */
async function passes(ms = minute): Promise<{ started: string[]; stopped: string[] }> {
  await looks(ms);
  const happened = await ecs.settle();
  for (const taskId of happened.stopped) await reap(taskEvent(taskId));
  return happened;
}
const counts = () => ({ desired: ecs.desired, tasks: [...ecs.tasks.keys()] });

test('with minNodes 0 nodes go down to none when nobody is there, and come back for the next client', async () => {
  // Nobody: nothing is started.
  await passes();
  expect(counts()).toEqual({ desired: 0, tasks: [] });

  // A client connects: it is let in at once, a node is on its way.
  const ann = await world.connect();
  expect(await arrives(ann.connectionId)).toEqual({ statusCode: 200 });
  expect(counts()).toEqual({ desired: 1, tasks: [] });
  expect(await ann.refused('create', { type: 'echo', offer })).toMatchObject({
    reason: 'no_mediaserver',
    retry_after: 5,
  });
  // Many more come before it is there: it stays at one.
  await Promise.all(Array.from({ length: 5 }, (_, at) => arrives(`c${at}`)));
  await passes();
  expect(counts()).toEqual({ desired: 1, tasks: ['task-1'] });
  await until('protected', () => ecs.tasks.get('task-1')?.isProtected);

  services().directory.forget('');
  const { session_id } = await echo(ann);
  // It has a call: whatever time passes, it stays.
  for (let at = 0; at < 20; at += 1) expect((await passes()).stopped).toEqual([]);
  expect(await listed('task-1')).toMatchObject({ state: 'up', load: 1 });
  await ann.ask('destroy', { session_id });

  // Nobody is there any more: it drains, gives its protection up, is stopped, and nothing of it is left.
  await passes();
  expect(await listed('task-1')).toMatchObject({ order: 'drain' });
  world.beat('task-1');
  await until('it is empty', async () => {
    const { state, isProtected } = (await listed('task-1')) ?? {};
    return state === 'draining' && isProtected === false;
  });
  expect(ecs.desired).toBe(1);
  expect(await passes()).toEqual({ started: [], stopped: ['task-1'] });
  expect(counts()).toEqual({ desired: 0, tasks: [] });
  // It ended well, so nothing of it is lost; but what its task's end left to look after is looked after twice.
  expect(await listed('task-1')).toMatchObject({ state: 'lost' });
  await passes();
  expect(await new NodeStore(world.table).list()).toEqual([]);
  expect(await new NodeStore(world.table).getKeys('task-1')).toEqual([]);
  for (let at = 0; at < 6; at += 1) await passes();
  expect(counts()).toEqual({ desired: 0, tasks: [] });

  // And back.
  await arrives('later');
  expect(await passes()).toMatchObject({ started: ['task-2'] });
  services().directory.forget('');
  await ann.ask('destroy', { session_id: (await echo(ann)).session_id });
}, 60_000);

test('somebody who is connected for long brings a node back as well: by a create that finds none', async () => {
  const ann = await world.connect();
  await until(
    'none',
    async () => {
      await passes();
      return ecs.tasks.size === 0;
    },
    30_000,
  );
  later(30 * minute);
  services().directory.forget('');
  expect(await ann.refused('create', { type: 'echo', offer })).toMatchObject({ reason: 'no_mediaserver' });
  expect(ecs.desired).toBe(0);
  expect((await passes()).started).toHaveLength(1);
  services().directory.forget('');
  expect(await echo(ann)).toHaveProperty('answer');
}, 60_000);

test('a client that connects while the last node goes gets one all the same', async () => {
  const bob = await world.connect({ sub: 'bob' });
  const [last = ''] = [...ecs.tasks.keys()];
  // Its calls end, and its time comes.
  const ann = await world.connect();
  for (const { session_id } of await sessionsOf(ann)) await ann.ask('destroy', { session_id });
  await until(
    'it is to go',
    async () => {
      await passes();
      return (await listed(last))?.order === 'drain';
    },
    30_000,
  );

  // In just that moment. ECS has one task, and is to have one: this one will not do.
  await arrives(bob.connectionId);
  expect(ecs.desired).toBe(2);
  const { started } = await passes();
  expect(started).toHaveLength(1);
  services().directory.forget('');
  expect(String((await echo(bob)).session_id)).toContain(`@${started[0]}`);
  await until(
    'the last one is gone',
    async () => {
      await passes();
      return !ecs.tasks.has(last);
    },
    30_000,
  );
  expect(counts()).toEqual({ desired: 1, tasks: started });
}, 60_000);

test('a client is let in when ECS cannot be asked, and the reaper makes up for it', async () => {
  const cat = await world.connect({ sub: 'cat' });
  for (const { session_id } of await sessionsOf(await world.connect({ sub: 'bob' }))) {
    await (await world.connect({ sub: 'bob' })).ask('destroy', { session_id });
  }
  await until(
    'none',
    async () => {
      await passes();
      return ecs.tasks.size === 0;
    },
    40_000,
  );
  later(10 * minute);
  ecs.faults.push({ status: 400, body: { __type: 'AccessDeniedException', message: 'no' } });
  expect(await arrives(cat.connectionId)).toEqual({ statusCode: 200 });
  expect(ecs.desired).toBe(0);
  expect((await passes()).started).toHaveLength(1);
}, 60_000);

describe('of two nodes', () => {
  /** Two nodes that are no longer young, one with a call. */
  async function two() {
    for (const { id } of [...ecs.tasks.values()]) {
      await world.stop(id);
      ecs.tasks.delete(id);
      await reap(taskEvent(id));
    }
    ecs.desired = 2;
    await ecs.settle();
    await until('both are protected', () => [...ecs.tasks.values()].every(({ isProtected }) => isProtected));
    // Their first minutes: none of them goes.
    await passes(9 * minute);
    services().directory.forget('');
    const ann = await world.connect();
    const { session_id } = await echo(ann);
    const [, busy = ''] = String(session_id).split('@');
    const idle = [...ecs.tasks.keys()].find((id) => id !== busy) ?? '';
    return { ann, session_id, busy, idle };
  }
  const isEmpty = (id: string) =>
    until(`${id} is empty`, async () => {
      world.beat(id);
      const { state, isProtected } = (await listed(id)) ?? {};
      return state === 'draining' && isProtected === false;
    });

  test('the idle one goes, with the call that it got meanwhile carried to its end', async () => {
    const { ann, session_id, busy, idle } = await two();
    await passes();
    expect(await listed(idle)).toMatchObject({ order: 'drain' });
    expect(await listed(busy)).not.toHaveProperty('order');
    // A function that does not know yet sends it one more, before the node itself hears of its order.
    const list = await new NodeStore(world.table).list();
    vi.spyOn(services().directory, 'list').mockResolvedValueOnce(list.filter(({ nodeId }) => nodeId === idle));
    const late = await echo(ann);
    expect(String(late.session_id)).toContain(`@${idle}`);
    for (let at = 0; at < 8; at += 1) expect((await passes()).stopped).toEqual([]);
    expect(await listed(idle)).toMatchObject({ state: 'draining', load: 1, isProtected: true });
    expect(ecs.desired).toBe(2);
    await ann.ask('destroy', { session_id: late.session_id });
    await isEmpty(idle);
    expect((await passes()).stopped).toEqual([idle]);
    expect(counts()).toEqual({ desired: 1, tasks: [busy] });
    expect(ann.of(String(session_id), 'destroyed')).toEqual([]);
    await ann.ask('destroy', { session_id });
  }, 60_000);

  test('the count is lowered once, however many reapers run', async () => {
    const { ann, session_id, busy, idle } = await two();
    await passes();
    await isEmpty(idle);
    later(minute);
    for (const id of [busy, idle]) world.beat(id);
    await until('heartbeats', async () =>
      (await Promise.all([busy, idle].map(listed))).every((one) => Date.now() - (one?.heartbeatAtMs ?? 0) < 10_000),
    );
    await Promise.all([reap({}), reap({}), reap({})]);
    expect(ecs.desired).toBe(1);
    // Nor does a later one, while ECS takes its time.
    later(minute);
    await reap({});
    expect(ecs.desired).toBe(1);
    expect((await ecs.settle()).stopped).toEqual([idle]);
    await ann.ask('destroy', { session_id });
  }, 60_000);

  test('a reaper that dies before it lowers the count has one more started, which goes in its time', async () => {
    const { ann, session_id, busy, idle } = await two();
    await passes();
    await isEmpty(idle);
    const update = vi.spyOn(NodeService.prototype, 'setDesired').mockRejectedValueOnce(new Error('killed'));
    await expect(passes()).rejects.toThrow('killed');
    update.mockRestore();
    expect(await passes()).toMatchObject({ started: [expect.any(String)], stopped: [idle] });
    expect(ecs.desired).toBe(2);
    await until('there is one', async () => (await passes(2 * minute)) && ecs.tasks.size === 1, 30_000);
    expect(counts()).toEqual({ desired: 1, tasks: [busy] });
    await ann.ask('destroy', { session_id });
  }, 60_000);

  test('while a deploy is under way none goes', async () => {
    const { ann, session_id, idle } = await two();
    // ECS takes its time to start the new ones.
    vi.spyOn(ecs, 'settle').mockResolvedValue({ started: [], stopped: [] });
    ecs.deploy();
    for (let at = 0; at < 5; at += 1) await passes();
    expect(await listed(idle)).not.toHaveProperty('order');
    ecs.rollBack();
    vi.mocked(ecs.settle).mockRestore();
    await ecs.settle();
    await passes();
    expect(await listed(idle)).toMatchObject({ order: 'drain' });
    await ann.ask('destroy', { session_id });
  }, 60_000);
});

describe('a deploy, with a call on each node', () => {
  /** One node with a call, and the next deployment's beside it. */
  async function deployed(next: string) {
    for (const { id } of [...ecs.tasks.values()]) {
      await world.stop(id);
      ecs.tasks.delete(id);
      await reap(taskEvent(id));
    }
    ecs.desired = 1;
    await ecs.settle();
    const [old = ''] = [...ecs.tasks.keys()];
    await isProtected(old);
    services().directory.forget('');
    const ann = await world.connect();
    const first = String((await echo(ann)).session_id);
    expect(first).toContain(`@${old}`);
    release = next;
    ecs.deploy();
    const { started } = await ecs.settle();
    expect(started).toHaveLength(1);
    return { ann, first, old, fresh: started[0] ?? '' };
  }
  const isProtected = (id: string) => until(`${id} is protected`, () => ecs.tasks.get(id)?.isProtected, 15_000);
  const drains = (id: string) =>
    until(`${id} drains`, async () => {
      world.beat(id);
      return (await listed(id))?.state === 'draining';
    });
  /** Lets time go by until there is one node, of the newest deployment: which. */
  async function atRest(): Promise<string> {
    await until(
      'one node is left',
      async () => {
        await passes(2 * minute);
        return ecs.tasks.size === 1 && !ecs.isDeploying;
      },
      45_000,
    );
    const [last = ''] = [...ecs.tasks.keys()];
    expect(await listed(last)).toMatchObject({ state: 'up' });
    return last;
  }

  test('that is taken back cuts neither: the new node was protected, and the old release has a node again', async () => {
    const { ann, first, old, fresh } = await deployed('second');
    await drains(old);
    services().directory.forget('');
    const second = String((await echo(ann)).session_id);
    expect(second).toContain(`@${fresh}`);
    // One task is to be, one is protected: ECS refuses the other, and would stop it in a rollback.
    expect(ecs.tasks.get(fresh)?.isProtected).toBe(false);
    await looks();
    expect(ecs.desired).toBe(2);
    await isProtected(fresh);

    release = 'first';
    ecs.rollBack();
    await passes();
    expect(ecs.tasks.has(fresh)).toBe(true);
    await until(
      'the old release has a node that takes calls',
      async () => {
        await passes();
        const nodes = await new NodeStore(world.table).list();
        return nodes.some((node) => node.release === 'first' && node.state === 'up' && node.nodeId !== old);
      },
      20_000,
    );
    await drains(fresh);
    services().directory.forget('');
    const third = String((await echo(ann)).session_id);
    expect([old, fresh]).not.toContain(third.split('@')[1]);
    for (const id of [first, second, third]) expect(ann.of(id, 'destroyed')).toEqual([]);
    for (const session_id of [first, second, third]) await ann.ask('destroy', { session_id });
    expect(await listed(await atRest())).toMatchObject({ release: 'first' });
  }, 90_000);

  test('of the same release, as when it is forced, drains the old node too: by an order', async () => {
    const { ann, first, old, fresh } = await deployed(release);
    await passes();
    expect(await listed(old)).toMatchObject({ order: 'drain' });
    expect(await listed(fresh)).not.toHaveProperty('order');
    await drains(old);
    services().directory.forget('');
    const second = String((await echo(ann)).session_id);
    expect(second).toContain(`@${fresh}`);
    expect(ann.of(first, 'destroyed')).toEqual([]);
    await ann.ask('destroy', { session_id: first });
    expect(await atRest()).toBe(fresh);
    expect(ann.of(second, 'destroyed')).toEqual([]);
    await ann.ask('destroy', { session_id: second });
  }, 90_000);
});

async function sessionsOf(party: Party): Promise<{ session_id: string }[]> {
  services().directory.forget('');
  const { sessions } = await party.ask('get_list');
  return Array.isArray(sessions) ? sessions : [];
}
