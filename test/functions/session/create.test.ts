import { describe, expect, test, vi } from 'vitest';
import { handler } from '../../../functions/session/create.ts';
import { services } from '../../../lib/command/services.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import type { SessionRecord } from '../../../lib/store/sessions.ts';
import { drop, hang, type NodeRequest } from '../../support/fake-node.ts';
import { functionsUnderTest } from '../../support/functions.ts';
import { answer, offer } from '../../support/sdp.ts';

const world = functionsUnderTest();
const create = (data: Record<string, unknown> = { type: 'echo', offer }, cmd = 'create') =>
  world.send(handler, { class: 'media', subclass: 'session', cmd, data, tid: 7 });
/** The first of the two nodes drawn: a draw of 0 begins with the first in the order of ids. */
const drawFirst = () => vi.spyOn(services(), 'random').mockReturnValue(0);

describe('a session', () => {
  test('is started on a node with a fitting engine, by an id that names it', async () => {
    const node = await world.startNode('n1');
    node.answers(({ body }) => ({ session_id: Reflect.get(Object(body.placed), 'session_id'), answer }));
    const reply = await create();
    expect(reply).toEqual({
      result: 'ok',
      data: { session_id: expect.stringMatching(/^[0-9a-f-]{36}@n1$/), answer },
      tid: 7,
    });
    expect(node.requests).toMatchObject([
      {
        path: '/v1/session/create',
        body: {
          request_id: expect.any(String),
          caller: { tenant: 'acme', userId: 'ann' },
          data: { type: 'echo', offer, wait_timeout: 60 },
        },
      },
    ]);
    // What it can be made with, the node reads from the data.
    expect(node.requests[0]?.body.placed).toEqual({ attempt: 1, session_id: reply?.data?.session_id });
  });

  test("keeps the client's id", async () => {
    const node = await world.startNode('n1');
    await create({ type: 'echo', offer, session_id: 'mine' });
    expect(node.requests[0]?.body).toMatchObject({ placed: { session_id: 'mine', attempt: 1 } });
  });

  test('is started by the older name, too', async () => {
    const node = await world.startNode('n1');
    expect(await create({ type: 'echo', offer }, 'start')).toMatchObject({ result: 'ok' });
    expect(node.requests).toHaveLength(1);
  });

  test('goes to the less loaded of two nodes', async () => {
    const busy = await world.startNode('busy', { load: 90 });
    const idle = await world.startNode('idle', { load: 1 });
    await create();
    expect([busy.requests.length, idle.requests.length]).toEqual([0, 1]);
  });
});

describe('a node that cannot be reached', () => {
  test('is passed over: the next one gets the session, as the second attempt, by an id that names it', async () => {
    drawFirst();
    const [dead, live] = [await world.startNode('a-dead'), await world.startNode('b-live', { load: 50 })];
    await dead.stop();
    live.answers(({ body }) => ({ session_id: Reflect.get(Object(body.placed), 'session_id') }));
    expect(await create()).toMatchObject({ result: 'ok', data: { session_id: expect.stringMatching(/@b-live$/) } });
    expect(live.requests[0]?.body).toMatchObject({ placed: { attempt: 2 } });
  });

  test('is passed over when it drops the connection twice', async () => {
    drawFirst();
    const [dead, live] = [await world.startNode('a-dead'), await world.startNode('b-live', { load: 50 })];
    dead.answers(() => drop);
    expect(await create()).toMatchObject({ result: 'ok' });
    expect([dead.requests.length, live.requests.length]).toEqual([2, 1]);
  });

  test('and is the last one: no_mediaserver', async () => {
    const dead = await world.startNode('n1');
    await dead.stop();
    expect(await create()).toMatchObject({ result: 'error', data: { code: 300001, reason: 'no_mediaserver' }, tid: 7 });
  });
});

/** What a node writes when it accepts a create. */
function accepted({ body }: NodeRequest, nodeId: string): SessionRecord {
  const { session_id, attempt } = Object(body.placed);
  return {
    tenant: 'acme',
    sessionId: session_id,
    nodeId,
    attempt,
    requestId: String(body.request_id),
    userId: 'ann',
    connectionId: 'connection-1',
    type: 'echo',
    state: 'wait',
    createdAt: '',
  };
}
/** A node that accepts a create as it should, and is refused where the create went elsewhere. */
const accepts = (nodeId: string) => async (request: NodeRequest) => {
  const record = accepted(request, nodeId);
  if (await world.sessions.claim(record, 9e9)) return { session_id: record.sessionId };
  throw new PatchbayError('duplicated_session_id', `a session ${record.sessionId} is alive`);
};
const mine = (session_id: string) => ({ type: 'echo', offer, session_id });

