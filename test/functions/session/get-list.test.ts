import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/get-list.ts';
import { functionsUnderTest } from '../../support/functions.ts';
import { goesOverTheNodes } from '../../support/lists.ts';

const world = functionsUnderTest();
goesOverTheNodes(world, handler, { subclass: 'session', field: 'sessions', id: 'session_id' });

test('filters go along to each node', async () => {
  const node = await world.startNode('n1');
  node.answers(() => ({ sessions: [] }));
  const data = { type: 'echo', user_id: 'ann', room_id: 'lobby', limit: 5 };
  await world.send(handler, { cmd: 'get_list', data, tid: 1 });
  expect(node.requests).toMatchObject([{ path: '/v1/session/get_list', body: { after: '', data } }]);
});
