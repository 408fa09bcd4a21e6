import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/room/kick.ts';
import { functionsUnderTest } from '../../support/functions.ts';
import { goesToTheRoomsNode } from '../../support/rooms.ts';

const world = functionsUnderTest();
goesToTheRoomsNode(world, handler, 'kick', { session_id: 'member-1' });

test.each<[string, Record<string, unknown>, string, string]>([
  ['no member', {}, 'missing_field', 'data.session_id is missing'],
  ['a member that can be none', { session_id: 'a b' }, 'invalid_value', 'data.session_id'],
])('%s is refused before any node is asked, on a connection with a session, too', async (_, data, reason, words) => {
  const node = await world.startNode('n1');
  await world.connect('connection-1', ['n1']);
  const message = { subclass: 'room', cmd: 'kick', data: { room_id: `${randomUUID()}@n1`, ...data } };
  expect(await world.send(handler, message)).toMatchObject({ data: { reason, error: expect.stringContaining(words) } });
  expect(node.requests).toEqual([]);
});
