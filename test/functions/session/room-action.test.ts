import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { handler } from '../../../functions/session/room-action.ts';
import { functionsUnderTest, goesToTheSessionsNode, identity } from '../../support/functions.ts';
import { roomRecord } from '../../support/rooms.ts';

const world = functionsUnderTest();
goesToTheSessionsNode(world, handler, 'room_action', { action: 'layout', layout: '2x2' });

const session_id = `${randomUUID()}@n1`;
const send = (data: Record<string, unknown>, cmd = 'room_action') => world.send(handler, { cmd, data, tid: 1 });

test('asks what actions there are if none is named', async () => {
  const node = await world.startNode('n1');
  node.answers(() => ({ actions: ['get_actions'] }));
  expect(await send({ session_id })).toEqual({ result: 'ok', data: { actions: ['get_actions'] }, tid: 1 });
  expect(node.requests).toMatchObject([{ body: { data: { action: 'get_actions' } } }]);
});

describe('an older form', () => {
  test('with its fields nested in data reaches the node flat', async () => {
    const node = await world.startNode('n1');
    await send({ session_id, action: 'mute', data: { member_id: 'm' } });
    expect(node.requests).toMatchObject([{ body: { data: { session_id, action: 'mute', member_id: 'm' } } }]);
    expect(node.requests[0]?.body.data).not.toHaveProperty('data');
  });

  test('update of an mcu_layout is a layout', async () => {
    const node = await world.startNode('n1');
    await send({ session_id, update_type: 'mcu_layout', mcu_layout: '2x2', room: 'lobby' }, 'update');
    expect(node.requests).toMatchObject([
      {
        path: '/v1/session/room_action',
        body: { data: { session_id, action: 'layout', layout: '2x2', room_id: 'lobby' } },
      },
    ]);
  });
});

describe('a room that is named without a session', () => {
  test.each<[string, string]>([
    ['in its id', `${randomUUID()}@n2`],
    ['in its record', 'lobby'],
  ])('is acted on where it is: %s', async (_, room_id) => {
    const [other, node] = [await world.startNode('n1'), await world.startNode('n2')];
    await world.connect('connection-1', ['n1']);
    await world.rooms.claim(roomRecord('lobby', 'n2'), 9e9);
    node.answers(() => ({ members: [] }));
    expect(await send({ room_id, action: 'list' })).toEqual({ result: 'ok', data: { members: [] }, tid: 1 });
    expect(node.requests).toMatchObject([
      { path: '/v1/session/room_action', body: { data: { room_id, action: 'list' } } },
    ]);
    expect(other.requests).toEqual([]);
  });

  test('by an older form, too', async () => {
    const node = await world.startNode('n1');
    await world.rooms.claim(roomRecord('den', 'n1'), 9e9);
    await send({ room: 'den', update_type: 'mcu_layout', mcu_layout: '2x2' }, 'update');
    expect(node.requests).toMatchObject([{ body: { data: { room_id: 'den', action: 'layout', layout: '2x2' } } }]);
  });

  test('and is nowhere is room_not_found', async () => {
    const node = await world.startNode('n1');
    await world.connect('connection-1', ['n1']);
    expect(await send({ room_id: 'nowhere', action: 'list' })).toEqual({
      result: 'error',
      data: { code: 304001, reason: 'room_not_found', error: 'no room nowhere' },
      tid: 1,
    });
    expect(node.requests).toEqual([]);
  });

  test('and is not in the claim of the token is unauthorized', async () => {
    const node = await world.startNode('n1');
    const message = { cmd: 'room_action', data: { room_id: `${randomUUID()}@n1` } };
    expect(await world.send(handler, message, { authorizer: { ...identity, rooms: 'attic' } })).toMatchObject({
      data: { reason: 'unauthorized' },
    });
    expect(node.requests).toEqual([]);
  });
});

test('a room that is named beside a session is for the node of the session to judge', async () => {
  const [node, other] = [await world.startNode('n1'), await world.startNode('n2')];
  await send({ session_id, room_id: `${randomUUID()}@n2`, action: 'list' });
  expect([node.requests.length, other.requests.length]).toEqual([1, 0]);
});

test.each<[Record<string, unknown>, string]>([
  [{ action: 'explode' }, 'invalid_action'],
  [{ action: 'layout', layout: '2 x 2' }, 'invalid_value'],
  [{ action: 'kick', member_id: 'a b' }, 'invalid_value'],
  [{ action: 'kick', data: 'm' }, 'invalid_value'],
  [{ action: 'kick', member_id: 'm', data: { member_id: 'm' } }, 'invalid_parameters'],
])('refuses %j: %s', async (data, reason) => {
  expect(await send({ session_id, ...data })).toMatchObject({ data: { reason }, tid: 1 });
});
