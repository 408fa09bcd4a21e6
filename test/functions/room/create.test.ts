import { describe, expect, test, vi } from 'vitest';
import { handler } from '../../../functions/room/create.ts';
import { services } from '../../../lib/command/services.ts';
import type { Engine } from '../../../lib/domain/placement.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { drop, type NodeRequest } from '../../support/fake-node.ts';
import { functionsUnderTest, identity } from '../../support/functions.ts';
import { janusEngine } from '../../support/nodes.ts';
import { moderator, roomRecord } from '../../support/rooms.ts';

const world = functionsUnderTest();
const create = (data: Record<string, unknown> = { class: 'sfu' }, authorizer: Record<string, unknown> = moderator) =>
  world.send(handler, { class: 'media', subclass: 'room', cmd: 'create', data, tid: 7 }, { authorizer });
/** The first of the two nodes drawn: a draw of 0 begins with the first in the order of ids. */
const drawFirst = () => vi.spyOn(services(), 'random').mockReturnValue(0);
const freeswitch: Engine = { ...janusEngine, kind: 'freeswitch', name: 'freeswitch-1' };

describe('a room', () => {
  test('is made on a node with the engine of its class, with its defaults', async () => {
    const node = await world.startNode('n1');
    node.answers(() => ({ room_id: 'made@n1' }));
    expect(await create()).toEqual({ result: 'ok', data: { room_id: 'made@n1' }, tid: 7 });
    expect(node.requests).toMatchObject([
      {
        path: '/v1/room/create',
        body: {
          request_id: expect.any(String),
          caller: { tenant: 'acme', userId: 'ann' },
          data: { class: 'sfu', audio_codec: 'opus', video_codec: 'vp8', bitrate: 0, timeout: 300, max_publishers: 50 },
        },
      },
    ]);
  });

  test.each(['sfu', 'mcu'])('of class %s goes where that is', async (roomClass) => {
    const janus = await world.startNode('janus');
    const fs = await world.startNode('fs', { engines: [freeswitch] });
    expect(await create({ class: roomClass })).toMatchObject({ result: 'ok' });
    expect([janus.requests.length, fs.requests.length]).toEqual(roomClass === 'sfu' ? [1, 0] : [0, 1]);
  });

  test('goes to the less loaded of two nodes', async () => {
    const busy = await world.startNode('busy', { load: 90 });
    const idle = await world.startNode('idle', { load: 1 });
    await create();
    expect([busy.requests.length, idle.requests.length]).toEqual([0, 1]);
  });

  test('of an id that has a record is asked for on the node of that one, however loaded it is', async () => {
    const [busy, idle] = [await world.startNode('busy', { load: 99 }), await world.startNode('idle')];
    await world.rooms.claim(roomRecord('taken', 'busy'), 9e9);
    busy.answers(() => {
      throw new PatchbayError('room_already_exists', 'a room taken exists');
    });
    expect(await create({ class: 'sfu', room_id: 'taken' })).toEqual({
      result: 'error',
      data: { code: 304002, reason: 'room_already_exists', error: 'a room taken exists' },
      tid: 7,
    });
    expect([busy.requests.length, idle.requests.length]).toEqual([1, 0]);
  });

  test("of an id that is another tenant's goes anywhere", async () => {
    drawFirst();
    const [first, theirs] = [await world.startNode('a'), await world.startNode('b')];
    await world.rooms.claim(roomRecord('shared', 'b', { tenant: 'globex' }), 9e9);
    expect(await create({ class: 'sfu', room_id: 'shared' })).toMatchObject({ result: 'ok' });
    expect([first.requests.length, theirs.requests.length]).toEqual([1, 0]);
  });
});

