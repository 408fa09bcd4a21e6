import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/room/mute.ts';
import { functionsUnderTest } from '../../support/functions.ts';
import { goesToTheRoomsNode } from '../../support/rooms.ts';

const world = functionsUnderTest();
goesToTheRoomsNode(world, handler, 'mute', { session_id: 'member-1', audio: true, video: false });

const room_id = `${randomUUID()}@n1`;
const mute = (data: Record<string, unknown>) =>
  world.send(handler, { subclass: 'room', cmd: 'mute', data: { room_id, session_id: 'member-1', ...data }, tid: 1 });

test('leaves out what shall stay as it is', async () => {
  const node = await world.startNode('n1');
  expect(await mute({ video: true })).toEqual({ result: 'ok', tid: 1 });
  expect(node.requests).toMatchObject([{ body: { data: { room_id, session_id: 'member-1', video: true } } }]);
  expect(node.requests[0]?.body.data).not.toHaveProperty('audio');
});

test.each<[string, Record<string, unknown>, string, string]>([
  ['neither audio nor video', {}, 'missing_field', 'audio or video'],
  ['a flag that is none', { audio: 'yes' }, 'invalid_value', 'data.audio'],
  ['no member', { session_id: undefined, audio: true }, 'missing_field', 'data.session_id is missing'],
])('%s is refused before any node is asked', async (_, data, reason, words) => {
  const node = await world.startNode('n1');
  expect(await mute(data)).toMatchObject({ data: { reason, error: expect.stringContaining(words) } });
  expect(node.requests).toEqual([]);
});
