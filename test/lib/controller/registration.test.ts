import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Registration } from '../../../lib/controller/registration.ts';
import { silentLog } from '../../../lib/domain/log.ts';
import type { Node } from '../../../lib/domain/placement.ts';
import { NodeOrders } from '../../../lib/store/node-orders.ts';
import { NodeRegister } from '../../../lib/store/node-register.ts';
import { NodeStore } from '../../../lib/store/nodes.ts';
import { ManualClock } from '../../support/clock.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { listNode, node, unlistNode } from '../../support/nodes.ts';

let table: TestTable;
let store: NodeStore;
let register: NodeRegister;
beforeAll(async () => {
  table = await startTable();
  store = new NodeStore(table);
  register = new NodeRegister(table);
});
afterAll(() => table.stop());

let clock: ManualClock;
let load: number;
beforeEach(() => {
  clock = new ManualClock();
  load = 0;
  beaten = [];
  losses = 0;
});
/** What each heartbeat brought back, and how often the node found itself given up. */
let beaten: { own: Node; all: readonly Node[] }[];
let losses: number;
const registration = (nodeId: string, change: Partial<Node> = {}) =>
  new Registration({
    nodes: store,
    register,
    describe: () => node(nodeId, { load, heartbeatAtMs: clock.nowMs(), ...change }),
    beaten: (own, all) => beaten.push({ own, all }),
    lost: () => {
      losses += 1;
    },
    clock,
    log: silentLog,
  });
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
    const beat = vi.spyOn(register, 'beat');
    load = 7;
    one.changed();
    one.changed();
    await pass(25);
    expect(await listed('n5')).toMatchObject({ load: 7 });
    expect(beat).toHaveBeenCalledTimes(1);
    beat.mockRestore();
  });

  test('is tried again at the next heartbeat when the table is away', async () => {
    const one = registration('n6');
    await one.start();
    const beat = vi.spyOn(register, 'beat').mockRejectedValueOnce(new Error('throttled'));
    await pass(10_000);
    expect(beat).toHaveBeenCalledTimes(1);
    load = 8;
    await pass(10_000);
    expect(await listed('n6')).toMatchObject({ load: 8 });
    beat.mockRestore();
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

describe('when it began', () => {
  test('is kept by a process that comes back: it is no newer release', async () => {
    await listNode(table, node('n8', { bootedAtMs: 77 }));
    await registration('n8').start(await listed('n8'));
    expect(beaten.at(-1)?.own.bootedAtMs).toBe(77);
  });

  test('is now for a process of another release', async () => {
    await listNode(table, node('n9', { bootedAtMs: 77, release: 'older' }));
    await registration('n9').start(await listed('n9'));
    expect(beaten.at(-1)?.own.bootedAtMs).toBe(clock.nowMs());
  });
});

describe('a heartbeat', () => {
  test('brings the order that was given, and all nodes', async () => {
    const one = registration('n10');
    await one.start();
    expect(beaten.at(-1)?.own.order).toBeUndefined();
    await new NodeOrders(table).drain('n10');
    await pass(10_000);
    expect(beaten.at(-1)?.own.order).toBe('drain');
    expect(beaten.at(-1)?.all.map(({ nodeId }) => nodeId)).toContain('n10');
    await one.stop();
  });

  test('brings the order also when the nodes cannot be read', async () => {
    const one = registration('n14');
    await one.start();
    await new NodeOrders(table).drain('n14');
    const list = vi.spyOn(store, 'list').mockRejectedValueOnce(new Error('throttled'));
    await pass(10_000);
    expect(beaten.at(-1)).toMatchObject({ own: { order: 'drain' }, all: [] });
    list.mockRestore();
    await one.stop();
  });

  test.each(['was given up', 'is not there'])('finds out that the node %s, once, and is the last one', async (how) => {
    const nodeId = `n11-${how.length}`;
    await registration(nodeId).start();
    if (how === 'is not there') await unlistNode(table, nodeId);
    else await new NodeOrders(table).loseStopped(nodeId, clock.nowMs());
    await pass(10_000);
    expect(losses).toBe(1);
    expect(clock.pending).toBe(0);
    await pass(60_000);
    expect(losses).toBe(1);
  });

  test('of a process that comes back too early finds it too, at its start', async () => {
    await listNode(table, node('n12', { state: 'lost', lostAtMs: 1 }));
    await registration('n12').start();
    expect([losses, beaten.length]).toEqual([1, 0]);
    // What it put must not outlive it.
    expect(clock.pending).toBe(0);
  });
});

test('a process that comes back while the reaper clears its predecessor away has its key', async () => {
  const one = registration('n13');
  const beat = vi.spyOn(register, 'beat').mockImplementationOnce(async (own, isFirst) => {
    await listNode(table, node('n13', { state: 'lost' }));
    await new NodeOrders(table).forget('n13');
    return register.beat(own, isFirst);
  });
  await one.start();
  expect(await store.getKeys('n13')).toEqual(one.keys);
  beat.mockRestore();
  await one.stop();
});
