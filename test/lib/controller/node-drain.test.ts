import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { P2pBackend } from '../../../lib/backends/p2p/backend.ts';
import { services } from '../../../lib/command/services.ts';
import type { NodeOptions } from '../../../lib/controller/node.ts';
import { type Clock, systemClock } from '../../../lib/domain/clock.ts';
import { NodeOrders } from '../../../lib/store/node-orders.ts';
import { NodeStore } from '../../../lib/store/nodes.ts';
import { FakeBackend } from '../../support/fake-backend.ts';
import { deploymentBlocked, FakeEcs } from '../../support/fake-ecs.ts';
import { FakeS3 } from '../../support/fake-s3.ts';
import { heldUpload } from '../../support/held-upload.ts';
import {
  conference,
  connectHost,
  endOf,
  inProcess,
  listenerTo,
  type Party,
  publisherIn,
} from '../../support/in-process.ts';
import { makeReaper } from '../../support/reapers.ts';
import { offer } from '../../support/sdp.ts';
import { until } from '../../support/until.ts';

/** Real nodes that drain: `old` and, in its place, `new`; the functions before them. */

const world = inProcess();
let ecs: FakeEcs;
beforeEach(async () => {
  ecs = await new FakeEcs().start();
  ecs.desired = 2;
  await world.stop('n1');
  await start('old', { release: '1' });
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const nodeId of ['old', 'new']) await world.stop(nodeId);
  await ecs.stop();
});

async function start(nodeId: string, change: Partial<NodeOptions> = {}): Promise<void> {
  ecs.add(nodeId);
  await world.start(nodeId, [new FakeBackend('janus', `janus of ${nodeId}`)], {
    ecsAgent: ecs.agentUrl(nodeId),
    ...change,
  });
}
const listed = async (nodeId: string) => (await new NodeStore(world.table).list()).find((one) => one.nodeId === nodeId);
const made = async <T>(value: Promise<T | undefined>): Promise<T> => {
  const there = await value;
  if (there === undefined) throw new Error('not there');
  return there;
};
const isProtected = (nodeId: string) => ecs.tasks.get(nodeId)?.isProtected;
const echo = (party: Party) => party.create({ type: 'echo', offer, wait_reply: true });
/** For it a minute, in which a node tells of itself once, is over soon. */
const minuteMs = 50;
const hurried: Clock = {
  nowMs: systemClock.nowMs,
  after: (ms, then) => systemClock.after(ms === 60_000 ? minuteMs : ms, then),
};
/** A newer release comes up, and the old node hears of it. */
async function deploy() {
  await start('new', { release: '2' });
  world.beat('old');
  await until('old drains', async () => (await listed('old'))?.state === 'draining');
}
const becomesEmpty = () =>
  until('old is empty', async () => {
    const { state, load, isProtected: isOn } = (await listed('old')) ?? {};
    return state === 'draining' && load === 0 && isOn === false;
  });
/** What functions remember of the nodes is a second old at the most. */
const forget = () => services().directory.forget('old');

test('a node that is up is protected, and says so', async () => {
  await until('protected', async () => (await listed('old'))?.isProtected);
  expect(isProtected('old')).toBe(true);
  expect(ecs.asked).toEqual([{ taskId: 'old', body: { ProtectionEnabled: true, ExpiresInMinutes: 60 } }]);
});

