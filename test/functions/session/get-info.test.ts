import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/get-info.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { functionsUnderTest } from '../../support/functions.ts';

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

test("passes on what the node refuses: session_not_found for another tenant's or an ended session", async () => {
  const node = await world.startNode('n1');
  node.answers(() => {
    throw new PatchbayError('session_not_found', `no session ${session_id}`);
  });
  expect(await send({ session_id })).toEqual({
    result: 'error',
    data: { code: 100062, reason: 'session_not_found', error: `no session ${session_id}` },
    tid: 1,
  });
});

test('answers timeout with retry_after while the node does not answer', async () => {
  const node = await world.startNode('n1');
  await node.stop();
  expect(await send({ session_id })).toMatchObject({ data: { reason: 'timeout', retry_after: 1 } });
});

test('refuses an unknown field before any node is asked', async () => {
  const node = await world.startNode('n1');
  expect(await send({ ...{ session_id }, sesion_id: 'x' })).toMatchObject({
    data: { reason: 'syntax_error', error: 'unknown field data.sesion_id, did you mean session_id' },
  });
  expect(node.requests).toEqual([]);
});
