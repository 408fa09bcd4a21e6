import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/set-type.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';

const world = functionsUnderTest();
goesToTheSessionsNode(world, handler, 'set_type', { type: 'mcu', room_id: 'lobby', layout: '2x2' });

const session_id = `${randomUUID()}@n1`;
const send = (message: Record<string, unknown>) => world.send(handler, { ...message, tid: 1 });

test("answers the type's fields", async () => {
  (await world.startNode('n1')).answers(() => ({ publisher_id: 'p' }));
  expect(await send({ cmd: 'set_type', data: { session_id, type: 'listen', publisher_id: 'p' } })).toEqual({
    result: 'ok',
    data: { publisher_id: 'p' },
    tid: 1,
  });
});

test.each<[string, Record<string, unknown>]>([
  [
    'class session and the field publisher',
    { class: 'session', cmd: 'set_type', data: { type: 'listen', publisher: 'p' } },
  ],
  ['update', { cmd: 'update', data: { type: 'session_type', session_type: 'listen', publisher: 'p' } }],
])('is reached by its older form, %s', async (_, message) => {
  const node = await world.startNode('n1');
  const data = { session_id, ...Object(message.data) };
  expect(await send({ ...message, data })).toEqual({ result: 'ok', tid: 1 });
  expect(node.requests).toMatchObject([
    { path: '/v1/session/set_type', body: { data: { type: 'listen', publisher_id: 'p' } } },
  ]);
});

test.each<[string, Record<string, unknown>, string]>([
  ['no type', {}, 'missing_field'],
  ['an unknown type', { type: 'conference' }, 'invalid_value'],
  ['a layout with a space', { type: 'mcu', layout: '2x2 x' }, 'invalid_value'],
])('%s is refused before any node is asked', async (_, data, reason) => {
  const node = await world.startNode('n1');
  expect(await send({ cmd: 'set_type', data: { session_id, ...data } })).toMatchObject({ data: { reason } });
  expect(node.requests).toEqual([]);
});
