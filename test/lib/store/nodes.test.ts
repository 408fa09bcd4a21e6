import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NodeOrders } from '../../../lib/store/node-orders.ts';
import { NodeRegister } from '../../../lib/store/node-register.ts';
import { NodeStore, nodeKey } from '../../../lib/store/nodes.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { listNode, node, unlistNode } from '../../support/nodes.ts';

let table: TestTable;
let nodes: NodeStore;
let register: NodeRegister;
let orders: NodeOrders;
beforeAll(async () => {
  table = await startTable();
  nodes = new NodeStore(table);
  register = new NodeRegister(table);
  orders = new NodeOrders(table);
});
afterAll(() => table.stop());

const listed = async (nodeId: string) => (await nodes.list()).find((one) => one.nodeId === nodeId);

test('nodes are listed as they say they are, in the order of their ids, until they are removed', async () => {
  expect(await nodes.list()).toEqual([]);
  const all = [node('c', { state: 'draining' }), node('a', { load: 7, engines: [], rooms: 2 }), node('b')];
  for (const one of all) await register.beat(one, true);
  expect(await nodes.list()).toEqual([all[1], all[2], all[0]]);

  await register.beat(node('b', { load: 9, isProtected: false, isBlocked: true, isEmpty: true }), false);
  await register.remove('a');
  await register.remove('nobody');
  expect(await nodes.list()).toEqual([
    node('b', { load: 9, isProtected: false, isBlocked: true, isEmpty: true }),
    all[0],
  ]);
  for (const id of ['b', 'c']) await register.remove(id);
});

test('keys come back newest first, and stay when the node is removed: a late answer can still be trusted', async () => {
  expect(await nodes.getKeys('n')).toEqual([]);
  await register.putKeys('n', ['old']);
  await register.putKeys('n', ['new', 'old']);
  await register.remove('n');
  expect(await nodes.getKeys('n')).toEqual(['new', 'old']);
  expect(await nodes.getKeys('m')).toEqual([]);
});

test('one whose record cannot be read, as of a release to come, hides no other', async () => {
  await register.beat(node('n'), true);
  await table.client.send(new PutCommand({ TableName: table.name, Item: { ...nodeKey('odd'), state: 'asleep' } }));
  expect(await nodes.list()).toEqual([node('n')]);
  for (const id of ['n', 'odd']) await register.remove(id);
});

test('of a release before, that did not tell so much, one without sessions that drains is empty', async () => {
  const { nodeId, url, release, load, capacity } = node('old');
  const said = { url, release, load, capacity, engines: [], state: 'draining', heartbeat_at_ms: 1 };
  await table.client.send(new PutCommand({ TableName: table.name, Item: { ...nodeKey(nodeId), ...said } }));
  expect(await nodes.list()).toMatchObject([{ isEmpty: true, isProtected: false, isBlocked: false }]);
  await register.remove(nodeId);
});

test('keys are in no list', async () => {
  await register.putKeys('secret', ['key']);
  expect(JSON.stringify(await nodes.list())).not.toContain('key');
});

describe('a heartbeat', () => {
  test('brings back what others wrote, and leaves it', async () => {
    await register.beat(node('ordered'), true);
    expect(await orders.drain('ordered')).toBe(true);
    const own = await register.beat(node('ordered', { load: 3 }), false);
    expect(own).toEqual(node('ordered', { load: 3, order: 'drain' }));
    expect(await listed('ordered')).toEqual(own);
  });

  test('takes a suspicion back', async () => {
    const silent = node('suspect');
    await register.beat(silent, true);
    expect(await orders.suspect(silent, 5)).toBe(true);
    expect(await listed('suspect')).toMatchObject({ suspectedAtMs: 5 });
    expect(await orders.suspect(silent, 9)).toBe(true);
    expect(await listed('suspect')).toMatchObject({ suspectedAtMs: 5 });
    await register.beat(silent, false);
    expect(await listed('suspect')).toEqual(silent);
  });

  test.each(['first', 'later'])(
    'of a node that was given up is refused, be it a %s one of its process',
    async (which) => {
      const one = node(`given-up-${which}`);
      await register.beat(one, true);
      expect(await orders.lose(one, 7)).toBe(true);
      expect(await register.beat(node(one.nodeId, { load: 1 }), which === 'first')).toBeUndefined();
      expect(await listed(one.nodeId)).toEqual({ ...one, state: 'lost', lostAtMs: 7 });
    },
  );

  test('of a node whose record is gone is refused, unless it is the first of a process', async () => {
    await register.beat(node('gone'), true);
    await unlistNode(table, 'gone');
    expect(await register.beat(node('gone'), false)).toBeUndefined();
    expect(await listed('gone')).toBeUndefined();
    expect(await register.beat(node('gone'), true)).toEqual(node('gone'));
  });
});

