import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { handler } from '../../../functions/session/set-candidate.ts';
import type { SessionRecord } from '../../../lib/store/sessions.ts';
import { functionsUnderTest, goesToTheSessionsNode } from '../../support/functions.ts';

const world = functionsUnderTest();
const candidate = 'candidate:1 1 udp 2122260223 192.0.2.10 51472 typ host';
const line = { sdpMid: '0', sdpMLineIndex: 0, candidate };
goesToTheSessionsNode(world, handler, 'set_candidate', line);

const send = (data: Record<string, unknown>) => world.send(handler, { cmd: 'set_candidate', data, tid: 1 });

test('takes up to 50 at once', async () => {
  const node = await world.startNode('n1');
  const session_id = `${randomUUID()}@n1`;
  const candidates = Array.from({ length: 50 }, () => line);
  expect(await send({ session_id, candidates })).toEqual({ result: 'ok', tid: 1 });
  expect(node.requests).toMatchObject([{ body: { data: { candidates } } }]);
  expect(await send({ session_id, candidates: [...candidates, line] })).toMatchObject({
    data: { reason: 'invalid_value', error: 'data.candidates must be at most 50 items long' },
  });
});

test.each<[string, Record<string, unknown>, string]>([
  ['nothing', {}, 'missing_field'],
  ['an empty list', { candidates: [] }, 'invalid_value'],
  ['one and a list', { ...line, candidates: [line] }, 'invalid_parameters'],
  ['a line that is no candidate', { ...line, candidate: 'a=fingerprint:sha-1 00' }, 'invalid_value'],
])('%s is refused before any node is asked', async (_, data, reason) => {
  const node = await world.startNode('n1');
  expect(await send({ session_id: `${randomUUID()}@n1`, ...data })).toMatchObject({ data: { reason } });
  expect(node.requests).toEqual([]);
});

describe('a candidate that overtakes its create', () => {
  const born = (sessionId: string): SessionRecord => ({
    tenant: 'acme',
    sessionId,
    nodeId: 'n1',
    attempt: 1,
    requestId: 'request-1',
    userId: 'ann',
    connectionId: 'connection-1',
    type: 'p2p',
    state: 'wait',
    createdAt: '',
  });

  test('waits for it up to 2 s; then it is session_not_found', async () => {
    const node = await world.startNode('n1');
    const session_id = randomUUID();
    const startedAt = Date.now();
    const [sending, never] = [send({ session_id, ...line }), send({ session_id: 'never', ...line })];
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(node.requests).toEqual([]);
    await world.sessions.claim(born(session_id), 9e9);
    expect(await sending).toEqual({ result: 'ok', tid: 1 });
    expect(node.requests).toHaveLength(1);
    expect(await never).toMatchObject({ data: { reason: 'session_not_found' } });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1950);
    expect(Date.now() - startedAt).toBeLessThan(4000);
  });
});
