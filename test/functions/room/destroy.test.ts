import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/room/destroy.ts';
import { functionsUnderTest } from '../../support/functions.ts';
import { goesToTheRoomsNode } from '../../support/rooms.ts';

const world = functionsUnderTest();
const room_id = `${randomUUID()}@n1`;

test('ends the room on its node, with the reason given', async () => {
  const node = await world.startNode('n1');
  const message = { subclass: 'room', cmd: 'destroy', data: { room_id, reason: 'lunch' }, tid: 1 };
  expect(await world.send(handler, message)).toEqual({ result: 'ok', tid: 1 });
  expect(node.requests).toMatchObject([{ path: '/v1/room/destroy', body: { data: { room_id, reason: 'lunch' } } }]);
});

goesToTheRoomsNode(world, handler, 'destroy');
