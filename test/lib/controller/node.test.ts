import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { NodeClient } from '../../../lib/command/node-client.ts';
import { NodeDirectory } from '../../../lib/command/node-directory.ts';
import { type NodeOptions, type RunningNode, startNode } from '../../../lib/controller/node.ts';
import type { Caller } from '../../../lib/domain/access.ts';
import { systemClock } from '../../../lib/domain/clock.ts';
import { silentLog } from '../../../lib/domain/log.ts';
import { ConnectionStore } from '../../../lib/store/connections.ts';
import { NodeRegister } from '../../../lib/store/node-register.ts';
import { NodeStore } from '../../../lib/store/nodes.ts';
import { RoomStore } from '../../../lib/store/rooms.ts';
import { SessionStore } from '../../../lib/store/sessions.ts';
import { SubscriptionStore } from '../../../lib/store/subscriptions.ts';
import { admin, caller, moderator } from '../../support/callers.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { reason, rejection } from '../../support/errors.ts';
import { FakeBackend } from '../../support/fake-backend.ts';
import { node as listedNode, listNode } from '../../support/nodes.ts';
import { FakePoster } from '../../support/poster.ts';
import { roomRecord } from '../../support/rooms.ts';
import { answer, offer } from '../../support/sdp.ts';
import { until } from '../../support/until.ts';
import { testFiles, testRules } from '../../support/world.ts';

