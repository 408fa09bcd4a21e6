import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shardOf } from '../../../lib/store/on-node.ts';
import { type RoomRecord, RoomStore } from '../../../lib/store/rooms.ts';
import { SessionStore } from '../../../lib/store/sessions.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';

let table: TestTable;
let rooms: RoomStore;
let sessions: SessionStore;
beforeAll(async () => {
  table = await startTable();
  rooms = new RoomStore(table);
  sessions = new SessionStore(table);
});
afterAll(() => table.stop());

const expiresAt = 2_000_000_000;
let count = 0;
function room(change: Partial<RoomRecord> = {}): RoomRecord {
  count += 1;
  return {
    tenant: 'acme',
    roomId: `room-${count}`,
    nodeId: 'node-1',
    requestId: 'request-1',
    userId: 'ann',
    class: 'sfu',
    backend: 'janus',
    createdAt: '2030-01-01T00:00:00.000Z',
    ...change,
  };
}
async function claimed(change: Partial<RoomRecord> = {}): Promise<RoomRecord> {
  const record = room(change);
  expect(await rooms.claim(record, expiresAt)).toBe(true);
  return record;
}

describe('claim', () => {
  test.each([
    { class: 'sfu', backend: 'janus' },
    { class: 'mcu', backend: 'freeswitch' },
  ] as const)('puts the record of %j', async (kind) => {
    const record = await claimed(kind);
    expect(await rooms.get(record)).toEqual(record);
  });

  test.each([{ nodeId: 'node-2' }, { requestId: 'request-2' }, { nodeId: 'node-2', requestId: 'request-2' }])(
    'of a live id by %j is false and changes nothing',
    async (other) => {
      const record = await claimed();
      expect(await rooms.claim({ ...record, userId: 'bob', ...other }, expiresAt)).toBe(false);
      expect(await rooms.get(record)).toEqual(record);
    },
  );

  test('that comes again, of the same request on the same node, is true: the answer to the first was lost', async () => {
    const record = await claimed();
    expect(await rooms.claim(record, expiresAt)).toBe(true);
    expect(await rooms.get(record)).toEqual(record);
  });

  test('by many nodes at once is had by one', async () => {
    const record = room();
    const nodes = ['n1', 'n2', 'n3', 'n4'];
    const claims = await Promise.all(nodes.map((nodeId) => rooms.claim({ ...record, nodeId }, expiresAt)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await rooms.get(record)).toEqual({ ...record, nodeId: nodes[claims.indexOf(true)] });
  });

  test('of an id that was released is true again, for anybody', async () => {
    const record = await claimed();
    expect(await rooms.release(record)).toBe(true);
    const next = { ...record, nodeId: 'node-2', requestId: 'request-2' };
    expect(await rooms.claim(next, expiresAt)).toBe(true);
    expect(await rooms.get(record)).toEqual(next);
  });

  test('of the same id in another tenant is another room', async () => {
    const record = await claimed();
    const other = { ...record, tenant: 'globex', nodeId: 'node-2' };
    expect(await rooms.claim(other, expiresAt)).toBe(true);
    expect(await rooms.get(record)).toEqual(record);
    expect(await rooms.get(other)).toEqual(other);
  });

  test('says when the record may be collected', async () => {
    const { tenant, roomId } = await claimed();
    const { Item } = await table.client.send(
      new GetCommand({ TableName: table.name, Key: { pk: `T#${tenant}#R#${roomId}`, sk: 'R' } }),
    );
    expect(Item).toMatchObject({ expires_at: expiresAt });
  });
});

test('a room that never was is undefined', async () => {
  expect(await rooms.get({ tenant: 'acme', roomId: 'nowhere' })).toBeUndefined();
});

describe('release', () => {
  test('is true for the node and request that hold the room, once', async () => {
    const record = await claimed();
    expect(await rooms.release(record)).toBe(true);
    expect(await rooms.get(record)).toBeUndefined();
    expect(await rooms.release(record)).toBe(false);
  });

  test.each([{ nodeId: 'node-2' }, { requestId: 'another' }, { tenant: 'globex' }])(
    'is false for %j, and leaves the room',
    async (other) => {
      const record = await claimed();
      expect(await rooms.release({ ...record, ...other })).toBe(false);
      expect(await rooms.get(record)).toEqual(record);
    },
  );
});

describe('onNode', () => {
  test('lists more than 100 rooms over all shards, and not those that ended', async () => {
    const records = Array.from({ length: 130 }, () => room({ nodeId: 'big' }));
    await Promise.all(records.map((record) => rooms.claim(record, expiresAt)));
    await claimed({ nodeId: 'small' });
    expect(new Set(records.map(({ roomId }) => shardOf('big', roomId))).size).toBe(8);
    const ids = (keys: readonly { roomId: string }[]) => keys.map(({ roomId }) => roomId).sort();
    expect(ids(await rooms.onNode('big'))).toEqual(ids(records));

    await Promise.all(records.slice(0, 60).map((record) => rooms.release(record)));
    expect(ids(await rooms.onNode('big'))).toEqual(ids(records.slice(60)));
  });

  test('gives keys that lead to the records, whatever an id may hold', async () => {
    const odd = [
      { tenant: 'a.b:c', roomId: 'R:1' },
      { tenant: 'R', roomId: '6b0c@node.local' },
    ];
    for (const key of odd) await claimed({ ...key, nodeId: 'odd' });
    expect(await rooms.onNode('odd')).toEqual(expect.arrayContaining(odd));
    for (const key of await rooms.onNode('odd')) expect(await rooms.get(key)).toMatchObject(key);
  });

  test('of a node without rooms is empty', async () => {
    expect(await rooms.onNode('idle')).toEqual([]);
  });
});

describe('rooms and sessions of one name on one node do not mix', () => {
  const session = (tenant: string, sessionId: string) => ({
    tenant,
    sessionId,
    nodeId: 'shared',
    attempt: 1,
    requestId: 'request-1',
    userId: 'ann',
    connectionId: 'connection-1',
    type: 'publish' as const,
    state: 'wait' as const,
    createdAt: '',
  });

  test.each(['acme', 'a#S', 'a#R', 'x#S#y', 'x#R#y', '#S#R'])('in tenant %j', async (tenant) => {
    for (const id of ['lobby', 'S', 'R']) {
      expect(await sessions.claim(session(tenant, id), expiresAt)).toBe(true);
      await claimed({ tenant, roomId: id, nodeId: 'shared' });
    }
    const expected = ['R', 'S', 'lobby'];
    const found = { sessions: await sessions.onNode('shared'), rooms: await rooms.onNode('shared') };
    const ofTenant = (key: { readonly tenant: string }) => key.tenant === tenant;
    expect(found.sessions.filter(ofTenant).map((key) => key.sessionId)).toEqual(expect.arrayContaining(expected));
    expect(found.rooms.filter(ofTenant).map((key) => key.roomId)).toEqual(expect.arrayContaining(expected));
    expect([found.sessions, found.rooms].map((keys) => keys.filter(ofTenant).length)).toEqual([3, 3]);
  });

  test('and the end of one leaves the other', async () => {
    const both = session('globex', 'lobby');
    await sessions.claim(both, expiresAt);
    const record = await claimed({ tenant: 'globex', roomId: 'lobby', nodeId: 'shared' });
    await rooms.release(record);
    expect(await sessions.get(both)).toEqual(both);
  });
});
