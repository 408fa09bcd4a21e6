import { expect, test } from 'vitest';
import { handler } from '../../../functions/event/unsubscribe.ts';
import { caller } from '../../support/callers.ts';
import { functionsUnderTest } from '../../support/functions.ts';

const world = functionsUnderTest();
const unsubscribe = (data: Record<string, unknown>, connectionId: string) =>
  world.send(handler, { class: 'media', subclass: 'event', cmd: 'unsubscribe', data, tid: 1 }, { connectionId });
const wanted = (type: string) => ({ class: 'media', subclass: 'session', type, obj_id: '*' }) as const;

test('takes back what was asked for, and nothing else, and tells every live node', async () => {
  const [one, two] = [await world.startNode('n1'), await world.startNode('n2')];
  for (const type of ['created', 'destroyed']) {
    await world.subscriptions.add(caller({ connectionId: 'c1' }), wanted(type), Date.now());
  }
  expect(await unsubscribe({ subclass: 'session', type: 'created' }, 'c1')).toEqual({ result: 'ok', tid: 1 });
  expect(await world.subscriptions.of('c1')).toEqual([wanted('destroyed')]);
  for (const node of [one, two]) {
    expect(node.requests).toMatchObject([{ path: '/v1/event/unsubscribe', body: { data: wanted('created') } }]);
  }
});

test('of what was never asked for is no error, and a node can start afterwards', async () => {
  const before = await world.subscriptions.all();
  expect(await unsubscribe({ subclass: 'room' }, 'never')).toEqual({ result: 'ok', tid: 1 });
  expect(await world.subscriptions.all()).toEqual(before);
});

test('a node that cannot be told is no error', async () => {
  await (await world.startNode('n1')).stop();
  expect(await unsubscribe({ subclass: 'session' }, 'c2')).toEqual({ result: 'ok', tid: 1 });
});

test('refuses what subscribe refuses', async () => {
  expect(await unsubscribe({}, 'c3')).toMatchObject({ data: { reason: 'missing_field' }, tid: 1 });
});
