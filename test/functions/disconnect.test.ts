import { expect, test, vi } from 'vitest';
import { handler } from '../../functions/disconnect.ts';
import { services } from '../../lib/command/services.ts';
import { functionsUnderTest, messageEvent } from '../support/functions.ts';

const world = functionsUnderTest();
const disconnect = (connectionId: string) => handler(messageEvent('', { connectionId, eventType: 'DISCONNECT' }));

test('the nodes where the connection owned something are told, and its record is gone', async () => {
  const [one, two, other] = [await world.startNode('n1'), await world.startNode('n2'), await world.startNode('n3')];
  await world.connect('c1', ['n1', 'n2']);
  expect(await disconnect('c1')).toEqual({ statusCode: 200 });
  for (const node of [one, two]) {
    expect(node.requests).toEqual([
      { path: '/v1/connection/gone', body: { request_id: expect.any(String), connection_id: 'c1' } },
    ]);
  }
  expect(other.requests).toEqual([]);
  expect(await world.connections.get('c1')).toBeUndefined();
});

test('a second $disconnect tells nobody', async () => {
  const node = await world.startNode('n1');
  await world.connect('c2', ['n1']);
  await disconnect('c2');
  expect(await disconnect('c2')).toEqual({ statusCode: 200 });
  expect(node.requests).toHaveLength(1);
});

test('a node that cannot be told, or is gone, does not keep the others from being told', async () => {
  const warn = vi.spyOn(services().log, 'warn');
  const [dead, live] = [await world.startNode('a-dead'), await world.startNode('b-live')];
  await dead.stop();
  await world.connect('c3', ['a-dead', 'a-gone', 'b-live']);
  expect(await disconnect('c3')).toEqual({ statusCode: 200 });
  expect(live.requests).toHaveLength(1);
  expect(warn).toHaveBeenCalledTimes(1);
});

test('a connection that owned nothing, or was never known, is no fault', async () => {
  await world.connect('c4');
  expect(await disconnect('c4')).toEqual({ statusCode: 200 });
  expect(await disconnect('nobody')).toEqual({ statusCode: 200 });
});
