import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/get-info.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';

const world = functionsUnderTest();
const session_id = `${randomUUID()}@n1`;
const send = (data: Record<string, unknown>, cmd = 'get_info') => world.send(handler, { cmd, data, tid: 1 });

test('answers all that the node knows', async () => {
  const node = await world.startNode('n1');
  node.answers(() => ({ session_id, state: 'ready', status: {} }));
  expect(await send({ session_id })).toEqual({
    result: 'ok',
    data: { session_id, state: 'ready', status: {} },
    tid: 1,
  });
  expect(node.requests).toMatchObject([{ path: '/v1/session/get_info', body: { data: { session_id } } }]);
});

goesToTheSessionsNode(world, handler, 'get_info');
