import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/player-action.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';

const world = functionsUnderTest();
goesToTheSessionsNode(world, handler, 'player_action', { action: 'pause' });

const session_id = `${randomUUID()}@n1`;

test.each<[Record<string, unknown>, string]>([
  [{}, 'missing_field'],
  [{ action: 5 }, 'invalid_value'],
  [{ action: 'x'.repeat(65) }, 'invalid_value'],
])('refuses %j: %s', async (data, reason) => {
  const node = await world.startNode('n1');
  expect(await world.send(handler, { cmd: 'player_action', data: { session_id, ...data } })).toMatchObject({
    data: { reason, error: expect.stringContaining('data.action') },
  });
  expect(node.requests).toEqual([]);
});
