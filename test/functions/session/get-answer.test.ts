import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/get-answer.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { functionsUnderTest } from '../../support/functions.ts';
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
