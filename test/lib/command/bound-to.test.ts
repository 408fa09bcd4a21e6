import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { handler } from '../../../functions/session/create.ts';
import { services } from '../../../lib/command/services.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { drop, type NodeRequest } from '../../support/fake-node.ts';
import { functionsUnderTest, identity } from '../../support/functions.ts';
import { janusEngine } from '../../support/nodes.ts';
import { roomRecord } from '../../support/rooms.ts';
import { offer } from '../../support/sdp.ts';

/** Peers and masters: test/functions/session/create.test.ts. */
const world = functionsUnderTest();
const create = (data: Record<string, unknown>, authorizer: Record<string, unknown> = identity) =>
  world.send(handler, { cmd: 'create', data, tid: 7 }, { authorizer });
const publish = (data: Record<string, unknown>) => create({ type: 'publish', offer, ...data });
const engines = [janusEngine, { ...janusEngine, kind: 'freeswitch', name: 'freeswitch-1' } as const];
/** Two nodes, the first of which is the one that a new session is placed on. */
async function startNodes() {
  vi.spyOn(services(), 'random').mockReturnValue(0);
  return [await world.startNode('a', { engines }), await world.startNode('b', { engines, load: 90 })] as const;
}
const otherNode = (): never => {
  throw new PatchbayError('different_mediaserver', 'the room is on another node');
};

describe('a listener', () => {
  test('goes to the node of its publisher, however loaded that is', async () => {
    const [a, b] = await startNodes();
    expect(await create({ type: 'listen', publisher_id: `${randomUUID()}@b` })).toMatchObject({ result: 'ok' });
    expect([a.requests.length, b.requests.length]).toEqual([0, 1]);
    expect(b.requests).toMatchObject([{ body: { placed: { session_id: expect.stringMatching(/@b$/), attempt: 1 } } }]);
  });

  test.each(['nobody', `${randomUUID()}@gone`])('of %s, which is nowhere, is invalid_publisher', async (id) => {
    const [a, b] = await startNodes();
    expect(await create({ type: 'listen', publisher: id })).toEqual({
      result: 'error',
      data: { code: 304005, reason: 'invalid_publisher', error: `data.publisher_id: no session ${id}` },
      tid: 7,
    });
    expect([...a.requests, ...b.requests]).toEqual([]);
  });

  test('goes by its publisher, whatever room it names', async () => {
    const [a, b] = await startNodes();
    await create({ type: 'listen', publisher_id: `${randomUUID()}@b`, room_id: `${randomUUID()}@a` });
    expect([a.requests.length, b.requests.length]).toEqual([0, 1]);
  });
});

test.each([
  ['master_id', { master_id: 'x@b', peer_id: 'x@a', publisher_id: 'x@a', room_id: 'x@a' }],
  ['peer_id', { peer_id: 'x@b', publisher_id: 'x@a', room_id: 'x@a' }],
])('of all that a session names, %s counts', async (_, named) => {
  for (const type of ['listen', 'publish', 'mcu']) {
    const [a, b] = await startNodes();
    expect(await create({ type, ...named })).toMatchObject({ result: 'ok' });
    expect([a.requests.length, b.requests.length]).toEqual([0, 1]);
    await a.stop();
    await b.stop();
  }
});

test('a bound session may be of a type that no backend does by itself: that is for the node to judge', async () => {
  const [, b] = await startNodes();
  for (const data of [{ type: 'proxy' }, { type: 'bridge', backend: 'janus' }, { type: 'p2p', backend: 'kurento' }]) {
    expect(await create({ ...data, master_id: 'x@b' })).toMatchObject({ result: 'ok' });
  }
  expect(b.requests).toHaveLength(3);
});

describe.each(['publish', 'mcu'] as const)('a session of type %s', (type) => {
  const join = (data: Record<string, unknown>, authorizer?: Record<string, unknown>) =>
    create({ type, offer, ...data }, authorizer);

  test.each([
    ['in the id', `${randomUUID()}@b`],
    ['in the record', `lobby-${type}`],
  ])('goes to the node of its room: %s', async (_, room_id) => {
    const [a, b] = await startNodes();
    await world.rooms.claim(roomRecord(`lobby-${type}`, 'b'), 9e9);
    expect(await join({ room_id })).toMatchObject({ result: 'ok' });
    expect([a.requests.length, b.requests.length]).toEqual([0, 1]);
  });

  test('without a room goes anywhere: the node makes one', async () => {
    const [a] = await startNodes();
    expect(await join({})).toMatchObject({ result: 'ok' });
    expect(a.requests).toHaveLength(1);
  });

  test('with create_room and a room that is not there goes anywhere', async () => {
    const [a] = await startNodes();
    expect(await join({ room_id: 'new', create_room: true })).toMatchObject({ result: 'ok' });
    expect(a.requests).toMatchObject([{ body: { data: { room_id: 'new' }, placed: { attempt: 1 } } }]);
  });

  test('is room_not_found for an id that a server made, of a node that is gone: it is not made again', async () => {
    const [a, b] = await startNodes();
    const room_id = `${randomUUID()}@gone`;
    expect(await join({ room_id, create_room: true })).toMatchObject({
      data: { reason: 'room_not_found', error: `no room ${room_id}` },
    });
    expect([...a.requests, ...b.requests]).toEqual([]);
  });

  test('may use only the rooms that its token names, and has to name one', async () => {
    const [a, b] = await startNodes();
    const claim = { ...identity, rooms: `attic-${type}` };
    expect(await join({ room_id: `${randomUUID()}@b` }, claim)).toMatchObject({ data: { reason: 'unauthorized' } });
    expect(await join({}, claim)).toMatchObject({
      data: { reason: 'unauthorized', error: expect.stringContaining('data.room_id') },
    });
    expect([...a.requests, ...b.requests]).toEqual([]);
    expect(await join({ room_id: `attic-${type}`, create_room: true }, claim)).toMatchObject({ result: 'ok' });
  });

  test('whose room another node makes meanwhile goes there, as the next attempt', async () => {
    const [a, b] = await startNodes();
    const room_id = `rush-${type}`;
    a.answers(async () => {
      await world.rooms.claim(roomRecord(room_id, 'b'), 9e9);
      otherNode();
    });
    b.answers(({ body }) => ({ session_id: Reflect.get(Object(body.placed), 'session_id') }));
    expect(await join({ room_id, create_room: true })).toMatchObject({
      result: 'ok',
      data: { session_id: expect.stringMatching(/@b$/) },
    });
    expect([a, b].map(({ requests }) => requests.map(({ body }) => Object(body.placed).attempt))).toEqual([[1], [2]]);
  });
});

