import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConnectionStore } from '../../../lib/store/connections.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';

let table: TestTable;
let connections: ConnectionStore;
beforeAll(async () => {
  table = await startTable();
  connections = new ConnectionStore(table);
});
afterAll(() => table.stop());

const nowMs = Date.UTC(2030, 0, 1);
let count = 0;
async function connected() {
  count += 1;
  const connection = {
    connectionId: `c${count}=`,
    tenant: 'acme',
    userId: 'ann',
    connectedAt: '2030-01-01T00:00:00.000Z',
  };
  await connections.put(connection, nowMs);
  return connection;
}

test('a connection comes back as it was put, owning nothing', async () => {
  const connection = await connected();
  expect(await connections.get(connection.connectionId)).toEqual({ ...connection, nodes: [] });
});

test('a connection that never was is undefined', async () => {
  expect(await connections.get('nobody')).toBeUndefined();
});

test('its record is collected 3 h later: an hour after the longest connection', async () => {
  const { connectionId } = await connected();
  const { Item } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: { pk: `C#${connectionId}`, sk: 'C' } }),
  );
  expect(Item).toMatchObject({ expires_at: nowMs / 1000 + 3 * 3600 });
});

test('nodes where it owns something are noted once each', async () => {
  const { connectionId } = await connected();
  expect(await connections.addNode(connectionId, 'node-1')).toBe(true);
  expect(await connections.addNode(connectionId, 'node-2')).toBe(true);
  expect(await connections.addNode(connectionId, 'node-1')).toBe(true);
  expect((await connections.get(connectionId))?.nodes.toSorted()).toEqual(['node-1', 'node-2']);
});

test('a node added to a connection that is gone answers false and makes no record', async () => {
  const { connectionId } = await connected();
  await connections.take(connectionId);
  expect(await connections.addNode(connectionId, 'node-1')).toBe(false);
  expect(await connections.get(connectionId)).toBeUndefined();
});

test('a connection is taken by one only, with its nodes', async () => {
  const connection = await connected();
  await connections.addNode(connection.connectionId, 'node-1');
  const taken = await Promise.all([1, 2, 3].map(() => connections.take(connection.connectionId)));
  expect(taken.filter((one) => one !== undefined)).toEqual([{ ...connection, nodes: ['node-1'] }]);
});

test('two connections share nothing', async () => {
  const one = await connected();
  const other = await connected();
  await connections.addNode(one.connectionId, 'node-1');
  await connections.take(one.connectionId);
  expect(await connections.get(other.connectionId)).toEqual({ ...other, nodes: [] });
});
