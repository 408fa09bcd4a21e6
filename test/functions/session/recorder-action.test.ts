import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/recorder-action.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';

const world = functionsUnderTest();
goesToTheSessionsNode(world, handler, 'recorder_action', { action: 'start' });

const session_id = `${randomUUID()}@n1`;

test('asks what actions there are if none is named', async () => {
  const node = await world.startNode('n1');
  node.answers(() => ({ actions: ['get_actions', 'list'] }));
  expect(await world.send(handler, { cmd: 'recorder_action', data: { session_id }, tid: 1 })).toEqual({
    result: 'ok',
    data: { actions: ['get_actions', 'list'] },
    tid: 1,
  });
  expect(node.requests).toMatchObject([{ body: { data: { action: 'get_actions' } } }]);
});

test.each(['pause', '', 5])('%j is invalid_action, before any node is asked', async (action) => {
  const node = await world.startNode('n1');
  expect(await world.send(handler, { cmd: 'recorder_action', data: { session_id, action } })).toMatchObject({
    data: { code: 100043, reason: 'invalid_action', error: 'data.action is none of this command' },
  });
  expect(node.requests).toEqual([]);
});
