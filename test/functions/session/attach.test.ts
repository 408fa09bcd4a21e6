import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { handler } from '../../../functions/session/attach.ts';
import { services } from '../../../lib/command/services.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import type { Behaviour } from '../../support/fake-node.ts';
import { functionsUnderTest } from '../../support/functions.ts';

const world = functionsUnderTest();
const attach = (data: Record<string, unknown> = {}) => world.send(handler, { cmd: 'attach', data, tid: 1 });

describe('one session', () => {
  test('goes to its node, with token and since', async () => {
    const node = await world.startNode('n1');
    const other = await world.startNode('n2');
    const data = { session_id: `${randomUUID()}@n1`, resume_token: 'secret', since: 4 };
    const sessions = [{ session_id: data.session_id, type: 'p2p', state: 'ready', seq: 9, resume_token: 'next' }];
    node.answers(() => ({ sessions }));
    expect(await attach(data)).toEqual({ result: 'ok', data: { sessions }, tid: 1 });
    expect(node.requests).toMatchObject([
      { path: '/v1/session/attach', body: { data, caller: { connectionId: 'connection-1' } } },
    ]);
    expect(other.requests).toEqual([]);
  });

  test('that is gone is session_not_found', async () => {
    expect(await attach({ session_id: `${randomUUID()}@gone` })).toMatchObject({
      data: { reason: 'session_not_found' },
    });
  });

  test('that the node refuses is the reply', async () => {
    (await world.startNode('n1')).answers(() => {
      throw new PatchbayError('unauthorized', 'not yours');
    });
    expect(await attach({ session_id: `${randomUUID()}@n1` })).toMatchObject({
      data: { reason: 'unauthorized', error: 'not yours' },
    });
  });
});

/** Two sessions a page. */
const owns =
  (...ids: string[]): Behaviour =>
  ({ body }) => {
    const rest = ids.filter((id) => id > String(body.after ?? ''));
    const page = rest.slice(0, 2);
    return { sessions: page.map((session_id) => ({ session_id })), ...(rest.length > 2 && { cursor: page.at(-1) }) };
  };
async function attachAll(): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: unknown;
  do {
    const reply = await attach(cursor === undefined ? {} : { cursor });
    const { sessions } = Object(reply?.data);
    pages.push(sessions.map((one: object) => Reflect.get(one, 'session_id')));
    cursor = reply?.data?.cursor;
  } while (cursor !== undefined && pages.length < 20);
  return pages;
}

describe('all of mine', () => {
  test('come node after node, page after page, each once', async () => {
    (await world.startNode('n1')).answers(owns('a', 'b', 'c', 'd', 'e'));
    (await world.startNode('n2')).answers(owns());
    (await world.startNode('n3')).answers(owns('f'));
    expect(await attachAll()).toEqual([['a', 'b'], ['c', 'd'], ['e'], [], ['f']]);
  });

  test('are none without a node', async () => {
    expect(await attach()).toEqual({ result: 'ok', data: { sessions: [] }, tid: 1 });
  });

  test('pass over a node that is lost, or was not heard of for 2 min', async () => {
    const lost = await world.startNode('n1', { state: 'lost' });
    const silent = await world.startNode('n2', { heartbeatAtMs: Date.now() - 121_000 });
    const late = await world.startNode('n3', { heartbeatAtMs: Date.now() - 110_000, state: 'draining' });
    late.answers(owns('a'));
    expect(await attachAll()).toEqual([['a']]);
    expect([lost.requests, silent.requests]).toEqual([[], []]);
  });

  test('go on with the next node where one is gone between two pages', async () => {
    (await world.startNode('n1')).answers(owns('a', 'b', 'c'));
    (await world.startNode('n2')).answers(owns('d'));
    const first = await attach();
    await world.unlist('n1');
    services().directory.forget('n1');
    expect(await attach({ cursor: first?.data?.cursor })).toMatchObject({ data: { sessions: [{ session_id: 'd' }] } });
  });
});

test.each<[Record<string, unknown>, string]>([
  [{ cursor: 'nonsense' }, 'invalid_value'],
  [{ since: -1 }, 'invalid_value'],
  [{ resume_token: 'x'.repeat(129) }, 'invalid_value'],
  [{ token: 'x' }, 'syntax_error'],
])('refuses %j: %s', async (data, reason) => {
  expect(await attach(data)).toMatchObject({ data: { reason }, tid: 1 });
});
