import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Registration } from '../../../lib/controller/registration.ts';
import { silentLog } from '../../../lib/domain/log.ts';
import { NodeStore } from '../../../lib/store/nodes.ts';
import { ManualClock } from '../../support/clock.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { node } from '../../support/nodes.ts';

let table: TestTable;
let store: NodeStore;
beforeAll(async () => {
  table = await startTable();
  store = new NodeStore(table);
});
afterAll(() => table.stop());

let clock: ManualClock;
let load: number;
beforeEach(() => {
  clock = new ManualClock();
  load = 0;
});
const registration = (nodeId: string, nodes: NodeStore = store) =>
  new Registration(nodes, () => node(nodeId, { load, heartbeatAtMs: clock.nowMs() }), clock, silentLog);
const listed = async (nodeId: string) => (await store.list()).find((one) => one.nodeId === nodeId);
/** Moves the clock, and lets writes over the network end. */
async function pass(ms: number) {
  await clock.advance(ms);
  await new Promise((resolve) => setTimeout(resolve, 40));
}

describe('a node that starts', () => {
  test('is listed, with a key of 256 bits', async () => {
    const one = registration('n1');
    await one.start();
    expect(await listed('n1')).toMatchObject({ state: 'up', heartbeatAtMs: clock.nowMs() });
    expect(one.keys).toHaveLength(1);
    expect(Buffer.from(one.keys[0] ?? '', 'base64url')).toHaveLength(32);
    expect(await store.getKeys('n1')).toEqual(one.keys);
  });

  test('again takes the key of the boot before for 60 s more', async () => {
    const before = registration('n2');
    await before.start();
    const after = registration('n2');
    await after.start();
    expect(after.keys).toEqual([expect.any(String), before.keys[0]]);
    expect(await store.getKeys('n2')).toEqual(after.keys);
    const [fresh] = after.keys;
    await pass(59_999);
    expect(after.keys).toHaveLength(2);
    await pass(1);
    expect(after.keys).toEqual([fresh]);
  });

  test('has no key before, so that nothing is let in', () => {
    expect(registration('n3').keys).toEqual([]);
  });
});

describe('the record', () => {
  test('is written at every heartbeat', async () => {
    await registration('n4').start();
    load = 5;
    await pass(10_000);
    expect(await listed('n4')).toMatchObject({ load: 5, heartbeatAtMs: clock.nowMs() });
    load = 6;
    await pass(10_000);
    expect(await listed('n4')).toMatchObject({ load: 6, heartbeatAtMs: clock.nowMs() });
  });

  test('is written soon after a change, once for changes that come together', async () => {
    const one = registration('n5');
    await one.start();
    const put = vi.spyOn(store, 'put');
    load = 7;
    one.changed();
    one.changed();
    await pass(25);
    expect(await listed('n5')).toMatchObject({ load: 7 });
    expect(put).toHaveBeenCalledTimes(1);
    put.mockRestore();
  });

  test('is tried again at the next heartbeat when the table is away', async () => {
    const one = registration('n6');
    await one.start();
    const put = vi.spyOn(store, 'put').mockRejectedValueOnce(new Error('throttled'));
    await pass(10_000);
    expect(put).toHaveBeenCalledTimes(1);
    load = 8;
    await pass(10_000);
    expect(await listed('n6')).toMatchObject({ load: 8 });
    put.mockRestore();
  });
});

test('a node that stops is off the list and leaves no timer', async () => {
  const one = registration('n7');
  await one.start();
  one.changed();
  await one.stop();
  one.changed();
  expect(await listed('n7')).toBeUndefined();
  expect(clock.pending).toBe(0);
  await pass(60_000);
  expect(await listed('n7')).toBeUndefined();
});
