import { describe, expect, test, vi } from 'vitest';
import type { CommandCall } from '../../../lib/command/command.ts';
import { runOnEvery } from '../../../lib/command/every-node.ts';
import { services } from '../../../lib/command/services.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { caller } from '../../support/callers.ts';
import { drop } from '../../support/fake-node.ts';
import { functionsUnderTest } from '../../support/functions.ts';

const world = functionsUnderTest();
const call = (): CommandCall<'event/get_subscriptions'> => ({
  ...services(),
  command: 'event/get_subscriptions',
  caller: caller(),
  data: {},
  requestId: 'request-1',
});
const answers = (obj_id: string) => () => ({ subscriptions: [{ obj_id }] });
const idsOf = (replies: readonly object[]) => replies.map((reply) => Reflect.get(reply, 'subscriptions')[0].obj_id);

test('every live node is asked the same, at the same time, and answers in the order of ids', async () => {
  const [one, two] = [await world.startNode('n1'), await world.startNode('n2', { state: 'draining' })];
  const bothAsked = Promise.withResolvers<void>();
  one.answers(async () => {
    await bothAsked.promise;
    return answers('one')();
  });
  two.answers(() => {
    bothAsked.resolve();
    return answers('two')();
  });
  expect(idsOf(await runOnEvery(call()))).toEqual(['one', 'two']);
  expect(one.requests).toEqual(two.requests);
  expect(one.requests).toMatchObject([
    { path: '/v1/event/get_subscriptions', body: { request_id: 'request-1', caller: caller(), data: {} } },
  ]);
});

test('without a node there are no answers', async () => {
  expect(await runOnEvery(call())).toEqual([]);
});

describe('not asked is a node', () => {
  test.each([
    ['that is lost', { state: 'lost' as const }],
    ['that was not heard of for 2 min', { heartbeatAtMs: Date.now() - 120_000 }],
  ])('%s', async (_, change) => {
    const node = await world.startNode('n1', change);
    (await world.startNode('n2')).answers(answers('live'));
    expect(idsOf(await runOnEvery(call()))).toEqual(['live']);
    expect(node.requests).toEqual([]);
  });
});

describe('passed over, with a line in the log, is a node', () => {
  test('where nobody listens, that drops the connection, or that refuses', async () => {
    const warn = vi.spyOn(services().log, 'warn');
    await (await world.startNode('a')).stop();
    (await world.startNode('b')).answers(() => drop);
    (await world.startNode('c')).answers(() => {
      throw new PatchbayError('internal_error');
    });
    (await world.startNode('d')).answers(answers('live'));
    expect(idsOf(await runOnEvery(call()))).toEqual(['live']);
    expect(warn.mock.calls.map(([, message]) => message)).toEqual(Array(3).fill('node not told'));
  });
});
