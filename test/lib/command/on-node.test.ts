import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { handler as getRoomInfo } from '../../../functions/room/get-info.ts';
import { handler } from '../../../functions/session/get-info.ts';
import { services } from '../../../lib/command/services.ts';
import type { SessionRecord } from '../../../lib/store/sessions.ts';
import { functionsUnderTest, identity } from '../../support/functions.ts';
import { roomRecord } from '../../support/rooms.ts';

const world = functionsUnderTest();
const info = (session_id?: string, change = {}) =>
  world.send(handler, { cmd: 'get_info', data: session_id === undefined ? {} : { session_id }, tid: 1 }, change);
const record = (sessionId: string, nodeId: string, tenant = 'acme'): SessionRecord => ({
  tenant,
  sessionId,
  nodeId,
  attempt: 1,
  requestId: 'request-1',
  userId: 'ann',
  connectionId: 'connection-1',
  type: 'echo',
  state: 'ready',
  createdAt: '',
});

describe('the node of a session', () => {
  test('is in an id that the server made: no record is read', async () => {
    const node = await world.startNode('ip-10-0-1-23.ec2.internal');
    node.answers(() => ({ state: 'ready' }));
    const get = vi.spyOn(services().sessions, 'get');
    const id = `${randomUUID()}@ip-10-0-1-23.ec2.internal`;
    expect(await info(id)).toEqual({ result: 'ok', data: { state: 'ready' }, tid: 1 });
    expect(node.requests).toMatchObject([{ path: '/v1/session/get_info', body: { data: { session_id: id } } }]);
    expect(get).not.toHaveBeenCalled();
  });

  test("is in the record of a client's id, within the caller's tenant", async () => {
    const [one, two] = [await world.startNode('n1'), await world.startNode('n2')];
    await world.sessions.claim(record('room-1', 'n1'), 9e9);
    await world.sessions.claim(record('room-1', 'n2', 'globex'), 9e9);
    await info('room-1');
    expect([one.requests.length, two.requests.length]).toEqual([1, 0]);
    await info('room-1', { authorizer: { ...identity, tenant: 'globex' } });
    expect([one.requests.length, two.requests.length]).toEqual([1, 1]);
  });

  test("is the connection's only one where no session is named", async () => {
    const node = await world.startNode('n1');
    await world.connect('mine', ['n1']);
    expect(await info(undefined, { connectionId: 'mine' })).toMatchObject({ result: 'ok' });
    expect(node.requests[0]?.body).toMatchObject({ data: {}, caller: { connectionId: 'mine' } });
  });
});

describe('a session that is not born yet', () => {
  test('is waited for where the client chose its id: the command may have overtaken its create', async () => {
    const node = await world.startNode('n1');
    const asking = info('being-born');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await world.sessions.claim(record('being-born', 'n1'), 9e9);
    expect(await asking).toMatchObject({ result: 'ok' });
    expect(node.requests).toHaveLength(1);
  });

  test('is waited for half a second, not longer', async () => {
    const startedAt = Date.now();
    expect(await info('never-born')).toMatchObject({ data: { reason: 'session_not_found' } });
    const ms = Date.now() - startedAt;
    expect(ms).toBeGreaterThanOrEqual(495);
    expect(ms).toBeLessThan(1500);
  });

  test('is not waited for where the server made its id: nobody knows that before its reply', async () => {
    const startedAt = Date.now();
    expect(await info(`${randomUUID()}@gone`)).toMatchObject({ data: { reason: 'session_not_found' } });
    expect(Date.now() - startedAt).toBeLessThan(400);
  });

  test('and only fenced so far is not there', async () => {
    await world.startNode('n1');
    await world.sessions.fence({ tenant: 'acme', sessionId: 'fenced' }, 2, 'request-1', 9e9);
    expect(await info('fenced')).toMatchObject({ data: { reason: 'session_not_found' } });
  });
});

describe('session_not_found is a session', () => {
  test.each(['nobody', `${randomUUID()}@gone`])('without a node: %s', async (id) => {
    expect(await info(id)).toMatchObject({ data: { reason: 'session_not_found', error: `no session ${id}` } });
  });

  test('of another tenant', async () => {
    const node = await world.startNode('n1');
    await world.sessions.claim(record('theirs', 'n1', 'globex'), 9e9);
    expect(await info('theirs')).toMatchObject({ data: { reason: 'session_not_found' } });
    expect(node.requests).toEqual([]);
  });
});

describe('missing_field is a session that is not named', () => {
  test('on a connection that owns nothing, or has no record', async () => {
    await world.connect('idle');
    for (const connectionId of ['idle', 'nobody']) {
      expect(await info(undefined, { connectionId })).toMatchObject({
        data: { reason: 'missing_field', error: 'data.session_id is missing' },
      });
    }
  });

  test('on a connection with sessions on several nodes', async () => {
    await world.connect('both', ['n1', 'n2']);
    expect(await info(undefined, { connectionId: 'both' })).toMatchObject({
      data: { reason: 'missing_field', error: expect.stringContaining('on several nodes') },
    });
  });
});

describe('the node of a room', () => {
  const roomInfo = (room_id: string) =>
    world.send(getRoomInfo, { subclass: 'room', cmd: 'get_info', data: { room_id }, tid: 1 });

  test('is in an id that the server made: no record is read', async () => {
    const node = await world.startNode('ip-10-0-1-23.ec2.internal');
    const get = vi.spyOn(services().rooms, 'get');
    expect(await roomInfo(`${randomUUID()}@ip-10-0-1-23.ec2.internal`)).toMatchObject({ result: 'ok' });
    expect(node.requests).toHaveLength(1);
    expect(get).not.toHaveBeenCalled();
  });

  test("is in the room's record, which is read once: a room that is yet to be made is not waited for", async () => {
    const node = await world.startNode('n1');
    await world.rooms.claim(roomRecord('den', 'n1'), 9e9);
    const get = vi.spyOn(services().rooms, 'get');
    expect(await roomInfo('den')).toMatchObject({ result: 'ok' });
    expect(await roomInfo('never-made')).toMatchObject({ data: { reason: 'room_not_found' } });
    expect(get).toHaveBeenCalledTimes(2);
    expect(node.requests).toHaveLength(1);
  });

  test('is not that of a session of the same id', async () => {
    const node = await world.startNode('n1');
    await world.sessions.claim(record('both', 'n1'), 9e9);
    expect(await roomInfo('both')).toMatchObject({ data: { reason: 'room_not_found', error: 'no room both' } });
    expect(node.requests).toEqual([]);
  });

  test('that is gone has taken the room with it: room_not_found', async () => {
    await world.rooms.claim(roomRecord('left-behind', 'gone'), 9e9);
    expect(await roomInfo('left-behind')).toMatchObject({ data: { reason: 'room_not_found' } });
  });
});

test('each request has an id of its own, and the caller goes along', async () => {
  const node = await world.startNode('n1');
  await info(`${randomUUID()}@n1`);
  await info(`${randomUUID()}@n1`);
  const ids = node.requests.map(({ body }) => body.request_id);
  expect(new Set(ids).size).toBe(2);
  expect(node.requests[0]?.body.caller).toEqual({
    tenant: 'acme',
    userId: 'ann',
    scopes: ['media:session'],
    connectionId: 'connection-1',
    batch: false,
  });
});
