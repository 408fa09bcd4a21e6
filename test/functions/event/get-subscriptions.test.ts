import { expect, test } from 'vitest';
import { handler } from '../../../functions/event/get-subscriptions.ts';
import { caller } from '../../support/callers.ts';
import { functionsUnderTest } from '../../support/functions.ts';

const world = functionsUnderTest();
const get = (connectionId: string, data: Record<string, unknown> = {}) =>
  world.send(handler, { class: 'media', subclass: 'event', cmd: 'get_subscriptions', data, tid: 1 }, { connectionId });
const wanted = (obj_id: string) => ({ class: 'media', subclass: 'session', type: '*', obj_id }) as const;

test('answers what was asked for and, of every node, the sessions that are its own, each once', async () => {
  await world.subscriptions.add(caller({ connectionId: 'c1' }), wanted('*'), Date.now());
  await world.subscriptions.add(caller({ connectionId: 'other' }), wanted('theirs'), Date.now());
  (await world.startNode('n1')).answers(() => ({ subscriptions: [wanted('*'), wanted('a')] }));
  (await world.startNode('n2')).answers(() => ({ subscriptions: [wanted('*'), wanted('b')] }));
  expect(await get('c1')).toEqual({
    result: 'ok',
    data: { subscriptions: [wanted('*'), wanted('a'), wanted('b')] },
    tid: 1,
  });
});

test('answers an empty list where there is nothing', async () => {
  expect(await get('c2')).toEqual({ result: 'ok', data: { subscriptions: [] }, tid: 1 });
});

test('passes over a node that cannot be asked', async () => {
  await (await world.startNode('n1')).stop();
  (await world.startNode('n2')).answers(() => ({ subscriptions: [wanted('b')] }));
  expect(await get('c3')).toMatchObject({ data: { subscriptions: [wanted('b')] } });
});

test('takes no data', async () => {
  expect(await get('c4', { subclass: 'session' })).toMatchObject({ data: { reason: 'syntax_error' }, tid: 1 });
});