test('mcu makes its room by joining, without create_room; publish does not: room_not_found', async () => {
  const [a] = await startNodes();
  expect(await publish({ room_id: 'nowhere' })).toEqual({
    result: 'error',
    data: { code: 304001, reason: 'room_not_found', error: 'no room nowhere' },
    tid: 7,
  });
  expect(a.requests).toEqual([]);
  expect(await create({ type: 'mcu', room_id: 'nowhere' })).toMatchObject({ result: 'ok' });
  expect(a.requests).toHaveLength(1);
});

test('a room that a session of another type names binds it to nothing', async () => {
  const [a, b] = await startNodes();
  await create({ type: 'echo', offer, room_id: `${randomUUID()}@b` });
  expect([a.requests.length, b.requests.length]).toEqual([1, 0]);
});

describe('different_mediaserver', () => {
  const raced = (room_id: string) => ({ room_id, create_room: true });
  const refused = { data: { reason: 'different_mediaserver', error: 'the room is on another node' }, tid: 7 };

  test('is the reply where the room is nowhere after all', async () => {
    const [a, b] = await startNodes();
    a.answers(otherNode);
    expect(await publish(raced('vanished'))).toMatchObject(refused);
    expect([a.requests.length, b.requests.length]).toEqual([1, 0]);
  });

  test('is the reply where the room was there from the start: its node is the right one', async () => {
    const [a, b] = await startNodes();
    await world.rooms.claim(roomRecord('moved', 'b'), 9e9);
    b.answers(otherNode);
    expect(await publish(raced('moved'))).toMatchObject(refused);
    expect([a.requests.length, b.requests.length]).toEqual([0, 1]);
  });

  test('of the node that the record names is the reply: asked again it would say the same', async () => {
    const [a] = await startNodes();
    a.answers(async () => {
      await world.rooms.claim(roomRecord('self', 'a'), 9e9);
      otherNode();
    });
    expect(await publish(raced('self'))).toMatchObject(refused);
    expect(a.requests).toHaveLength(1);
  });

  test('is followed once: what the second node says is the reply', async () => {
    const [a, b] = await startNodes();
    const c = await world.startNode('c', { engines });
    a.answers(async () => {
      await world.rooms.claim(roomRecord('hot', 'b'), 9e9);
      otherNode();
    });
    b.answers(() => {
      throw new PatchbayError('no_mediaserver', 'this node is full');
    });
    expect(await publish(raced('hot'))).toMatchObject({
      data: { reason: 'no_mediaserver', error: 'this node is full' },
    });
    expect([a, b, c].map(({ requests }) => requests.length)).toEqual([1, 1, 0]);
  });

  test('of a node asked after one that was fenced off is followed to a third, past the fence', async () => {
    vi.spyOn(services(), 'random').mockReturnValue(0);
    const [late, second, winner] = [await world.startNode('a'), await world.startNode('b'), await world.startNode('c')];
    late.answers(() => drop);
    second.answers(async () => {
      await world.rooms.claim(roomRecord('fenced', 'c'), 9e9);
      otherNode();
    });
    const accept = async ({ body }: NodeRequest) => {
      const { session_id, attempt } = Object(body.placed);
      const place = { tenant: 'acme', sessionId: session_id, nodeId: 'c', attempt, requestId: String(body.request_id) };
      const owner = { userId: 'ann', connectionId: 'connection-1', createdAt: '' };
      expect(await world.sessions.claim({ ...place, ...owner, type: 'publish', state: 'wait' }, 9e9)).toBe(true);
      return { session_id };
    };
    winner.answers(accept);
    expect(await publish({ ...raced('fenced'), session_id: 'mine' })).toMatchObject({ data: { session_id: 'mine' } });
    expect(winner.requests).toMatchObject([{ body: { placed: { attempt: 3 } } }]);
  });

  test('is the reply where the room is on a node that was passed over: that keeps what it said', async () => {
    vi.spyOn(services(), 'random').mockReturnValue(0);
    const [late, second] = [await world.startNode('a'), await world.startNode('b')];
    late.answers(async () => {
      await world.rooms.claim(roomRecord('early', 'a'), 9e9);
      return drop;
    });
    second.answers(otherNode);
    expect(await publish(raced('early'))).toMatchObject(refused);
    expect([late.requests.length, second.requests.length]).toEqual([2, 1]);
  });
});
