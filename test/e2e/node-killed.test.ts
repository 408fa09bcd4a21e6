import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { handler as create } from '../../functions/session/create.ts';
import { NodeService } from '../../lib/aws/node-service.ts';
import { services } from '../../lib/command/services.ts';
import { lastSeq } from '../../lib/protocol/events.ts';
import { signedPoster } from '../../lib/push/signed-poster.ts';
import type { ReaperOptions } from '../../lib/reaper/reaper.ts';
import { ConnectionStore } from '../../lib/store/connections.ts';
import { takenMs } from '../../lib/store/lost-objects.ts';
import { NodeStore } from '../../lib/store/nodes.ts';
import { SessionStore } from '../../lib/store/sessions.ts';
import { SubscriptionStore } from '../../lib/store/subscriptions.ts';
import { type ControllerProcess, startControllerProcess } from '../support/controller-process.ts';
import { startTable, type TestTable } from '../support/dynamodb.ts';
import { FakeEcs, taskEvent } from '../support/fake-ecs.ts';
import { FakeEventBridge } from '../support/fake-event-bridge.ts';
import { lambdaContext, messageEvent } from '../support/functions.ts';
import { PostedEvents } from '../support/posted-events.ts';
import { clockAhead, makeReaper } from '../support/reapers.ts';
import { offer } from '../support/sdp.ts';
import { until } from '../support/until.ts';

/** Nodes that are processes of their own, and what the reaper makes of them when they are killed or hang. */

let table: TestTable;
let posted: PostedEvents;
let nodeId: string;
let node: ControllerProcess;
beforeAll(async () => {
  table = await startTable();
  posted = await new PostedEvents().start();
  vi.stubEnv('PATCHBAY_TABLE', table.name);
  vi.stubEnv('PATCHBAY_DYNAMODB_ENDPOINT', table.endpoint);
});
afterAll(async () => {
  await posted.stop();
  await table.stop();
  vi.unstubAllEnvs();
});
beforeEach(async () => {
  nodeId = `node-${randomUUID().slice(0, 8)}`;
  node = await startNode(nodeId);
});
afterEach(async () => {
  posted.onPost = () => {};
  await node.kill();
  await reaper().taskStopped(nodeId);
  await reaper(3_600_000).run();
  expect(await listed()).toBeUndefined();
});

const startNode = (id: string, release = 'first', more: Parameters<typeof startControllerProcess>[0] = {}) =>
  startControllerProcess({
    ...more,
    nodeId: id,
    release,
    table: table.name,
    dynamodbEndpoint: table.endpoint,
    callbackUrl: posted.url,
    nodePort: '0',
  });
const reaper = (aheadMs = 0, change: Partial<ReaperOptions> = {}) =>
  makeReaper(table, signedPoster(posted.url, 'us-east-1'), { clock: clockAhead(aheadMs), ...change });
const listed = async () => (await new NodeStore(table).list()).find((one) => one.nodeId === nodeId);
const sessions = () => new SessionStore(table);

interface Owned {
  readonly connectionId: string;
  readonly sessionId: string;
}

/** A session of a connection of its own, told that it is there. */
async function session(data: Record<string, unknown> = {}): Promise<Owned> {
  const connectionId = `${randomUUID()}=`;
  const connection = { connectionId, tenant: 'acme', userId: 'ann', connectedAt: '' };
  await new ConnectionStore(table).put(connection, Date.now());
  services().directory.forget(nodeId);
  const message = { class: 'media', subclass: 'session', cmd: 'create', data: { type: 'p2p', offer, ...data }, tid: 1 };
  const { body } = await create(messageEvent(message, { connectionId }), lambdaContext());
  const sessionId = String(JSON.parse(body ?? '{}').data?.session_id);
  await until('created', () => posted.of(connectionId, sessionId, 'created').length === 1);
  return { connectionId, sessionId };
}
const many = (count: number) => Promise.all(Array.from({ length: count }, () => session()));
const ends = ({ connectionId, sessionId }: Owned) => posted.of(connectionId, sessionId, 'destroyed');

