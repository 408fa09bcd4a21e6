import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/update-media.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';

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

goesToTheSessionsNode(world, handler, 'update_media', { mute_audio: true });
