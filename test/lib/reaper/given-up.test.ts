import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PatchbayEvent } from '../../../lib/protocol/events.ts';
import { lastSeq } from '../../../lib/protocol/events.ts';
import { NodeOrders } from '../../../lib/store/node-orders.ts';
import { NodeStore } from '../../../lib/store/nodes.ts';
import { RoomStore } from '../../../lib/store/rooms.ts';
import { FakeBackend } from '../../support/fake-backend.ts';
import { connectHost, endOf, inProcess, type Party } from '../../support/in-process.ts';
import { clockAhead, makeReaper } from '../../support/reapers.ts';
import { offer } from '../../support/sdp.ts';
import { until } from '../../support/until.ts';

/** A node that others take for lost while it lives: a real one, beside the real reaper. */

const world = inProcess();
let backend: FakeBackend;
let losses: number;
beforeEach(async () => {
  backend = new FakeBackend('janus', 'janus-2');
  losses = 0;
  await start();
  // New sessions go to the node that is about to be given up.
  world.janus.up = false;
  world.beat('n1');
  await until('n1 without its engine', async () => (await listed('n1'))?.engines[0]?.up === false);
});
afterEach(async () => {
  vi.restoreAllMocks();
  world.janus.up = true;
  world.beat('n1');
  await world.stop('zombie');
  await reaper(3_600_000).taskStopped('zombie');
  await reaper(7_200_000).run();
});

const start = () =>
  world.start('zombie', [backend], {
    onLost: () => {
      losses += 1;
    },
  });
/** It looks at this node only: the other one's heartbeats are as old when the clock is ahead. */
const reaper = (aheadMs = 0) =>
  makeReaper(world.table, world.poster, {
    clock: clockAhead(aheadMs),
    nodes: { list: async () => (await new NodeStore(world.table).list()).filter((one) => one.nodeId === 'zombie') },
  });
const listed = async (nodeId: string) => (await new NodeStore(world.table).list()).find((one) => one.nodeId === nodeId);
const echoes = (party: Party, count: number) =>
  Promise.all(Array.from({ length: count }, () => party.create({ type: 'echo', offer, wait_reply: true })));
const endsOf = (party: Party, id: string): PatchbayEvent[] => party.of(id, 'destroyed');
const findsOut = async () => {
  world.beat('zombie');
  await until('the node finds out', () => losses > 0);
};