describe('a node that is killed', () => {
  test('is lost when ECS says that its task has stopped: each owner hears it once, and nothing is left', async () => {
    const [own, chosen] = [await session(), await session({ session_id: 'chosen' })];
    const subscribed = `${randomUUID()}=`;
    const caller = { tenant: 'acme', userId: 'admin', scopes: ['media:admin'] as const, connectionId: subscribed };
    const wanted = { class: 'media', subclass: 'session', type: 'destroyed', obj_id: 'chosen' } as const;
    await new SubscriptionStore(table).add({ ...caller, scopes: [...caller.scopes] }, wanted, Date.now());
    await node.kill();

    await reaper().taskStopped(nodeId);
    expect(ends(own)).toEqual([
      {
        class: 'media',
        subclass: 'session',
        type: 'destroyed',
        obj_id: own.sessionId,
        body: { code: 300050, reason: 'node_lost', error: expect.any(String), duration: expect.any(Number) },
        seq: lastSeq,
        time: expect.any(String),
      },
    ]);
    expect(ends(chosen)).toHaveLength(1);
    expect(posted.of(subscribed, 'chosen')).toHaveLength(1);
    expect(posted.of(subscribed, own.sessionId)).toEqual([]);
    expect(posted.signatures.at(-1)).toContain('/us-east-1/execute-api/aws4_request');
    expect(await sessions().onNode(nodeId)).toEqual([]);
    expect(await sessions().get({ tenant: 'acme', sessionId: 'chosen' })).toBeUndefined();

    // Its record stays for a while: what the index shows late is looked for again.
    expect(await listed()).toMatchObject({ state: 'lost' });
    await reaper(29_000).run();
    expect(await listed()).toMatchObject({ state: 'lost' });
    await reaper(60_000).run();
    expect(await listed()).toBeUndefined();
    expect(await new NodeStore(table).getKeys(nodeId)).toEqual([]);
    expect([ends(own).length, ends(chosen).length]).toEqual([1, 1]);
    await new SubscriptionStore(table).removeAll(subscribed);
  });

  test('is told once by reapers that run side by side', async () => {
    const owned = await many(12);
    await node.kill();
    await Promise.all([reaper().taskStopped(nodeId), reaper().taskStopped(nodeId), reaper().taskStopped(nodeId)]);
    expect(owned.map((one) => ends(one).length)).toEqual(owned.map(() => 1));
    expect(await sessions().onNode(nodeId)).toEqual([]);
  });

  test('and whose client is gone, or reads too slowly for long, is cleared away all the same', async () => {
    const owned = await many(2);
    await node.kill();
    posted.statuses.push(410, 429, 429, 500, 413);
    await reaper().taskStopped(nodeId);
    expect(await sessions().onNode(nodeId)).toEqual([]);
    expect(owned.map((one) => ends(one).length).sort()).toEqual([0, 0]);
    expect(posted.statuses).toEqual([]);
  });

  test('while it drains is lost as any other: what was left is told once, and its successor goes on', async () => {
    const owned = await many(3);
    const next = await startNode(`${nodeId}-2`, 'second');
    await until('it drains', async () => (await listed())?.state === 'draining', 12_000);
    const elsewhere = await session();
    expect(elsewhere.sessionId).toMatch(/-2$/);
    await node.kill();
    await Promise.all([reaper().taskStopped(nodeId), reaper().taskStopped(nodeId)]);
    expect(owned.map((one) => ends(one).length)).toEqual([1, 1, 1]);
    expect(ends(elsewhere)).toEqual([]);
    await next.kill();
    await reaper().taskStopped(`${nodeId}-2`);
    expect(ends(elsewhere)).toHaveLength(1);
  }, 30_000);

  test('and started again at once tells of it itself, as its supervisor has it: the owners, the bus, nobody twice', async () => {
    const owned = await many(20);
    const kept = await session({ session_id: 'kept' });
    const bridge = await new FakeEventBridge().start();
    await node.kill();
    const killedAtMs = performance.now();
    node = await startNode(nodeId, 'first', { eventBus: 'calls', eventsEndpoint: bridge.url });
    const all = [...owned, kept];
    await until('all are told', () => all.every((one) => ends(one).length > 0));
    console.info(`told ${Math.round(performance.now() - killedAtMs)} ms after it was killed`);
    expect(ends(kept)).toMatchObject([{ seq: lastSeq, body: { reason: 'node_lost' } }]);
    await until('the bus knows', () => bridge.details('session.destroyed').length === all.length);
    // Its record says that it was never away, and its ids are free.
    expect(await listed()).toMatchObject({ state: 'up', load: 0 });
    await session({ session_id: 'kept' });
    await reaper().run();
    expect(all.map((one) => ends(one).length)).toEqual(all.map(() => 1));
    await bridge.stop();
  });

  test('frees the ids of its sessions for the next node', async () => {
    await session({ session_id: 'again' });
    await node.kill();
    await reaper().taskStopped(nodeId);
    const next = await startNode(`${nodeId}-2`);
    await session({ session_id: 'again' });
    await next.kill();
    await reaper().taskStopped(`${nodeId}-2`);
    await reaper(60_000).run();
  });
});

