import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/room/layout.ts';
import { functionsUnderTest } from '../../support/functions.ts';
import { goesToTheRoomsNode } from '../../support/rooms.ts';

const world = functionsUnderTest();
goesToTheRoomsNode(world, handler, 'layout', { layout: '2x2' });

test.each<[string, Record<string, unknown>, string, string]>([
  ['no layout', {}, 'missing_field', 'data.layout is missing'],
  ['a layout of other letters', { layout: '2 x 2' }, 'invalid_value', 'data.layout may have'],
])('%s is refused before any node is asked', async (_, data, reason, words) => {
  const node = await world.startNode('n1');
  const message = { subclass: 'room', cmd: 'layout', data: { room_id: `${randomUUID()}@n1`, ...data } };
  expect(await world.send(handler, message)).toMatchObject({ data: { reason, error: expect.stringContaining(words) } });
  expect(node.requests).toEqual([]);
});
