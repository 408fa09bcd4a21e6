import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/set-candidate-end.ts';
import type { SessionRecord } from '../../../lib/store/sessions.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';

const world = functionsUnderTest();
goesToTheSessionsNode(world, handler, 'set_candidate_end');

test('waits for a session whose create it overtook, as candidates do', async () => {
  const node = await world.startNode('n1');
  const sending = world.send(handler, { cmd: 'set_candidate_end', data: { session_id: 'soon' } });
  await new Promise((resolve) => setTimeout(resolve, 700));
  const record: SessionRecord = {
    tenant: 'acme',
    sessionId: 'soon',
    nodeId: 'n1',
    attempt: 1,
    requestId: 'request-1',
    userId: 'ann',
    connectionId: 'connection-1',
    type: 'p2p',
    state: 'wait',
    createdAt: '',
  };
  await world.sessions.claim(record, 9e9);
  expect(await sending).toEqual({ result: 'ok' });
  expect(node.requests).toHaveLength(1);
});
