import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/destroy.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';

const world = functionsUnderTest();
const session_id = `${randomUUID()}@n1`;
const send = (data: Record<string, unknown>, cmd = 'destroy') => world.send(handler, { cmd, data, tid: 1 });

test.each(['destroy', 'stop'])('%s ends the session on its node, with the reason given', async (cmd) => {
  const node = await world.startNode('n1');
  expect(await send({ session_id, reason: 'lunch' }, cmd)).toEqual({ result: 'ok', tid: 1 });
  expect(node.requests).toMatchObject([
    { path: '/v1/session/destroy', body: { data: { session_id, reason: 'lunch' } } },
  ]);
});

goesToTheSessionsNode(world, handler, 'destroy');
