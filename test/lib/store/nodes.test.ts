import { afterAll, beforeAll, expect, test } from 'vitest';
import { NodeStore } from '../../../lib/store/nodes.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { node } from '../../support/nodes.ts';

let table: TestTable;
let nodes: NodeStore;
beforeAll(async () => {
  table = await startTable();
  nodes = new NodeStore(table);
});
afterAll(() => table.stop());

test('nodes are listed as they were put, in the order of their ids, until they are removed', async () => {
  expect(await nodes.list()).toEqual([]);
  const all = [node('c', { state: 'draining' }), node('a', { load: 7, engines: [] }), node('b')];
  for (const one of all) await nodes.put(one);
  expect(await nodes.list()).toEqual([all[1], all[2], all[0]]);

  await nodes.put(node('b', { load: 9 }));
  await nodes.remove('a');
  await nodes.remove('nobody');
  expect(await nodes.list()).toEqual([node('b', { load: 9 }), all[0]]);
});

test('keys come back newest first, and stay when the node is removed: a late answer can still be trusted', async () => {
  expect(await nodes.getKeys('n')).toEqual([]);
  await nodes.putKeys('n', ['old']);
  await nodes.putKeys('n', ['new', 'old']);
  await nodes.remove('n');
  expect(await nodes.getKeys('n')).toEqual(['new', 'old']);
  expect(await nodes.getKeys('m')).toEqual([]);
});

test('keys are in no list', async () => {
  await nodes.putKeys('secret', ['key']);
  expect(JSON.stringify(await nodes.list())).not.toContain('key');
});