describe('a node that may have heard of the create, but does not answer', () => {
  test('is fenced off before the next one is asked: what it accepts later is not alive', async () => {
    drawFirst();
    const [late, live] = [await world.startNode('a-late'), await world.startNode('b-live')];
    late.answers(() => drop);
    live.answers(accepts('b-live'));
    expect(await create(mine('late'))).toMatchObject({ result: 'ok', data: { session_id: 'late' } });
    expect(await world.sessions.get({ tenant: 'acme', sessionId: 'late' })).toMatchObject({
      nodeId: 'b-live',
      attempt: 2,
    });
    const [heard] = late.requests;
    if (!heard) throw new Error('the late node heard nothing');
    expect(await world.sessions.claim(accepted(heard, 'a-late'), 9e9)).toBe(false);
  });

  test('is fenced off by the id that it was given, where the server makes one for each attempt', async () => {
    drawFirst();
    const [late, live] = [await world.startNode('a-late'), await world.startNode('b-live')];
    late.answers(() => drop);
    live.answers(accepts('b-live'));
    expect(await create()).toMatchObject({ result: 'ok', data: { session_id: expect.stringMatching(/@b-live$/) } });
    const [heard] = late.requests;
    if (!heard) throw new Error('the late node heard nothing');
    expect(await world.sessions.claim(accepted(heard, 'a-late'), 9e9)).toBe(false);
  });

  test('but has accepted it, is asked again what came of it, by the same request id; no other is asked', async () => {
    drawFirst();
    const [first, second] = [await world.startNode('a'), await world.startNode('b')];
    let asked = 0;
    first.answers(async (request) => {
      asked += 1;
      if (asked === 1) await world.sessions.claim(accepted(request, 'a'), 9e9);
      return asked < 3 ? drop : { session_id: 'mine', answer };
    });
    expect(await create(mine('mine'))).toEqual({ result: 'ok', data: { session_id: 'mine', answer }, tid: 7 });
    expect(new Set(first.requests.map(({ body }) => body.request_id)).size).toBe(1);
    expect(first.requests).toHaveLength(3);
    expect(second.requests).toEqual([]);
  });

  test('is given up after 4 s, but not once it has said that it carries it out', async () => {
    drawFirst();
    const [slow, live] = [await world.startNode('a-slow'), await world.startNode('b-live')];
    slow.answers(async (request, accept) => {
      if (Object(request.body.placed).session_id === 'unaccepted') return hang;
      accept();
      await new Promise((resolve) => setTimeout(resolve, 4300));
      return { session_id: 'accepted' };
    });
    live.answers(accepts('b-live'));
    const startedAt = Date.now();
    const [given, waited] = await Promise.all([create(mine('unaccepted')), create(mine('accepted'))]);
    expect(Date.now() - startedAt).toBeLessThan(7000);
    expect([given, waited]).toMatchObject([
      { data: { session_id: 'unaccepted' } },
      { data: { session_id: 'accepted' } },
    ]);
    expect(slow.requests).toHaveLength(2);
    expect(live.requests).toMatchObject([{ body: { placed: { session_id: 'unaccepted', attempt: 2 } } }]);
  });

  test('and then one that was full, or is away, keep the third from nothing', async () => {
    drawFirst();
    const [late, full, away, live] = [
      await world.startNode('a-late'),
      await world.startNode('b-full'),
      await world.startNode('c-away'),
      await world.startNode('d-live'),
    ];
    late.answers(() => drop);
    full.answers(() => {
      throw new PatchbayError('no_mediaserver', 'this node is full');
    });
    await away.stop();
    live.answers(accepts('d-live'));
    expect(await create(mine('fourth'))).toMatchObject({ result: 'ok', data: { session_id: 'fourth' } });
    expect(live.requests).toMatchObject([{ body: { placed: { attempt: 4 } } }]);
  });

  test('and was the only one, leaves the id free for the next create', async () => {
    const node = await world.startNode('n1');
    node.answers(() => drop);
    expect(await create(mine('again'))).toMatchObject({ data: { reason: 'no_mediaserver' } });
    node.answers(accepts('n1'));
    expect(await create(mine('again'))).toMatchObject({ result: 'ok', data: { session_id: 'again' } });
  });
});

