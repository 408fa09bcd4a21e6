import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SessionRecord, SessionStore, shardOf } from '../../../lib/store/sessions.ts';
import { openTable } from '../../../lib/store/table.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';

let table: TestTable;
let sessions: SessionStore;
beforeAll(async () => {
  table = await startTable();
  sessions = new SessionStore(table);
});
afterAll(() => table.stop());

const expiresAt = 2_000_000_000;
let count = 0;
function session(change: Partial<SessionRecord> = {}): SessionRecord {
  count += 1;
  return {
    tenant: 'acme',
    sessionId: `session-${count}`,
    nodeId: 'node-1',
    attempt: 1,
    userId: 'ann',
    connectionId: 'connection-1',
    type: 'echo',
    state: 'wait',
    createdAt: '2030-01-01T00:00:00.000Z',
    ...change,
  };
}
async function claimed(change: Partial<SessionRecord> = {}): Promise<SessionRecord> {
  const record = session(change);
  expect(await sessions.claim(record, expiresAt)).toBe(true);
  return record;
}

describe('claim', () => {
  test('puts the record', async () => {
    const record = await claimed();
    expect(await sessions.get(record)).toEqual(record);
  });

  test('of a live id is false and changes nothing', async () => {
    const record = await claimed();
    expect(await sessions.claim({ ...record, nodeId: 'node-2', userId: 'bob' }, expiresAt)).toBe(false);
    expect(await sessions.get(record)).toEqual(record);
  });

  test('by many at once is had by one', async () => {
    const record = session();
    const claims = [1, 2, 3, 4].map((attempt) => sessions.claim({ ...record, attempt }, expiresAt));
    expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
  });

  test('of an id that was released is true again', async () => {
    const record = await claimed();
    expect(await sessions.release(record)).toBe(true);
    expect(await sessions.claim(record, expiresAt)).toBe(true);
  });

  test('of the same id in another tenant is another session', async () => {
    const record = await claimed();
    const other = { ...record, tenant: 'globex', userId: 'bob' };
    expect(await sessions.claim(other, expiresAt)).toBe(true);
    expect(await sessions.get(record)).toEqual(record);
    expect(await sessions.get(other)).toEqual(other);
  });

  test('says when the record may be collected', async () => {
    const { tenant, sessionId } = await claimed();
    const { Item } = await table.client.send(
      new GetCommand({ TableName: table.name, Key: { pk: `T#${tenant}#S#${sessionId}`, sk: 'S' } }),
    );
    expect(Item).toMatchObject({ expires_at: expiresAt });
  });
});

test('a session that never was is undefined', async () => {
  expect(await sessions.get({ tenant: 'acme', sessionId: 'nobody' })).toBeUndefined();
});

describe.each(['setReady', 'release'] as const)('%s', (write) => {
  test('is true for the node and attempt that hold the session', async () => {
    const record = await claimed();
    expect(await sessions[write](record)).toBe(true);
    expect(await sessions.get(record)).toEqual(write === 'release' ? undefined : { ...record, state: 'ready' });
  });

  test.each([{ nodeId: 'node-2' }, { attempt: 2 }, { attempt: 0 }])(
    'is false for %j, and changes nothing',
    async (other) => {
      const record = await claimed();
      expect(await sessions[write]({ ...record, ...other })).toBe(false);
      expect(await sessions.get(record)).toEqual(record);
    },
  );

  test('is false for a session that is gone, and makes none', async () => {
    const record = session();
    expect(await sessions[write](record)).toBe(false);
    expect(await sessions.get(record)).toBeUndefined();
  });
});

describe('onNode', () => {
  test('lists more than 100 sessions over all shards, and not those that ended', async () => {
    const records = Array.from({ length: 130 }, () => session({ nodeId: 'big' }));
    await Promise.all(records.map((record) => sessions.claim(record, expiresAt)));
    await claimed({ nodeId: 'small' });
    expect(new Set(records.map(({ sessionId }) => shardOf('big', sessionId))).size).toBe(8);
    const ids = (keys: readonly { sessionId: string }[]) => keys.map(({ sessionId }) => sessionId).sort();
    expect(ids(await sessions.onNode('big'))).toEqual(ids(records));

    const ended = records.slice(0, 60);
    await Promise.all(ended.map((record) => sessions.release(record)));
    expect(ids(await sessions.onNode('big'))).toEqual(ids(records.slice(60)));
  });

  test('lists all of a shard, in however many pages that comes', async () => {
    const records = Array.from({ length: 40 }, () => session({ nodeId: 'paged' }));
    await Promise.all(records.map((record) => sessions.claim(record, expiresAt)));
    const paged = openTable(table.name, table.endpoint);
    let pages = 0;
    paged.client.middlewareStack.add(
      (next) => (args) => {
        pages += 1;
        return next({ ...args, input: { ...args.input, Limit: 2 } });
      },
      { step: 'initialize', priority: 'high' },
    );
    expect(await new SessionStore(paged).onNode('paged')).toHaveLength(40);
    expect(pages).toBeGreaterThan(20);
    paged.client.destroy();
  });

  test('gives keys that lead to the records, whatever an id may hold', async () => {
    const odd = [
      { tenant: 'a.b:c', sessionId: 'S:1' },
      { tenant: 'S', sessionId: '6b0c@node.local' },
    ];
    for (const key of odd) await claimed({ ...key, nodeId: 'odd' });
    expect(await sessions.onNode('odd')).toEqual(expect.arrayContaining(odd));
    for (const key of await sessions.onNode('odd')) expect(await sessions.get(key)).toMatchObject(key);
  });

  test('of a node without sessions is empty', async () => {
    expect(await sessions.onNode('idle')).toEqual([]);
  });
});
