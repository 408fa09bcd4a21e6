import { describe, expect, test } from 'vitest';
import type { RouteHandler } from '../../lib/command/command.ts';
import { services } from '../../lib/command/services.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import type { Behaviour } from './fake-node.ts';
import type { Surroundings } from './functions.ts';

/** A list of what lives on the nodes: its route and the names that its lines have. */
export interface List {
  readonly subclass: 'session' | 'room';
  readonly field: 'sessions' | 'rooms';
  readonly id: 'session_id' | 'room_id';
}

/** What every such list has in common. */
export function goesOverTheNodes(world: Surroundings, handler: RouteHandler, { subclass, field, id }: List): void {
  const list = (data: Record<string, unknown> = {}) => world.send(handler, { subclass, cmd: 'get_list', data, tid: 1 });
  const idsOf = (data: Record<string, unknown> | undefined) => {
    const lines = data?.[field];
    return Array.isArray(lines) ? lines.map((line) => String(Reflect.get(line, id))) : [];
  };

  /** Pages as a node makes them. */
  const holds =
    (ids: readonly string[], padding = ''): Behaviour =>
    ({ body }) => {
      const { limit } = Object(body.data);
      const rest = ids.filter((one) => one > String(body.after ?? ''));
      const page = rest.slice(0, limit);
      const lines = page.map((one) => ({ [id]: one, padding }));
      return { [field]: lines, ...(rest.length > page.length && { cursor: page.at(-1) }) };
    };

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

    test.each([1, 2, 3, 4, 5, 6])('with pages of %i has each line once', async (limit) => {
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
      await world.unlist('n1');
      services().directory.forget('n1');
      expect(idsOf((await list({ cursor: first?.data?.cursor }))?.data)).toEqual(['c']);
    });

    test('stays under 128 KB a page', async () => {
      const ids = Array.from({ length: 90 }, (_, at) => `s${String(at).padStart(3, '0')}`);
      for (const nodeId of ['n1', 'n2', 'n3']) {
        (await world.startNode(nodeId)).answers(
          holds(
            ids.map((one) => `${nodeId}-${one}`),
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

  test('the caller goes along to each node, and how many lines there is room for', async () => {
    const [one, two] = [await world.startNode('n1'), await world.startNode('n2')];
    one.answers(holds(['a', 'b']));
    two.answers(holds([]));
    await list({ limit: 5 });
    const path = `/v1/${subclass}/get_list`;
    expect([...one.requests, ...two.requests]).toMatchObject([
      { path, body: { after: '', caller: { userId: 'ann' }, data: { limit: 5 } } },
      { path, body: { after: '', caller: { userId: 'ann' }, data: { limit: 3 } } },
    ]);
  });

  test('without any node the list is empty', async () => {
    expect(await list()).toEqual({ result: 'ok', data: { [field]: [] }, tid: 1 });
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
}