describe('a node that takes no more', () => {
  test.each(['no_mediaserver', 'node_draining'] as const)('and says %s is passed over', async (reason) => {
    drawFirst();
    const [full, live] = [await world.startNode('a-full'), await world.startNode('b-live', { load: 50 })];
    full.answers(() => {
      throw new PatchbayError(reason);
    });
    expect(await create(mine(`past-${reason}`))).toMatchObject({ result: 'ok' });
    expect([full.requests.length, live.requests.length]).toEqual([1, 1]);
    expect(live.requests[0]?.body).toMatchObject({ placed: { attempt: 2 } });
  });

  test('and was the last: no_mediaserver with retry_after', async () => {
    (await world.startNode('n1')).answers(() => {
      throw new PatchbayError('node_draining');
    });
    expect(await create()).toMatchObject({
      data: { reason: 'no_mediaserver', retry_after: expect.any(Number) },
      tid: 7,
    });
  });
});

describe('a session that names another one', () => {
  const slave = (data: Record<string, unknown>) => create({ type: 'p2p', ...data });

  test.each(['master_id', 'peer_id'])('by %s goes to the node of that one, however loaded that is', async (field) => {
    const [busy, idle] = [await world.startNode('busy', { load: 99 }), await world.startNode('idle')];
    await slave({ [field]: '6b0cc2c4-9b7e-4a41-8f3b-0a3d7f2b9a10@busy' });
    expect([busy.requests.length, idle.requests.length]).toEqual([1, 0]);
    expect(busy.requests[0]?.body).toMatchObject({
      placed: { session_id: expect.stringMatching(/@busy$/), attempt: 1 },
    });
  });

  test("by a client's id, which may still be on its way, goes where its record says", async () => {
    const [, node] = [await world.startNode('n1'), await world.startNode('n2', { load: 99 })];
    const sending = slave({ master_id: 'chosen-master' });
    await new Promise((resolve) => setTimeout(resolve, 150));
    const request = { path: '', body: { request_id: 'r', placed: { session_id: 'chosen-master', attempt: 1 } } };
    await world.sessions.claim(accepted(request, 'n2'), 9e9);
    expect(await sending).toMatchObject({ result: 'ok' });
    expect(node.requests).toHaveLength(1);
  });

  test('that is nowhere is unknown_peer, which names the field', async () => {
    const node = await world.startNode('n1');
    const named = ['master_id', 'peer_id'].flatMap((field) =>
      ['nobody', '6b0cc2c4-9b7e-4a41-8f3b-0a3d7f2b9a10@gone'].map((id) => [field, id] as const),
    );
    const replies = await Promise.all(named.map(([field, id]) => slave({ [field]: id })));
    expect(replies).toMatchObject(
      named.map(([field, id]) => ({
        data: { code: 100071, reason: 'unknown_peer', error: `data.${field}: no session ${id}` },
      })),
    );
    expect(node.requests).toEqual([]);
  });

  test('is refused as that node refuses: no other could take it', async () => {
    const [full, other] = [await world.startNode('full'), await world.startNode('other')];
    full.answers(() => {
      throw new PatchbayError('no_mediaserver', 'this node is full');
    });
    expect(await slave({ master_id: 'x@full' })).toMatchObject({
      data: { reason: 'no_mediaserver', error: 'this node is full' },
    });
    await full.stop();
    expect(await slave({ master_id: 'x@full' })).toMatchObject({ data: { reason: 'timeout', retry_after: 1 } });
    expect(other.requests).toEqual([]);
  });
});

describe('an error', () => {
  test('of the node is the reply, and no other node is asked', async () => {
    drawFirst();
    const [first, second] = [await world.startNode('a'), await world.startNode('b', { load: 50 })];
    first.answers(() => {
      throw new PatchbayError('duplicated_session_id', 'a session mine is alive');
    });
    expect(await create({ type: 'echo', offer, session_id: 'mine' })).toMatchObject({
      data: { code: 100034, error: 'a session mine is alive' },
    });
    expect(second.requests).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['no node with the backend', { type: 'mcu', offer }, 'no_mediaserver'],
    ['a backend that cannot do it', { type: 'mcu', offer, backend: 'janus' }, 'incompatible_session'],
    ['no offer where one is needed', { type: 'publish' }, 'incompatible_session'],
    ['an unknown backend', { type: 'echo', offer, backend: 'kurento' }, 'unknown_backend'],
    ['an id with a node', { type: 'echo', offer, session_id: 'a@b' }, 'invalid_value'],
    ['no type', { offer }, 'missing_field'],
    ['an empty SDP', { type: 'echo', offer: {} }, 'missing_sdp'],
  ])('for %s comes before any node is asked', async (_, data, reason) => {
    const node = await world.startNode('n1');
    expect(await create(data)).toMatchObject({ result: 'error', data: { reason }, tid: 7 });
    expect(node.requests).toEqual([]);
  });
});