test('a node that was given up does not take itself off the list: what was on it is yet to be ended', async () => {
  const one = node('stays');
  await register.beat(one, true);
  await orders.lose(one, 7);
  await register.remove('stays');
  expect(await listed('stays')).toMatchObject({ state: 'lost' });
});

describe('of the reaper', () => {
  test('a node that has spoken since is neither suspected nor given up', async () => {
    const seen = node('spoke');
    await listNode(table, { ...seen, heartbeatAtMs: seen.heartbeatAtMs + 1 });
    expect(await orders.suspect(seen, 1)).toBe(false);
    expect(await orders.lose(seen, 1)).toBe(false);
    expect(await listed('spoke')).toMatchObject({ state: 'up' });
    expect(await listed('spoke')).not.toHaveProperty('suspectedAtMs');
  });

  test('of two that give a node up, one does', async () => {
    const one = node('twice');
    await register.beat(one, true);
    expect((await Promise.all([orders.lose(one, 1), orders.lose(one, 2)])).sort()).toEqual([false, true]);
    expect(await orders.loseStopped('twice', 3)).toBe(false);
  });

  test('a node whose task has stopped is given up whenever it spoke, and listed again where it had left the list', async () => {
    await register.beat(node('stopped'), true);
    expect(await orders.loseStopped('stopped', 1)).toBe(true);
    expect(await listed('stopped')).toMatchObject({ state: 'lost', lostAtMs: 1 });
    expect(await orders.loseStopped('left', 2)).toBe(false);
    expect(await listed('left')).toMatchObject({ state: 'lost', lostAtMs: 2, load: 0, engines: [] });
  });

  test('a node gets its order once, and only while it is up', async () => {
    await register.beat(node('order'), true);
    expect([await orders.drain('order'), await orders.drain('order')]).toEqual([true, false]);
    await register.beat(node('drains', { state: 'draining' }), true);
    expect(await orders.drain('drains')).toBe(false);
    expect(await orders.drain('nobody')).toBe(false);
  });

  test('of two that lower the count for a node, one notes it; later one may again', async () => {
    const seen = node('released', { state: 'draining' });
    await register.beat(seen, true);
    expect((await Promise.all([orders.release(seen, 10), orders.release(seen, 10)])).sort()).toEqual([false, true]);
    expect(await orders.release({ ...seen, releasedAtMs: 10 }, 20)).toBe(true);
    expect(await listed('released')).toMatchObject({ releasedAtMs: 20 });
    // Nor of one that took itself off the list meanwhile: nobody could read the list any more.
    const before = await nodes.list();
    expect(await orders.release(node('nobody', { state: 'draining' }), 10)).toBe(false);
    expect(await nodes.list()).toEqual(before);
  });

  test('a node is forgotten with its key, but not one that lives', async () => {
    const one = node('forgotten');
    await register.beat(one, true);
    await register.putKeys('forgotten', ['key']);
    await orders.lose(one, 1);
    await orders.forget('forgotten');
    expect(await listed('forgotten')).toBeUndefined();
    expect(await nodes.getKeys('forgotten')).toEqual([]);
    await register.beat(one, true);
    await orders.forget('forgotten');
    expect(await listed('forgotten')).toEqual(one);
  });
});