describe('when a newer release is up', () => {
  test('the old node stays until its recordings have left its disk, which dies with its task', async () => {
    const s3 = await new FakeS3().start();
    const { uploads, files, letGo } = await heldUpload(s3);
    await world.stop('old');
    await start('old', { release: '1', uploads, files });
    await until('it is sent', () => s3.atOnce.now === 1);
    await deploy();
    await new Promise((later) => setTimeout(later, 200));
    expect(isProtected('old')).toBe(true);
    letGo();
    await becomesEmpty();
    expect([uploads.pending, isProtected('old')]).toEqual([0, false]);
    await s3.stop();
  });

  test('the old node keeps its calls, gets no new ones, and is empty and unprotected when the last has ended', async () => {
    const ann = await world.connect();
    const calls = [await echo(ann), await echo(ann)];
    await deploy();
    expect(await listed('old')).toMatchObject({ state: 'draining', load: 2, isProtected: true });
    expect(await listed('new')).toMatchObject({ state: 'up' });
    forget();
    const made = await Promise.all(Array.from({ length: 6 }, () => echo(ann)));
    expect(made.map((id) => id.split('@')[1])).toEqual(made.map(() => 'new'));
    // What lives goes on: it is muted, looked at, taken over.
    await ann.ask('update_media', { session_id: calls[0], mute_audio: true });
    await ann.ask('destroy', { session_id: calls[0] });
    expect(isProtected('old')).toBe(true);
    await ann.ask('destroy', { session_id: calls[1] });
    await becomesEmpty();
    await until('unprotected', () => isProtected('old') === false);
    expect(isProtected('new')).toBe(true);
    // It stays so until its task is stopped, also when the newer one goes.
    await world.stop('new');
    forget();
    world.beat('old');
    expect(await ann.refused('create', { type: 'echo', offer })).toMatchObject({
      reason: 'no_mediaserver',
      retry_after: 5,
    });
    expect(await listed('old')).toMatchObject({ state: 'draining' });
  });

  test('a create that reaches the draining node is passed on to another one', async () => {
    const ann = await world.connect();
    const calls = [await echo(ann)];
    forget();
    // What the functions know of is the node as it was.
    const before = await services().directory.list();
    await deploy();
    const both = [...before, ...(await new NodeStore(world.table).list()).filter(({ nodeId }) => nodeId === 'new')];
    // Neither is safer or less loaded than the other.
    const alike = both.map((one) => ({ ...one, isProtected: true, load: 0 }));
    vi.spyOn(services().directory, 'list').mockResolvedValue(alike);
    vi.spyOn(services(), 'random').mockReturnValue(0);
    const asked = vi.spyOn(services().nodes, 'post');
    const reply = await ann.ask('create', { type: 'echo', offer, wait_reply: true });
    expect(asked.mock.calls.map(([node]) => node.nodeId)).toEqual(['old', 'new']);
    expect(String(reply.session_id)).toMatch(/@new$/);
    expect(ann.of(String(reply.session_id), 'created')).toHaveLength(1);

    asked.mockClear();
    const host = await connectHost(world);
    expect(String((await host.ask('room/create', { class: 'sfu' })).room_id)).toMatch(/@new$/);
    expect(asked.mock.calls.map(([node]) => node.nodeId)).toEqual(['old', 'new']);
    await ann.ask('destroy', { session_id: calls[0] });
  });

  test('what is bound to the draining node is refused: its peers and rooms are there', async () => {
    const { host, room_id, publisher_id } = await conference(world);
    const listener = await listenerTo(host, publisher_id);
    await deploy();
    forget();
    const draining = { reason: 'node_draining', retry_after: 1 };
    expect(await host.refused('create', { type: 'publish', offer, room_id })).toMatchObject(draining);
    expect(await host.refused('create', { type: 'listen', publisher_id })).toMatchObject(draining);
    expect(await host.refused('create', { type: 'echo', offer, master_id: publisher_id })).toMatchObject(draining);
    // A room of its own goes elsewhere.
    const other = String((await host.ask('room/create', { class: 'sfu' })).room_id);
    expect(other).toMatch(/@new$/);
    await publisherIn(host, other);
    // Who is in it moderates on.
    await host.ask('room/mute', { room_id, session_id: listener, audio: true });
    await host.ask('room/kick', { room_id, session_id: listener });
    await host.ask('destroy', { session_id: publisher_id });
    // The empty room would keep the node for its time-out: it ends with the node's last session.
    await becomesEmpty();
    expect(await listed('old')).toMatchObject({ rooms: 0 });
    await host.ask('room/destroy', { room_id: other });
  });

  test('an older release by name drains the newer one as well: what counts is who came later', async () => {
    await start('new', { release: '0' });
    world.beat('old');
    await becomesEmpty();
    expect(await listed('new')).toMatchObject({ state: 'up' });
  });

  test('whose engine is down, the old node goes on', async () => {
    const broken = new FakeBackend('janus', 'broken');
    broken.up = false;
    await world.start('new', [broken], { release: '2' });
    world.beat('old');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await listed('old')).toMatchObject({ state: 'up' });
    const ann = await world.connect();
    expect(await echo(ann)).toMatch(/@old$/);
  });
});

