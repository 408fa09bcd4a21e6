import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NodeClient, NodeUnreachable, type Patience } from '../../../lib/command/node-client.ts';
import { NodeDirectory } from '../../../lib/command/node-directory.ts';
import { systemClock } from '../../../lib/domain/clock.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { NodeStore } from '../../../lib/store/nodes.ts';
import { openTable } from '../../../lib/store/table.ts';
import { reason, rejection } from '../../support/errors.ts';
import { drop, type FakeNode, hang, startFakeNode } from '../../support/fake-node.ts';
import { node } from '../../support/nodes.ts';

let fake: FakeNode;
let client: NodeClient;
let keys: string[];
const store = new NodeStore(openTable('none', 'http://127.0.0.1:1'));
beforeEach(async () => {
  keys = ['key'];
  vi.spyOn(store, 'getKeys').mockImplementation(async () => keys);
  fake = await startFakeNode(['key']);
  client = new NodeClient(new NodeDirectory(store, systemClock), systemClock);
});
afterEach(() => fake.stop());

const post = (body: unknown = { request_id: 'r1' }, patience: Patience = { resultMs: 2000 }) =>
  client.post(node('n1', { url: fake.url }), '/v1/session/get_info', body, patience);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const heard = () => fake.requests.map(({ body }) => body.request_id);
/** The first requests are answered so, later ones with `ok`. */
const first = (...results: unknown[]) => fake.answers(() => results.shift() ?? { ok: true });
async function unreachable(work: Promise<unknown>): Promise<NodeUnreachable> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof NodeUnreachable) return error;
  throw error ?? new Error('nothing was thrown');
}

describe('a call', () => {
  test('is signed, and returns what the node answers', async () => {
    fake.answers(({ path, body }) => ({ path, body }));
    expect(await post({ request_id: 'r1', data: { text: 'häl"lo' } })).toEqual({
      path: '/v1/session/get_info',
      body: { request_id: 'r1', data: { text: 'häl"lo' } },
    });
  });

  test('goes over the connection of the call before', async () => {
    for (const id of ['a', 'b', 'c']) await post({ request_id: id });
    expect(fake.sockets).toBe(1);
  });

  test('reads the key once', async () => {
    await Promise.all([post(), post(), post()]);
    expect(store.getKeys).toHaveBeenCalledTimes(1);
  });

  test("throws the node's refusal as it was, its retry_after too", async () => {
    fake.answers(() => {
      throw new PatchbayError('no_mediaserver', 'janus is down on this node', { retryAfterSeconds: 2 });
    });
    expect(await rejection(post())).toMatchObject({
      ...reason('no_mediaserver'),
      message: 'janus is down on this node',
      retryAfterSeconds: 2,
    });
    expect(heard()).toEqual(['r1']);
  });

  test('that is answered with something else is a fault that names the node', async () => {
    fake.answers(() => {
      throw new TypeError('odd');
    });
    await expect(post()).rejects.toThrow('node n1 answered 500');
  });
});

describe('tried once more', () => {
  test('is a call whose key was refused, with the new key', async () => {
    await post({ request_id: 'before' });
    fake.takes(['fresh']);
    keys = ['fresh', 'key'];
    expect(await post({ request_id: 'after' })).toEqual({});
    expect(heard()).toEqual(['before', 'after']);
    expect(store.getKeys).toHaveBeenCalledTimes(2);
  });

  test('is a call on a socket that the node closed, with the same request_id', async () => {
    first(drop);
    expect(await post({ request_id: 'once' })).toEqual({ ok: true });
    expect(heard()).toEqual(['once', 'once']);
  });

  test('is a call on a kept connection that died while it was idle', async () => {
    await post({ request_id: 'a' });
    fake.closeIdle();
    expect(await post({ request_id: 'b' })).toEqual({});
    expect(heard()).toEqual(['a', 'b']);
  });

  test('is a call only once: then the node is unreachable', async () => {
    first(drop, drop);
    expect((await unreachable(post())).nodeId).toBe('n1');
    expect(heard()).toEqual(['r1', 'r1']);
  });
});

describe('a node that says that it carries the request out', () => {
  const slow = (acceptAfterMs: number, resultAfterMs: number) =>
    fake.answers(async ({ body }, accept) => {
      await sleep(acceptAfterMs);
      accept();
      await sleep(resultAfterMs);
      return { done: body.request_id };
    });

  test('may take longer for its result than for that', async () => {
    slow(0, 400);
    expect(await post(undefined, { acceptMs: 100, resultMs: 2000 })).toEqual({ done: 'r1' });
    expect(heard()).toEqual(['r1']);
  });

  test('may have its result before it must say so', async () => {
    expect(await post(undefined, { acceptMs: 1000, resultMs: 2000 })).toEqual({});
  });

  test('may refuse later on', async () => {
    fake.answers(async (_, accept) => {
      accept();
      await sleep(200);
      throw new PatchbayError('janus_error', 'no');
    });
    expect(await rejection(post(undefined, { acceptMs: 100, resultMs: 2000 }))).toMatchObject(reason('janus_error'));
  });

  test('is not hurried by the connection that it shares with others', async () => {
    slow(0, 300);
    const patience = { acceptMs: 100, resultMs: 2000 };
    const results = await Promise.all(['a', 'b', 'c'].map((request_id) => post({ request_id }, patience)));
    expect(results).toEqual([{ done: 'a' }, { done: 'b' }, { done: 'c' }]);
  });
});

describe('unreachable is a node', () => {
  test('that does not answer in time, without a second try', async () => {
    first(hang, hang);
    const startedAt = Date.now();
    expect(await unreachable(post(undefined, { resultMs: 150 }))).toMatchObject({ nodeId: 'n1', unheard: false });
    expect(Date.now() - startedAt).toBeLessThan(1000);
    expect(heard()).toEqual(['r1']);
  });

  test('that does not say in time that it carries the request out, however long a result may take', async () => {
    first(hang);
    const startedAt = Date.now();
    const error = await unreachable(post(undefined, { acceptMs: 100, resultMs: 5000 }));
    expect(error).toMatchObject({ nodeId: 'n1', unheard: false });
    expect(Date.now() - startedAt).toBeLessThan(1000);
    expect(heard()).toEqual(['r1']);
  });

  test('that says that it carries the request out, but has no result in time', async () => {
    fake.answers((_, accept) => {
      accept();
      return hang;
    });
    const startedAt = Date.now();
    await unreachable(post(undefined, { acceptMs: 100, resultMs: 400 }));
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(395);
  });

  test('where nobody listens', async () => {
    await fake.stop();
    expect((await unreachable(post())).message).toBe('node n1 does not answer');
  });

  test('that cannot have heard of the request where nobody listens, and may have in every other case', async () => {
    first(drop, drop, hang);
    expect((await unreachable(post())).unheard).toBe(false);
    expect((await unreachable(post(undefined, { resultMs: 50 }))).unheard).toBe(false);
    await fake.stop();
    expect((await unreachable(post())).unheard).toBe(true);
  });

  test('that has no key, and its key is looked for again the next time', async () => {
    keys = [];
    await unreachable(post());
    keys = ['key'];
    expect(await post()).toEqual({});
  });
});