let table: TestTable;
let running: RunningNode | undefined;
let backend: FakeBackend;
let poster: FakePoster;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  backend = new FakeBackend();
  poster = new FakePoster();
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(nodeId: string, change: Partial<NodeOptions> = {}) {
  let changed = () => {};
  running = await startNode({
    nodeId,
    host: '127.0.0.1',
    port: 0,
    release: 'test',
    capacity: 10,
    drainMs: 60_000,
    ecsAgent: undefined,
    onLost: () => {},
    table,
    files: testFiles(),
    rules: testRules,
    poster,
    backends: (onChange) => {
      changed = onChange;
      return [backend];
    },
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    ...change,
  });
  const directory = new NodeDirectory(new NodeStore(table), systemClock);
  const client = new NodeClient(directory, systemClock);
  return {
    changed: () => changed(),
    listed: async () => (await new NodeStore(table).list()).find((node) => node.nodeId === nodeId),
    async post(path: string, body: Record<string, unknown>): Promise<Record<string, unknown>> {
      const node = await directory.find(nodeId);
      if (!node) throw new Error(`no node ${nodeId}`);
      return Object(await client.post(node, path, { request_id: randomUUID(), ...body }, { resultMs: 5000 }));
    },
  };
}
/** What is to happen by itself, or not at all, would have by now. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 100));
const sessions = () => new SessionStore(table);
async function connect(): Promise<string> {
  const connectionId = randomUUID();
  const connections = new ConnectionStore(table);
  await connections.put({ connectionId, tenant: 'acme', userId: 'ann', connectedAt: '' }, Date.now());
  return connectionId;
}
const created = (connectionId: string, sessionId: string, data: Record<string, unknown> = {}) => ({
  caller: caller({ connectionId }),
  data: { type: 'echo', offer, wait_reply: true, ...data },
  placed: { session_id: sessionId, attempt: 1 },
});

test('a session lives from create to destroy: reply, record, events, owner', async () => {
  const node = await start('life');
  const connectionId = await connect();
  const sessionId = randomUUID();
  expect(await node.post('/v1/session/create', created(connectionId, sessionId))).toMatchObject({
    session_id: sessionId,
    answer,
  });
  const key = { tenant: 'acme', sessionId };
  await until('ready', async () => (await sessions().get(key))?.state === 'ready');
  await until('the owner', async () => (await new ConnectionStore(table).get(connectionId))?.nodes[0] === 'life');
  await node.post('/v1/session/destroy', { caller: caller({ connectionId }), data: { session_id: sessionId } });
  expect(await sessions().get(key)).toBeUndefined();
  await until('the events', () => poster.delivered(connectionId).length === 3);
  expect(poster.delivered(connectionId)).toEqual([1, 2, 3]);
});

describe('an event', () => {
  test('reaches a connection once, be it its own session’s or one that it subscribed to, or both', async () => {
    const node = await start('once');
    const [own, other, bobs] = [await connect(), await connect(), await connect()];
    const subscribe = (who: Caller, data: Record<string, unknown> = {}) =>
      node.post('/v1/event/subscribe', { caller: who, data: { subclass: 'session', ...data } });
    await subscribe(caller({ connectionId: own }));
    await subscribe(caller({ connectionId: own }), { type: 'created' });
    await subscribe(admin({ connectionId: other }), { type: 'answer' });
    await subscribe(caller({ connectionId: bobs, userId: 'bob' }));
    await node.post('/v1/session/create', created(own, randomUUID()));
    await until('the events', () => poster.delivered(own).length >= 2 && poster.delivered(other).length >= 1);
    await node.post('/v1/session/send_info', { caller: caller({ connectionId: own }), data: { info: 'last' } });
    await until('the last event', () => poster.delivered(own).includes(3));
    expect(poster.delivered(own)).toEqual([1, 2, 3]);
    expect(poster.delivered(other)).toEqual([2]);
    expect(poster.delivered(bobs)).toEqual([]);
  });

  test('is found by subscriptions that were made before the node started', async () => {
    const watching = await connect();
    const wanted = { class: 'media', subclass: 'session', type: 'created', obj_id: '*' } as const;
    await new SubscriptionStore(table).add(admin({ connectionId: watching }), wanted, Date.now());
    const node = await start('later');
    await node.post('/v1/session/create', created(await connect(), randomUUID()));
    await until('the event', () => poster.delivered(watching).length > 0);
    expect(poster.delivered(watching)).toEqual([1]);
    await new SubscriptionStore(table).removeAll(watching);
  });
});

describe('an event of a room', () => {
  test('reaches who is in it and subscribed, to the end of the room, and nobody after they left', async () => {
    const node = await start('rooms');
    const [host, bob, gone, never] = [await connect(), await connect(), await connect(), await connect()];
    const callers: Record<string, Caller> = {
      host: moderator({ connectionId: host }),
      bob: caller({ connectionId: bob, userId: 'bob' }),
      gone: caller({ connectionId: gone, userId: 'gone' }),
      never: caller({ connectionId: never, userId: 'never' }),
    };
    for (const who of Object.values(callers)) {
      await node.post('/v1/event/subscribe', { caller: who, data: { subclass: 'room' } });
    }
    await node.post('/v1/room/create', { caller: callers.host, data: { class: 'sfu', room_id: 'lobby' } });
    const publish = async (who: string) => {
      const session_id = randomUUID();
      const data = { type: 'publish', offer, room_id: 'lobby', wait_reply: true, subscribe: false };
      await node.post('/v1/session/create', { ...created('', session_id, data), caller: callers[who] });
      return session_id;
    };
    await publish('bob');
    await node.post('/v1/session/destroy', { caller: callers.gone, data: { session_id: await publish('gone') } });
    await node.post('/v1/room/destroy', { caller: callers.host, data: { room_id: 'lobby' } });
    await until('the end', () => poster.delivered(host).length === 6);
    // created, bob started, the other one started and stopped, bob stopped, destroyed.
    expect(poster.delivered(host)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(poster.delivered(bob)).toEqual([2, 3, 4, 5, 6]);
    expect(poster.delivered(gone)).toEqual([3]);
    expect(poster.delivered(never)).toEqual([]);
  });
});

describe('a table that is away for a moment', () => {
  /** Fails the first of such commands. */
  function failOnce(what: new (...args: never[]) => object, about: string) {
    const send = table.client.send.bind(table.client);
    let failed = false;
    const spy = vi.spyOn(table.client, 'send').mockImplementation((...args: unknown[]) => {
      const [command] = args;
      if (failed || !(command instanceof what) || !JSON.stringify(command).includes(about)) {
        return Reflect.apply(send, undefined, args);
      }
      failed = true;
      return Promise.reject(new Error('throttled'));
    });
    return { hasFailed: () => failed, [Symbol.dispose]: () => spy.mockRestore() };
  }

  test('does not hold up a destroy: the record is released later', async () => {
    const node = await start('releasing');
    const connectionId = await connect();
    const sessionId = randomUUID();
    await node.post('/v1/session/create', created(connectionId, sessionId));
    using fault = failOnce(DeleteCommand, sessionId);
    const data = { session_id: sessionId };
    expect(await node.post('/v1/session/destroy', { caller: caller({ connectionId }), data })).toEqual({});
    expect(fault.hasFailed()).toBe(true);
    await until('the release', async () => (await sessions().get({ tenant: 'acme', sessionId })) === undefined);
  });

  test('does not make an orphan of a session: its connection learns of the node later', async () => {
    const node = await start('owning');
    const connectionId = await connect();
    using fault = failOnce(UpdateCommand, connectionId);
    await node.post('/v1/session/create', created(connectionId, randomUUID()));
    await until('the owner', async () => (await new ConnectionStore(table).get(connectionId))?.nodes[0] === 'owning');
    expect(fault.hasFailed()).toBe(true);
  });
});