/** The function in a process of its own. */
function startReaping(): { readonly kill: () => void; readonly ended: Promise<void> } {
  const file = fileURLToPath(new URL('../../functions/reap.ts', import.meta.url));
  const script = `import(${JSON.stringify(file)}).then(({ handler }) => handler(${JSON.stringify(taskEvent(nodeId))}))`;
  const child = spawn(process.execPath, ['-e', script], {
    env: { ...process.env, NODE_OPTIONS: '', PATCHBAY_CALLBACK_URL: posted.url, PATCHBAY_SERVICE: 'nodes' },
    stdio: 'ignore',
  });
  return { kill: () => child.kill('SIGKILL'), ended: new Promise((resolve) => child.once('close', () => resolve())) };
}

test('a reaper that is killed midway is followed by one that goes on: every owner is told', async () => {
  const owned = await many(20);
  await node.kill();
  const first = startReaping();
  let posts = 0;
  posted.onPost = () => {
    posts += 1;
    if (posts === 3) first.kill();
  };
  await first.ended;
  posted.onPost = () => {};
  const toldByFirst = owned.filter((one) => ends(one).length > 0);
  expect(await sessions().onNode(nodeId)).not.toEqual([]);

  // What the first one took, it may still tell: nobody else does so at once.
  await reaper().taskStopped(nodeId);
  expect(owned.every((one) => ends(one).length <= 1)).toBe(true);
  expect(await listed()).toMatchObject({ state: 'lost' });

  await reaper(takenMs).run();
  for (const one of owned) {
    const told = ends(one);
    // Told twice is only what was told and not noted; both bear one number, so that who counts takes them for one.
    expect(told.length).toBeGreaterThanOrEqual(1);
    expect(told.length).toBeLessThanOrEqual(toldByFirst.includes(one) ? 2 : 1);
    expect(new Set(told.map(({ seq }) => seq))).toEqual(new Set([lastSeq]));
  }
  expect(await sessions().onNode(nodeId)).toEqual([]);
});

describe('a node that hangs', () => {
  test('is lost at the second look, its task is stopped, and when it comes to it ends without a word', async () => {
    const ecs = await new FakeEcs().start();
    ecs.add(nodeId);
    const service = new NodeService({ url: ecs.url, region: 'us-east-1', service: 'ecs' }, 'calls', 'nodes');
    ecs.desired = 1;
    const owned = await many(5);
    node.process.kill('SIGSTOP');
    // Its task is stopped before anybody is told: to tell them all may take longer than a run has.
    const wasThere: boolean[] = [];
    posted.onPost = () => void wasThere.push(ecs.tasks.has(nodeId));

    await reaper(50_000, { service }).run();
    expect(await listed()).not.toHaveProperty('suspectedAtMs');
    await reaper(125_000, { service }).run();
    expect(await listed()).toMatchObject({ state: 'up', suspectedAtMs: expect.any(Number) });
    expect(owned.map((one) => ends(one).length)).toEqual([0, 0, 0, 0, 0]);
    await reaper(150_000, { service }).run();
    expect(await listed()).toMatchObject({ state: 'lost' });
    expect(owned.map((one) => ends(one).length)).toEqual([1, 1, 1, 1, 1]);
    expect(ecs.tasks.has(nodeId)).toBe(false);
    expect(wasThere).toEqual([false, false, false, false, false]);

    node.process.kill('SIGCONT');
    expect(await node.exited).toEqual({ code: 1, signal: null });
    expect(node.log()).toContain('this node was given up');
    expect(owned.map((one) => ends(one).length)).toEqual([1, 1, 1, 1, 1]);
    await ecs.stop();
  }, 30_000);

  test('and comes to between the two looks goes on', async () => {
    const own = await session();
    node.process.kill('SIGSTOP');
    await reaper(125_000).run();
    expect(await listed()).toHaveProperty('suspectedAtMs');
    node.process.kill('SIGCONT');
    await until('its heartbeat', async () => (await listed())?.suspectedAtMs === undefined, 12_000);
    // However long ago the first look was.
    await reaper(125_000 + 300_000).run();
    expect(await listed()).toMatchObject({ state: 'up' });
    expect(ends(own)).toEqual([]);
  }, 30_000);
});

test('a node that ends well is not lost: its sessions were told by itself, and its key goes with its task', async () => {
  const own = await session();
  node.process.kill('SIGTERM');
  expect(await node.exited).toEqual({ code: 0, signal: null });
  expect(ends(own)).toMatchObject([{ seq: 2, body: { reason: 'node_lost' } }]);
  expect(await listed()).toBeUndefined();
  expect(await new NodeStore(table).getKeys(nodeId)).toHaveLength(1);
  await reaper().taskStopped(nodeId);
  // Whatever became of that run: the next one finds it.
  expect(await listed()).toMatchObject({ state: 'lost' });
  await reaper(60_000).run();
  expect(await listed()).toBeUndefined();
  expect(await new NodeStore(table).getKeys(nodeId)).toEqual([]);
  expect(ends(own)).toHaveLength(1);
});
