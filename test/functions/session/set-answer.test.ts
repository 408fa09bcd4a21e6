import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler } from '../../../functions/session/set-answer.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';
import { answer } from '../../support/sdp.ts';

const world = functionsUnderTest();
goesToTheSessionsNode(world, handler, 'set_answer', { answer });

test.each<[string, Record<string, unknown>, string, string]>([
  ['no answer', {}, 'missing_field', 'data.answer is missing'],
  ['an answer without an SDP', { answer: {} }, 'missing_sdp', 'data.answer.sdp is empty'],
  ['an answer of an unknown kind', { answer: { ...answer, sdp_type: 'sip' } }, 'invalid_value', 'data.answer.sdp_type'],
  ['an offer instead', { offer: answer }, 'syntax_error', 'data.offer'],
])('%s is refused before any node is asked', async (_, data, reason, words) => {
  const node = await world.startNode('n1');
  const reply = await world.send(handler, { cmd: 'set_answer', data: { session_id: `${randomUUID()}@n1`, ...data } });
  expect(reply).toMatchObject({ data: { reason, error: expect.stringContaining(words) } });
  expect(node.requests).toEqual([]);
});
