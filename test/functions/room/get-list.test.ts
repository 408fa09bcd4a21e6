import { expect, test } from 'vitest';
import { handler } from '../../../functions/room/get-list.ts';
import { functionsUnderTest } from '../../support/functions.ts';
import { goesOverTheNodes } from '../../support/lists.ts';

const world = functionsUnderTest();
goesOverTheNodes(world, handler, { subclass: 'room', field: 'rooms', id: 'room_id' });

test('is answered by its older name, too', async () => {
  const node = await world.startNode('n1');
  const room = { room_id: 'lobby', class: 'sfu', backend: 'janus', members: 2, created_at: '' };
  node.answers(() => ({ rooms: [room] }));
  expect(await world.send(handler, { subclass: 'room', cmd: 'list', tid: 1 })).toEqual({
    result: 'ok',
    data: { rooms: [room] },
    tid: 1,
  });
});

test('takes no filter', async () => {
  const node = await world.startNode('n1');
  expect(
    await world.send(handler, { subclass: 'room', cmd: 'get_list', data: { class: 'sfu' }, tid: 1 }),
  ).toMatchObject({ data: { reason: 'syntax_error' } });
  expect(node.requests).toEqual([]);
});
