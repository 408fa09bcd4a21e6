import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/send-info.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';

const world = functionsUnderTest();
goesToTheSessionsNode(world, handler, 'send_info', { info: 'dtmf', data: { digit: '5' } });

const session_id = `${randomUUID()}@n1`;
const send = (data: Record<string, unknown>) =>
  world.send(handler, { cmd: 'send_info', data: { session_id, ...data } });

test('takes 64 characters and 4 KB of JSON, in characters and bytes as they are sent', async () => {
  await world.startNode('n1');
  const fits = { text: 'ü'.repeat((4096 - '{"text":""}'.length) / 2) };
  expect(await send({ info: 'x'.repeat(64), data: fits })).toEqual({ result: 'ok' });
  expect(await send({ info: 'x', data: { text: `${fits.text}ü` } })).toMatchObject({
    data: { reason: 'invalid_value', error: 'data.data must be at most 4096 bytes of JSON' },
  });
});

test.each<[Record<string, unknown>, string]>([
  [{}, 'missing_field'],
  [{ info: '' }, 'invalid_value'],
  [{ info: 'x'.repeat(65) }, 'invalid_value'],
  [{ info: { a: 1 } }, 'invalid_value'],
  [{ info: 'x', data: 'text' }, 'invalid_value'],
  [{ info: 'x', data: [1] }, 'invalid_value'],
])('refuses %j: %s', async (data, reason) => {
  const node = await world.startNode('n1');
  expect(await send(data)).toMatchObject({ data: { reason } });
  expect(node.requests).toEqual([]);
});
