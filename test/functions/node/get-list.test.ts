import { expect, test } from 'vitest';
import { handler } from '../../../functions/node/get-list.ts';
import { functionsUnderTest, identity } from '../../support/functions.ts';
import { janusEngine } from '../../support/nodes.ts';

const world = functionsUnderTest();
const list = (scope: string, data: Record<string, unknown> = {}) =>
  world.send(
    handler,
    { class: 'media', subclass: 'node', cmd: 'get_list', data, tid: 1 },
    { authorizer: { ...identity, scope } },
  );

test('tells an administrator of every node: state, engines, load, capacity, and never where it is called', async () => {
  const heartbeatAtMs = Date.now();
  await world.startNode('n1', { load: 7, heartbeatAtMs });
  await world.startNode('n2', {
    state: 'draining',
    engines: [{ ...janusEngine, up: false, sessions: 3 }],
    heartbeatAtMs,
  });
  await world.startNode('n3', { state: 'lost', engines: [], heartbeatAtMs });
  const shared = { release: 'test', capacity: 100, heartbeat_at: new Date(heartbeatAtMs).toISOString() };
  const reply = await list('media:admin');
  expect(reply).toEqual({
    result: 'ok',
    data: {
      nodes: [
        { ...shared, node_id: 'n1', state: 'up', engines: [janusEngine], load: 7 },
        { ...shared, node_id: 'n2', state: 'draining', engines: [{ ...janusEngine, up: false, sessions: 3 }], load: 0 },
        { ...shared, node_id: 'n3', state: 'lost', engines: [], load: 0 },
      ],
    },
    tid: 1,
  });
  expect(JSON.stringify(reply)).not.toContain('127.0.0.1');
});

test('asks no node', async () => {
  const node = await world.startNode('n1');
  await list('media:admin');
  expect(node.requests).toEqual([]);
});

test('is empty where no node is', async () => {
  expect(await list('media:admin')).toMatchObject({ result: 'ok', data: { nodes: [] } });
});

test.each(['media:session', 'media:session media:room media:rtp', ''])(
  'is unauthorized with the scope %j',
  async (scope) => {
    expect(await list(scope)).toEqual({
      result: 'error',
      data: { code: 100030, reason: 'unauthorized', error: 'this needs the scope media:admin' },
      tid: 1,
    });
  },
);

test('takes no data', async () => {
  expect(await list('media:admin', { state: 'up' })).toMatchObject({ data: { reason: 'syntax_error' } });
});
