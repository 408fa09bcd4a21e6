import { describe, expect, test, vi } from 'vitest';
import { handler } from '../../../functions/session/create.ts';
import { services } from '../../../lib/command/services.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { drop } from '../../support/fake-node.ts';
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
          placed: { attempt: 1, backends: ['janus', 'freeswitch'], session_id: reply?.data?.session_id },
        },
      },
    ]);
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