describe('protection', () => {
  test('that ECS blocks is asked for again, and calls go on meanwhile', async () => {
    const ann = await world.connect();
    ecs.agentFaults.push(deploymentBlocked, deploymentBlocked);
    await start('new', { release: '1' });
    const id = await echo(ann);
    expect(await listed('new')).toMatchObject({ state: 'up', isProtected: false });
    await ann.ask('update_media', { session_id: id, mute_audio: true });
    await until('protected', async () => (await listed('new'))?.isProtected, 6000);
    expect(ecs.asked.filter(({ taskId }) => taskId === 'new')).toHaveLength(3);
    await ann.ask('destroy', { session_id: id });
  });

  test('is asked for by a node with calls at its next heartbeat, however long it would have waited', async () => {
    const ann = await world.connect();
    ecs.desired = 1;
    await until('old is protected', () => isProtected('old'));
    await start('new', { release: '1', random: () => 1 });
    const asked = () => ecs.asked.filter(({ taskId }) => taskId === 'new').length;
    await until('refused for a while', () => asked() === 3, 6000);
    const id = await echo(ann);
    expect(id).toMatch(/@old$/);
    ecs.desired = 2;
    vi.spyOn(services().directory, 'list').mockResolvedValueOnce([await made(listed('new'))]);
    const second = await echo(ann);
    expect(second).toMatch(/@new$/);
    world.beat('new');
    await until('protected', () => isProtected('new'), 1000);
    for (const session_id of [id, second]) await ann.ask('destroy', { session_id });
  });

  test('is not asked for by a node that takes no calls yet: a deployment would wait for its end', async () => {
    const janus = new FakeBackend('janus', 'late');
    janus.up = false;
    ecs.add('new');
    await world.start('new', [janus], { ecsAgent: ecs.agentUrl('new') });
    world.beat('new');
    await new Promise((later) => setTimeout(later, 200));
    expect(ecs.asked.filter(({ taskId }) => taskId === 'new')).toEqual([]);
    janus.up = true;
    world.beat('new');
    await until('protected', () => isProtected('new'));
  });

  test('is asked for by a node that has calls all the same, also when it drains before it asked', async () => {
    const janus = new FakeBackend('janus', 'late');
    janus.up = false;
    ecs.add('new');
    await world.start('new', [janus, new P2pBackend()], { ecsAgent: ecs.agentUrl('new') });
    const ann = await world.connect();
    vi.spyOn(services().directory, 'list').mockResolvedValueOnce([await made(listed('new'))]);
    const id = await ann.create({ type: 'p2p', offer });
    expect(id).toMatch(/@new$/);
    await new NodeOrders(world.table).drain('new');
    world.beat('new');
    await until('it drains', async () => (await listed('new'))?.state === 'draining');
    await until('protected', () => isProtected('new'));
    forget();
    await ann.ask('destroy', { session_id: id });
    await until('unprotected', () => isProtected('new') === false);
  });

  test.each([
    ['by ECS', true, [1, 0]],
    ['where there is no ECS, which could end them', false, [0]],
  ])('tells CloudWatch of its calls as long as they are not protected: %s', async (_, hasEcs, expected) => {
    await world.stop('old');
    if (hasEcs) ecs.agentFaults.push(deploymentBlocked, deploymentBlocked);
    const told: unknown[] = [];
    await start('new', {
      ...(!hasEcs && { ecsAgent: undefined }),
      clock: hurried,
      cloudwatch: (line) => {
        const { Sessions, UnprotectedSessions } = JSON.parse(line);
        if (Sessions === 1 && told.at(-1) !== UnprotectedSessions) told.push(UnprotectedSessions);
      },
    });
    const ann = await world.connect();
    const id = await echo(ann);
    await until('it is told', () => told.length === expected.length, 6000);
    await new Promise((later) => setTimeout(later, 3 * minuteMs));
    expect(told).toEqual(expected);
    await ann.ask('destroy', { session_id: id });
  });

  test('that cannot be given up is told so: the node is not taken for one that may be stopped', async () => {
    await until('protected', async () => (await listed('old'))?.isProtected);
    ecs.agentFaults.push(deploymentBlocked);
    await new NodeOrders(world.table).drain('old');
    world.beat('old');
    await until('asked', () => ecs.asked.length === 2);
    await until('it drains', async () => (await listed('old'))?.state === 'draining');
    expect(await listed('old')).toMatchObject({ state: 'draining', load: 0, isProtected: true });
    await becomesEmpty();
  });
});