describe('a node that was given up while it lives', () => {
  test('finds out by its next heartbeat, ends what it has without a word, once, and is of no use any more', async () => {
    const ann = await world.connect();
    const ids = await echoes(ann, 3);
    await reaper().taskStopped('zombie');
    expect(ids.map((id) => endsOf(ann, id).map(({ seq }) => seq))).toEqual([[lastSeq], [lastSeq], [lastSeq]]);

    await findsOut();
    expect(losses).toBe(1);
    expect(backend.opened.map(({ closed }) => closed)).toEqual([1, 1, 1]);
    expect(backend.stopped).toBe(1);
    expect(ids.map((id) => endsOf(ann, id).length)).toEqual([1, 1, 1]);
    // Nothing was told in between either: what the client heard last was the end.
    for (const id of ids) expect(ann.of(id).at(-1)?.type).toBe('destroyed');
    expect(await listed('zombie')).toMatchObject({ state: 'lost' });
  });

  test('is not asked for its sessions any more, and gets no new ones', async () => {
    const ann = await world.connect();
    const [session_id] = await echoes(ann, 1);
    await reaper().taskStopped('zombie');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await ann.refused('get_info', { session_id })).toMatchObject({ reason: 'session_not_found' });
    expect(await ann.refused('create', { type: 'echo', offer })).toMatchObject({ reason: 'no_mediaserver' });
    expect(await ann.refused('create', { type: 'listen', publisher_id: session_id })).toMatchObject({
      reason: 'invalid_publisher',
    });
  });

  test('tells by itself what the reaper has not come to: each end is told once, by whichever is first', async () => {
    const ann = await world.connect();
    const ids = await echoes(ann, 40);
    // Both at once: the reaper gives it up, and its heartbeat finds that while the reaper is at work.
    const reaping = reaper().taskStopped('zombie');
    await until('given up', async () => (await listed('zombie'))?.state === 'lost');
    await Promise.all([reaping, findsOut()]);
    for (const id of ids) await endOf(ann, id);
    expect(ids.map((id) => endsOf(ann, id).length)).toEqual(ids.map(() => 1));
    expect(ids.map((id) => endsOf(ann, id)[0]?.body.reason)).toEqual(ids.map(() => 'node_lost'));
  });

  test('alone, with the reaper gone after its mark, ends all aloud', async () => {
    const ann = await world.connect();
    const ids = await echoes(ann, 3);
    await new NodeOrders(world.table).loseStopped('zombie', Date.now());
    await findsOut();
    expect(ids.map((id) => endsOf(ann, id).map(({ seq }) => seq))).toEqual([[3], [3], [3]]);
    await reaper().taskStopped('zombie');
    expect(ids.map((id) => endsOf(ann, id).length)).toEqual([1, 1, 1]);
  });

  test('ends its rooms the same way: those who follow them hear it once', async () => {
    const host = await connectHost(world, { sub: 'host' });
    const admin = await world.connect({ sub: 'root', scope: 'media:admin' });
    const [guest, stranger] = [await world.connect({ sub: 'guest' }), await world.connect({ tenant: 'other' })];
    for (const party of [host, admin, guest, stranger]) await party.ask('event/subscribe', { subclass: 'room' });
    const room_id = String((await host.ask('room/create', { class: 'sfu' })).room_id);
    const publisher = await guest.create({ type: 'publish', offer, room_id, wait_reply: true });

    await reaper().taskStopped('zombie');
    expect([host, admin, guest, stranger].map((party) => endsOf(party, room_id).length)).toEqual([1, 1, 0, 0]);
    expect(endsOf(host, room_id)).toMatchObject([{ subclass: 'room', seq: lastSeq, body: { reason: 'node_lost' } }]);
    expect(await new RoomStore(world.table).get({ tenant: 'acme', roomId: room_id })).toBeUndefined();
    await findsOut();
    expect([host, admin, guest].map((party) => endsOf(party, room_id).length)).toEqual([1, 1, 0]);
    expect(endsOf(guest, publisher)).toHaveLength(1);
    expect(backend.rooms.map(({ closed }) => closed)).toEqual([1]);
  });
});

describe('a heartbeat that arrives while the reaper gives its node up', () => {
  test('before the mark keeps the node: what the reaper saw is not so any more', async () => {
    const ann = await world.connect();
    const [id = ''] = await echoes(ann, 1);
    const lose = NodeOrders.prototype.lose;
    const spy = vi.spyOn(NodeOrders.prototype, 'lose').mockImplementation(async function (this: NodeOrders, ...seen) {
      if (seen[0].nodeId === 'zombie') {
        world.beat('zombie');
        await until('its heartbeat', async () => (await listed('zombie'))?.heartbeatAtMs !== seen[0].heartbeatAtMs);
      }
      return lose.apply(this, seen);
    });
    await reaper(125_000).run();
    await reaper(150_000).run();
    expect(spy.mock.calls.some(([seen]) => seen.nodeId === 'zombie')).toBe(true);
    expect(await listed('zombie')).toMatchObject({ state: 'up' });
    expect([losses, endsOf(ann, id).length]).toEqual([0, 0]);
    await ann.ask('destroy', { session_id: id });
  });

  test('after the mark is refused, whatever it was to tell', async () => {
    await reaper().taskStopped('zombie');
    backend.up = false;
    await findsOut();
    expect(await listed('zombie')).toMatchObject({ state: 'lost', engines: [{ up: true }] });
  });
});

test('a process that comes back under the id of a lost node waits until all of it is cleared away', async () => {
  const ann = await world.connect();
  await echoes(ann, 1);
  await reaper().taskStopped('zombie');
  await findsOut();
  world.drop('zombie');
  losses = 0;
  await start();
  await until('it is refused', () => losses === 1);
  world.drop('zombie');
  await reaper(60_000).run();
  await start();
  expect(await listed('zombie')).toMatchObject({ state: 'up' });
  expect(losses).toBe(1);
  const [id = ''] = await echoes(ann, 1);
  await ann.ask('destroy', { session_id: id });
});
