import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/get-proxy-offer.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';
import { offer } from '../../support/sdp.ts';

const world = functionsUnderTest();
goesToTheSessionsNode(world, handler, 'get_proxy_offer');

test('answers the offer that the node made for the far side', async () => {
  (await world.startNode('n1')).answers(() => ({ offer }));
  const data = { session_id: `${randomUUID()}@n1` };
  expect(await world.send(handler, { cmd: 'get_proxy_offer', data, tid: 1 })).toEqual({
    result: 'ok',
    data: { offer },
    tid: 1,
  });
});
