import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { DemandStore } from '../../../lib/store/demand.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());

test('the time when a node was wanted is kept to half a minute, and written no more often', async () => {
  const demand = new DemandStore(table);
  expect(await demand.wantedAtMs()).toBeUndefined();
  const send = vi.spyOn(table.client, 'send');
  await demand.note(1000);
  await demand.note(1001);
  await demand.note(30_999);
  expect(send).toHaveBeenCalledTimes(1);
  await demand.note(31_000);
  expect(send).toHaveBeenCalledTimes(2);
  send.mockRestore();
  expect(await new DemandStore(table).wantedAtMs()).toBe(31_000);
});

test('what could not be written is written with the next', async () => {
  const demand = new DemandStore(table);
  const send = vi.spyOn(table.client, 'send').mockImplementation(() => Promise.reject(new Error('throttled')));
  await expect(demand.note(60_000)).rejects.toThrow('throttled');
  send.mockRestore();
  await demand.note(60_001);
  expect(await demand.wantedAtMs()).toBe(60_001);
});
