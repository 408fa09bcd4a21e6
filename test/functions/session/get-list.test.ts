import { describe, expect, test } from 'vitest';
import { handler } from '../../../functions/session/get-list.ts';
import { services } from '../../../lib/command/services.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import type { Behaviour } from '../../support/fake-node.ts';
import { functionsUnderTest } from '../../support/functions.ts';

const world = functionsUnderTest();
const list = (data: Record<string, unknown> = {}) => world.send(handler, { cmd: 'get_list', data, tid: 1 });

/** Pages as a node makes them. */
const holds =
  (ids: readonly string[], padding = ''): Behaviour =>
  ({ body }) => {
    const { limit } = Object(body.data);
    const rest = ids.filter((id) => id > String(body.after ?? ''));
    const page = rest.slice(0, limit);
    const sessions = page.map((session_id) => ({ session_id, padding }));
    return { sessions, ...(rest.length > page.length && { cursor: page.at(-1) }) };
  };
const idsOf = (data: Record<string, unknown> | undefined) =>
  Array.isArray(data?.sessions) ? data.sessions.map((one) => String(Reflect.get(one, 'session_id'))) : [];

/** All pages, by the cursor of each. */
async function walk(limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: unknown;
  do {
    const reply = await list({ limit, ...(cursor !== undefined && { cursor }) });
    pages.push(idsOf(reply?.data));
    cursor = reply?.data?.cursor;
  } while (cursor !== undefined && pages.length < 50);
  return pages;
}

describe('a list over two nodes', () => {
  test('is whole on one page where it fits', async () => {
    (await world.startNode('n1')).answers(holds(['a', 'b']));
    (await world.startNode('n2')).answers(holds(['c']));
    const reply = await list();
    expect(idsOf(reply?.data)).toEqual(['a', 'b', 'c']);
    expect(reply?.data).not.toHaveProperty('cursor');
  });

  test.each([1, 2, 3, 4, 5, 6])('with pages of %i has each session once', async (limit) => {
    (await world.startNode('n1')).answers(holds(['a', 'c', 'e']));
    (await world.startNode('n2')).answers(holds(['b', 'd']));
    const pages = await walk(limit);
    expect(pages.flat()).toEqual(['a', 'c', 'e', 'b', 'd']);
    expect(pages.at(-1)).not.toEqual([]);
    for (const page of pages) expect(page.length).toBeLessThanOrEqual(limit);
  });

  test('is whole where the first holds nothing, or the last', async () => {
    (await world.startNode('n1')).answers(holds([]));
    (await world.startNode('n2')).answers(holds(['a', 'b']));
    (await world.startNode('n3')).answers(holds([]));
    expect((await walk(1)).flat()).toEqual(['a', 'b']);
  });

  test('goes on with the second where the first is gone between two pages', async () => {
    (await world.startNode('n1')).answers(holds(['a', 'b']));
    (await world.startNode('n2')).answers(holds(['c']));
    const first = await list({ limit: 1 });
    await world.nodes.remove('n1');
    services().directory.forget('n1');
    expect(idsOf((await list({ cursor: first?.data?.cursor }))?.data)).toEqual(['c']);
  });

  test('stays under 128 KB a page', async () => {
    const ids = Array.from({ length: 90 }, (_, at) => `s${String(at).padStart(3, '0')}`);
    for (const id of ['n1', 'n2', 'n3']) {
      (await world.startNode(id)).answers(
        holds(
          ids.map((one) => `${id}-${one}`),
          'x'.repeat(900),
        ),
      );
    }
    let cursor: unknown;
    const seen: string[] = [];
    for (let pages = 0; pages < 10; pages += 1) {
      const reply = await list({ limit: 1000, ...(cursor !== undefined && { cursor }) });
      expect(Buffer.byteLength(JSON.stringify(reply))).toBeLessThan(128 * 1024);
      seen.push(...idsOf(reply?.data));
      cursor = reply?.data?.cursor;
      if (cursor === undefined) break;
    }
    expect(seen).toHaveLength(270);
    expect(new Set(seen).size).toBe(270);
  });

  test('asks no node that was not heard of for 2 min, and still one that was not for less', async () => {
    const silent = await world.startNode('n1', { heartbeatAtMs: Date.now() - 121_000 });
    (await world.startNode('n2', { heartbeatAtMs: Date.now() - 110_000 })).answers(holds(['a']));
    expect(idsOf((await list())?.data)).toEqual(['a']);
    expect(silent.requests).toEqual([]);
  });

  test('passes over a node that has just gone, and says so to nobody but the log', async () => {
    await (await world.startNode('n1')).stop();
    (await world.startNode('n2')).answers(holds(['a']));
    expect(idsOf((await list())?.data)).toEqual(['a']);
  });

  test('asks no node that is lost', async () => {
    const lost = await world.startNode('n1', { state: 'lost' });
    (await world.startNode('n2', { state: 'draining' })).answers(holds(['a']));
    expect(idsOf((await list())?.data)).toEqual(['a']);
    expect(lost.requests).toEqual([]);
  });
});

test('filters and the caller go along to each node', async () => {
  const node = await world.startNode('n1');
  node.answers(holds([]));
  await list({ type: 'echo', user_id: 'ann', room_id: 'lobby', limit: 5 });
  expect(node.requests).toMatchObject([
    {
      path: '/v1/session/get_list',
      body: {
        after: '',
        caller: { userId: 'ann' },
        data: { type: 'echo', user_id: 'ann', room_id: 'lobby', limit: 5 },
      },
    },
  ]);
});

test('without any node the list is empty', async () => {
  expect(await list()).toEqual({ result: 'ok', data: { sessions: [] }, tid: 1 });
});

test('a cursor that get_list never gave is invalid_value', async () => {
  expect(await list({ cursor: 'nonsense' })).toMatchObject({ data: { reason: 'invalid_value' } });
});

test('a node that refuses is the reply', async () => {
  (await world.startNode('n1')).answers(() => {
    throw new PatchbayError('unauthorized');
  });
  expect(await list()).toMatchObject({ result: 'error', data: { reason: 'unauthorized' } });
});
