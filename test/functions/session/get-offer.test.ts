import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/get-offer.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';
import { offer } from '../../support/sdp.ts';

const world = functionsUnderTest();
goesToTheSessionsNode(world, handler, 'get_offer');

const session_id = `${randomUUID()}@n1`;
const send = (data: Record<string, unknown>) => world.send(handler, { cmd: 'get_offer', data, tid: 1 });

test('waits on the node, for 25 s if nothing else is said', async () => {
  const node = await world.startNode('n1');
  node.answers(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { offer };
  });
  expect(await send({ session_id })).toEqual({ result: 'ok', data: { offer }, tid: 1 });
  await send({ session_id, timeout: 3 });
  expect(node.requests).toMatchObject([{ body: { data: { timeout: 25 } } }, { body: { data: { timeout: 3 } } }]);
});

test.each([0, 26, 1.5, '5', null])('refuses a timeout of %j', async (timeout) => {
  expect(await send({ session_id, timeout })).toMatchObject({
    data: { reason: 'invalid_value', error: expect.stringContaining('data.timeout') },
  });
});
