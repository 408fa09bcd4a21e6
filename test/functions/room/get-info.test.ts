import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/room/get-info.ts';
import { functionsUnderTest } from '../../support/functions.ts';
import { goesToTheRoomsNode } from '../../support/rooms.ts';

const world = functionsUnderTest();
const room_id = `${randomUUID()}@n1`;

test.each(['get_info', 'info'])('%s replies what the node knows of the room', async (cmd) => {
  const node = await world.startNode('n1');
  const info = { room_id, class: 'sfu', members: [{ session_id: 's', role: 'publisher', user_id: 'ann' }] };
  node.answers(() => info);
  expect(await world.send(handler, { subclass: 'room', cmd, data: { room_id }, tid: 1 })).toEqual({
    result: 'ok',
    data: info,
    tid: 1,
  });
  expect(node.requests).toMatchObject([{ path: '/v1/room/get_info' }]);
});

goesToTheRoomsNode(world, handler, 'get_info');