test('a node is full at its capacity', async () => {
  const node = await start('full');
  const connectionId = await connect();
  for (let at = 0; at < 10; at += 1) await node.post('/v1/session/create', created(connectionId, randomUUID()));
  expect(await rejection(node.post('/v1/session/create', created(connectionId, randomUUID())))).toMatchObject({
    ...reason('no_mediaserver'),
    retryAfterSeconds: 5,
  });
});

describe('a connection that is gone', () => {
  test.each(['by $disconnect', 'by a post that found nobody'])('%s ends its sessions', async (how) => {
    const node = await start(`gone-${randomUUID()}`);
    const connectionId = await connect();
    const sessionId = randomUUID();
    if (how.includes('post')) poster.results.push('gone');
    await node.post('/v1/session/create', created(connectionId, sessionId, { reconnect_timeout: 0 }));
    if (how.includes('disconnect')) await node.post('/v1/connection/gone', { connection_id: connectionId });
    await until('the end', async () => (await sessions().get({ tenant: 'acme', sessionId })) === undefined);
    expect(
      await rejection(
        node.post('/v1/session/get_info', { caller: caller({ connectionId }), data: { session_id: sessionId } }),
      ),
    ).toMatchObject(reason('session_not_found'));
  });
});

describe('that the node could take calls', () => {
  let folder: string;
  let served: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patchbay-test-run-'));
    served = join(folder, 'served');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const isTold = async () => (await readdir(folder)).includes('served');

  test('is told when its record says so for the first time, and for good', async () => {
    backend.up = false;
    const node = await start('served', { served });
    expect(await node.listed()).toMatchObject({ state: 'up' });
    await quiet();
    expect(await isTold()).toBe(false);
    backend.up = true;
    node.changed();
    await until('it is told', isTold);
    expect(await node.listed()).toMatchObject({ engines: [{ up: true }] });
    backend.up = false;
    node.changed();
    await until('the engine down', async () => (await node.listed())?.engines[0]?.up === false);
    await running?.stop();
    expect(await isTold()).toBe(true);
  });

  test('is not told while no heartbeat is taken', async () => {
    const beat = vi.spyOn(NodeRegister.prototype, 'beat').mockRejectedValue(new Error('throttled'));
    const node = await start('unheard', { served });
    await quiet();
    expect([await node.listed(), await isTold()]).toEqual([undefined, false]);
    beat.mockRestore();
    node.changed();
    await until('it is told', isTold);
  });

  test('is not told by a node that was given up', async () => {
    await listNode(table, listedNode('buried', { state: 'lost' }));
    await start('buried', { served });
    await quiet();
    expect(await isTold()).toBe(false);
  });

  test('does not stop the node when it cannot be told', async () => {
    const node = await start('untold', { served: join(folder, 'nowhere', 'served') });
    await node.post('/v1/session/create', created(await connect(), randomUUID()));
    expect(await node.listed()).toMatchObject({ state: 'up' });
  });
});