describe('a node', () => {
  test('that cannot have heard of it is passed over', async () => {
    drawFirst();
    const [dead, live] = [await world.startNode('a-dead'), await world.startNode('b-live')];
    await dead.stop();
    expect(await create()).toMatchObject({ result: 'ok' });
    expect(live.requests).toHaveLength(1);
  });

  test.each(['no_mediaserver', 'node_draining'] as const)('that says %s is passed over', async (reason) => {
    drawFirst();
    const [full, live] = [await world.startNode('a-full'), await world.startNode('b-live')];
    full.answers(() => {
      throw new PatchbayError(reason);
    });
    expect(await create()).toMatchObject({ result: 'ok' });
    expect([full.requests.length, live.requests.length]).toEqual([1, 1]);
  });

  test('that may have heard of it is not: the room may be there', async () => {
    drawFirst();
    const [silent, other] = [await world.startNode('a-silent'), await world.startNode('b')];
    silent.answers(() => drop);
    expect(await create()).toMatchObject({ data: { reason: 'timeout', retry_after: 1 } });
    expect(other.requests).toEqual([]);
  });

  test('that says anything else is the reply', async () => {
    drawFirst();
    const [first, other] = [await world.startNode('a'), await world.startNode('b')];
    first.answers(() => {
      throw new PatchbayError('room_already_exists', 'a room lobby exists');
    });
    expect(await create({ class: 'sfu', room_id: 'lobby' })).toMatchObject({ data: { reason: 'room_already_exists' } });
    expect(other.requests).toEqual([]);
  });

  test('that was the last and full says why: no other knows better', async () => {
    (await world.startNode('n1')).answers(() => {
      throw new PatchbayError('no_mediaserver', 'this node is full');
    });
    expect(await create()).toMatchObject({ data: { reason: 'no_mediaserver', error: 'this node is full' } });
  });

  test('that has the room already, and is away, is waited for: no other can have it', async () => {
    const [away, other] = [await world.startNode('away'), await world.startNode('other')];
    await world.rooms.claim(roomRecord('kept', 'away'), 9e9);
    await away.stop();
    expect(await create({ class: 'sfu', room_id: 'kept' })).toMatchObject({ data: { reason: 'timeout' } });
    expect(other.requests).toEqual([]);
  });
});

test('of many that make one room at once, on whatever nodes, one has it', async () => {
  const makes =
    (nodeId: string) =>
    async ({ body }: NodeRequest) => {
      const record = roomRecord('rush', nodeId, { requestId: String(body.request_id) });
      if (await world.rooms.claim(record, 9e9)) return { room_id: 'rush' };
      throw new PatchbayError('room_already_exists', 'a room rush exists');
    };
  for (const id of ['n1', 'n2', 'n3']) (await world.startNode(id)).answers(makes(id));
  const replies = await Promise.all(Array.from({ length: 8 }, () => create({ class: 'sfu', room_id: 'rush' })));
  expect(replies.filter((reply) => reply?.result === 'ok')).toHaveLength(1);
  const refused = replies.filter((reply) => reply?.result === 'error');
  expect(refused.map((reply) => reply?.data?.reason)).toEqual(Array(7).fill('room_already_exists'));
});

describe('before any node is asked, refuses', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['no class', {}, 'missing_field'],
    ['an unknown class', { class: 'mesh' }, 'invalid_value'],
    ['an unknown backend', { class: 'sfu', backend: 'kurento' }, 'unknown_backend'],
    ['a backend that keeps no such rooms', { class: 'sfu', backend: 'freeswitch' }, 'incompatible_session'],
    ['an id with a node', { class: 'sfu', room_id: 'a@n1' }, 'invalid_value'],
    ['a timeout that is too short', { class: 'sfu', timeout: 4 }, 'invalid_value'],
    ['a class whose engine is on no node', { class: 'mcu' }, 'no_mediaserver'],
  ])('%s', async (_, data, reason) => {
    const node = await world.startNode('n1');
    expect(await create(data)).toMatchObject({ result: 'error', data: { reason }, tid: 7 });
    expect(node.requests).toEqual([]);
  });

  test('who has no scope media:room', async () => {
    const node = await world.startNode('n1');
    expect(await create({ class: 'sfu' }, identity)).toMatchObject({
      data: { reason: 'unauthorized', error: 'this needs the scope media:room' },
    });
    expect(node.requests).toEqual([]);
    expect(await create({ class: 'sfu' }, { ...identity, scope: 'media:admin' })).toMatchObject({ result: 'ok' });
  });

  test.each(['media:room', 'media:admin'])('with %s a room outside of the claim, or without an id', async (scope) => {
    const node = await world.startNode('n1');
    const claim = { ...identity, scope, rooms: 'attic lobby' };
    expect(await create({ class: 'sfu', room_id: 'cellar' }, claim)).toMatchObject({
      data: { reason: 'unauthorized', error: 'this token may not use room cellar' },
    });
    expect(await create({ class: 'sfu' }, claim)).toMatchObject({
      data: { reason: 'unauthorized', error: expect.stringContaining('data.room_id') },
    });
    expect(node.requests).toEqual([]);
    expect(await create({ class: 'sfu', room_id: 'attic' }, claim)).toMatchObject({ result: 'ok' });
  });
});
