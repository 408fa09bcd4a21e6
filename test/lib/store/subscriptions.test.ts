import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../../../lib/domain/access.ts';
import type { Subscription } from '../../../lib/protocol/event.ts';
import { maxSubscriptions, SubscriptionStore } from '../../../lib/store/subscriptions.ts';
import { openTable } from '../../../lib/store/table.ts';
import { caller } from '../../support/callers.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';

let table: TestTable;
let subscriptions: SubscriptionStore;
beforeAll(async () => {
  table = await startTable();
  subscriptions = new SubscriptionStore(table);
});
afterAll(() => table.stop());

const nowMs = Date.UTC(2030, 0, 1);
const wanted = (change: Partial<Subscription> = {}): Subscription => ({
  class: 'media',
  subclass: 'session',
  type: '*',
  obj_id: '*',
  ...change,
});
let count = 0;
const someone = (change: Partial<Caller> = {}): Caller => {
  count += 1;
  return caller({ connectionId: `c${count}=`, ...change });
};
const itemOf = async (connectionId: string) => {
  const key = { pk: 'SUBS', sk: connectionId };
  return (await table.client.send(new GetCommand({ TableName: table.name, Key: key }))).Item;
};

beforeEach(async () => {
  for (const one of await subscriptions.all()) await subscriptions.removeAll(one.caller.connectionId);
});

describe('what a connection asked for', () => {
  test('is kept, each once', async () => {
    const me = someone();
    await subscriptions.add(me, wanted(), nowMs);
    await subscriptions.add(me, wanted({ type: 'destroyed', obj_id: 'mine' }), nowMs);
    await subscriptions.add(me, wanted(), nowMs);
    expect(await subscriptions.of(me.connectionId)).toHaveLength(2);
    expect(await subscriptions.of(me.connectionId)).toEqual(
      expect.arrayContaining([wanted(), wanted({ type: 'destroyed', obj_id: 'mine' })]),
    );
  });

  test('is nothing where it never asked', async () => {
    expect(await subscriptions.of('nobody')).toEqual([]);
  });

  test('is all the same when many are added at once', async () => {
    const me = someone();
    const many = Array.from({ length: 20 }, (_, at) => wanted({ obj_id: `s${at}` }));
    await Promise.all(many.map((one) => subscriptions.add(me, one, nowMs)));
    expect(await subscriptions.of(me.connectionId)).toHaveLength(20);
  });

  test('may be taken back one by one, the last one, too', async () => {
    const me = someone();
    const other = wanted({ subclass: 'room' });
    await subscriptions.add(me, wanted(), nowMs);
    await subscriptions.add(me, other, nowMs);
    await subscriptions.remove(me.connectionId, wanted());
    expect(await subscriptions.of(me.connectionId)).toEqual([other]);
    await subscriptions.remove(me.connectionId, other);
    await subscriptions.remove(me.connectionId, other);
    expect(await subscriptions.of(me.connectionId)).toEqual([]);
    expect(await subscriptions.all()).toEqual([]);
    await subscriptions.add(me, other, nowMs);
    expect(await subscriptions.of(me.connectionId)).toEqual([other]);
  });

  test('is collected 3 h after it last asked: an hour after the longest connection', async () => {
    const me = someone();
    await subscriptions.add(me, wanted(), nowMs - 1000);
    await subscriptions.add(me, wanted({ subclass: 'room' }), nowMs);
    expect(await itemOf(me.connectionId)).toMatchObject({ expires_at: nowMs / 1000 + 3 * 3600 });
  });
});

describe('taking back what was never asked for', () => {
  test('leaves no record, which no node that starts could read', async () => {
    await subscriptions.remove('never-asked', wanted());
    expect(await itemOf('never-asked')).toBeUndefined();
    expect(await subscriptions.of('never-asked')).toEqual([]);
    expect(await subscriptions.all()).toEqual([]);
  });
});

test('removeAll is true once, for a connection that had asked', async () => {
  const me = someone();
  await subscriptions.add(me, wanted(), nowMs);
  expect(await Promise.all([1, 2, 3].map(() => subscriptions.removeAll(me.connectionId)))).toHaveLength(3);
  expect(await subscriptions.of(me.connectionId)).toEqual([]);
  expect(await subscriptions.removeAll(me.connectionId)).toBe(false);
});

describe('all, which a node that starts reads', () => {
  test('come with who asked: tenant, scopes, rooms and how its connection takes events', async () => {
    const ann = someone({ rooms: ['lobby'], batch: true });
    const root = someone({ userId: 'root', tenant: 'globex', scopes: ['media:admin'] });
    await subscriptions.add(ann, wanted(), nowMs);
    await subscriptions.add(root, wanted({ type: 'created' }), nowMs);
    expect(await subscriptions.all()).toEqual(
      expect.arrayContaining([
        { caller: ann, subscription: wanted() },
        { caller: root, subscription: wanted({ type: 'created' }) },
      ]),
    );
  });

  test('come in however many pages that takes', async () => {
    for (let made = 0; made < 7; made += 1) await subscriptions.add(someone(), wanted(), nowMs);
    const paged = openTable(table.name, table.endpoint);
    let pages = 0;
    paged.client.middlewareStack.add(
      (next) => (args) => {
        pages += 1;
        return next({ ...args, input: { ...args.input, Limit: 2 } });
      },
      { step: 'initialize', priority: 'high' },
    );
    expect(await new SubscriptionStore(paged).all()).toHaveLength(7);
    expect(pages).toBeGreaterThanOrEqual(4);
    paged.client.destroy();
  });
});

test('a connection has at most 100: one more is refused, one that it has already is not', async () => {
  const who = someone();
  for (let n = 0; n < maxSubscriptions; n += 1) {
    expect(await subscriptions.add(who, wanted({ obj_id: `s${n}` }), nowMs)).toBe(true);
  }
  expect(await subscriptions.add(who, wanted({ obj_id: 'more' }), nowMs)).toBe(false);
  expect(await subscriptions.add(who, wanted({ obj_id: 's0' }), nowMs)).toBe(true);
  expect(await subscriptions.of(who.connectionId)).toHaveLength(maxSubscriptions);
});
