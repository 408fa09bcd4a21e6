import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/get-answer.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';
import { answer } from '../../support/sdp.ts';

const world = functionsUnderTest();
const session_id = `${randomUUID()}@n1`;
const send = (data: Record<string, unknown>, cmd = 'get_answer') => world.send(handler, { cmd, data, tid: 1 });

test('waits on the node, for 25 s if nothing else is said', async () => {
  const node = await world.startNode('n1');
  node.answers(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { answer };
  });
  expect(await send({ session_id })).toEqual({ result: 'ok', data: { answer }, tid: 1 });
  await send({ session_id, timeout: 3 });
  expect(node.requests).toMatchObject([
    { path: '/v1/session/get_answer', body: { data: { session_id, timeout: 25 } } },
    { body: { data: { session_id, timeout: 3 } } },
  ]);
});

test.each([0, 26, 1.5, '5'])('refuses a timeout of %j', async (timeout) => {
  expect(await send({ session_id, timeout })).toMatchObject({ data: { reason: 'invalid_value' } });
});

goesToTheSessionsNode(world, handler, 'get_answer');
