import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/update-media.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { functionsUnderTest } from '../../support/functions.ts';

const world = functionsUnderTest();
const session_id = `${randomUUID()}@n1`;
const send = (data: Record<string, unknown>, cmd = 'update_media') => world.send(handler, { cmd, data, tid: 1 });

test('answers what took effect', async () => {
  const node = await world.startNode('n1');
  node.answers(() => ({ applied: { mute_audio: true, mute_data: false } }));
  expect(await send({ session_id, mute_audio: true, mute_data: true })).toEqual({
    result: 'ok',
    data: { applied: { mute_audio: true, mute_data: false } },
    tid: 1,
  });
  expect(node.requests).toMatchObject([
    { path: '/v1/session/update_media', body: { data: { session_id, mute_audio: true, mute_data: true } } },
  ]);
});

test.each<[Record<string, unknown>, string]>([
  [{}, 'missing_field'],
  [{ mute_audio: 'yes' }, 'invalid_value'],
  [{ bitrate: -1 }, 'invalid_value'],
])('refuses %j: %s', async (change, reason) => {
  expect(await send({ session_id, ...change })).toMatchObject({ data: { reason } });
});

test("passes on what the node refuses: session_not_found for another tenant's or an ended session", async () => {
  const node = await world.startNode('n1');
  node.answers(() => {
    throw new PatchbayError('session_not_found', `no session ${session_id}`);
  });
  expect(await send({ session_id, mute_audio: true })).toEqual({
    result: 'error',
    data: { code: 100062, reason: 'session_not_found', error: `no session ${session_id}` },
    tid: 1,
  });
});

test('answers timeout with retry_after while the node does not answer', async () => {
  const node = await world.startNode('n1');
  await node.stop();
  expect(await send({ session_id, mute_audio: true })).toMatchObject({ data: { reason: 'timeout', retry_after: 1 } });
});

test('refuses an unknown field before any node is asked', async () => {
  const node = await world.startNode('n1');
  expect(await send({ ...{ session_id, mute_audio: true }, sesion_id: 'x' })).toMatchObject({
    data: { reason: 'syntax_error', error: 'unknown field data.sesion_id, did you mean session_id' },
  });
  expect(node.requests).toEqual([]);
});