describe('the deadline', () => {
  test('ends what is left, with node_draining, and the node is empty', async () => {
    await world.stop('old');
    await start('old', { release: '1', drainMs: 700 });
    const { host, room_id, publisher_id } = await conference(world);
    const echoed = await echo(host);
    await deploy();
    expect(await listed('old')).toMatchObject({ load: 2 });
    for (const id of [publisher_id, echoed]) {
      expect(await endOf(host, id)).toMatchObject({ reason: 'node_draining', code: 300051 });
      expect(host.of(id, 'destroyed')).toHaveLength(1);
    }
    await becomesEmpty();
    expect(await listed('old')).toMatchObject({ rooms: 0 });
    expect(isProtected('old')).toBe(false);
    expect(await host.refused('room/get_info', { room_id })).toMatchObject({ reason: 'room_not_found' });
  });
});

describe('an order of the reaper', () => {
  test('is learned from the next heartbeat, without a read of its own', async () => {
    const ann = await world.connect();
    const id = await echo(ann);
    expect(await new NodeOrders(world.table).drain('old')).toBe(true);
    world.beat('old');
    await until('it drains', async () => (await listed('old'))?.state === 'draining');
    await ann.ask('destroy', { session_id: id });
    await becomesEmpty();
    expect(await listed('old')).toMatchObject({ order: 'drain' });
  });

  test('is kept by a process that comes back: the node drains again', async () => {
    await new NodeOrders(world.table).drain('old');
    // Its process is gone without having said so, and another one takes its place.
    world.drop('old');
    await start('old', { release: '1' });
    await becomesEmpty();
  });
});

test('a node that is given up while it drains ends its calls, once', async () => {
  const ann = await world.connect();
  const calls = [await echo(ann), await echo(ann)];
  const lost: string[] = [];
  await world.stop('old');
  for (const id of calls) expect(ann.of(id, 'destroyed')).toHaveLength(1);
  await start('old', { release: '1', onLost: () => lost.push('old') });
  forget();
  const left = [await echo(ann), await echo(ann)];
  await deploy();
  await ann.ask('destroy', { session_id: left[0] });
  await makeReaper(world.table, world.poster).taskStopped('old');
  expect(await endOf(ann, left[1] ?? '')).toMatchObject({ reason: 'node_lost' });
  world.beat('old');
  await until('it finds out', () => lost.length === 1);
  expect(left.map((id) => ann.of(id, 'destroyed').length)).toEqual([1, 1]);
  world.drop('old');
});