describe('the record of the node', () => {
  test('tells its engines and load, and at once when an engine goes', async () => {
    const node = await start('record');
    expect(await node.listed()).toMatchObject({
      state: 'up',
      release: 'test',
      capacity: 10,
      engines: [{ kind: 'janus', up: true }],
    });
    backend.up = false;
    node.changed();
    await until('the engine down', async () => (await node.listed())?.engines[0]?.up === false);
  });

  test('is gone when the node stops, and so are its sessions', async () => {
    const node = await start('stopping');
    const connectionId = await connect();
    const sessionId = randomUUID();
    await node.post('/v1/session/create', created(connectionId, sessionId));
    await running?.stop();
    running = undefined;
    expect(await node.listed()).toBeUndefined();
    expect(await sessions().get({ tenant: 'acme', sessionId })).toBeUndefined();
    expect(poster.delivered(connectionId)).toEqual([1, 2, 3]);
    expect(backend.stopped).toBe(1);
  });
});

test('a node that starts again is as old as before, for which it reads the list of nodes no second time', async () => {
  await listNode(table, listedNode('older', { bootedAtMs: 77 }));
  const list = vi.spyOn(NodeStore.prototype, 'list');
  const { listed } = await start('older');
  // Once for what was there, once for its first heartbeat.
  expect(list).toHaveBeenCalledTimes(2);
  list.mockRestore();
  expect(await listed()).toMatchObject({ bootedAtMs: 77 });
});

test('a node that starts again frees the ids of the sessions that its earlier process held', async () => {
  const mine = { tenant: 'acme', sessionId: randomUUID(), nodeId: 'again', attempt: 1 };
  const whose = { requestId: 'r', userId: 'ann', connectionId: 'c' };
  const record = { ...mine, ...whose, type: 'echo', state: 'ready', createdAt: '' } as const;
  await sessions().claim(record, 9e9);
  const other = { ...record, sessionId: randomUUID(), nodeId: 'other' };
  await sessions().claim(other, 9e9);
  await start('again');
  expect(await sessions().get(mine)).toBeUndefined();
  expect(await sessions().get(other)).toEqual(other);
});

test('and those of its rooms', async () => {
  const rooms = new RoomStore(table);
  const [mine, other] = [roomRecord(randomUUID(), 'anew'), roomRecord(randomUUID(), 'other')];
  for (const record of [mine, other]) await rooms.claim(record, 9e9);
  await start('anew');
  expect([await rooms.get(mine), await rooms.get(other)]).toEqual([undefined, other]);
});

test('those of a node that was given up are left to the reaper, who tells of their end', async () => {
  await listNode(table, listedNode('given-up', { state: 'lost' }));
  const whose = { tenant: 'acme', requestId: 'r', userId: 'ann', connectionId: 'c', createdAt: '' } as const;
  const session = {
    ...whose,
    sessionId: randomUUID(),
    nodeId: 'given-up',
    attempt: 1,
    type: 'echo',
    state: 'ready',
  } as const;
  await sessions().claim(session, 9e9);
  const rooms = new RoomStore(table);
  const room = roomRecord(randomUUID(), 'given-up');
  await rooms.claim(room, 9e9);
  const onLost = vi.fn();
  await start('given-up', { onLost });
  await until('it has ended', () => onLost.mock.calls.length > 0);
  expect([await sessions().get(session), await rooms.get(room)]).toEqual([session, room]);
});
