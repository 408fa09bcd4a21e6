import { describe, expect, test, vi } from 'vitest';
import { handler } from '../../../functions/event/subscribe.ts';
import { services } from '../../../lib/command/services.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { functionsUnderTest } from '../../support/functions.ts';

const world = functionsUnderTest();
const subscribe = (data: Record<string, unknown>, connectionId = 'connection-1') =>
  world.send(handler, { class: 'media', subclass: 'event', cmd: 'subscribe', data, tid: 1 }, { connectionId });
const everything = { class: 'media', subclass: 'session', type: '*', obj_id: '*' };

test('keeps what is wanted, all of it where nothing is named, and tells every live node', async () => {
  const [one, two] = [await world.startNode('n1'), await world.startNode('n2', { state: 'draining' })];
  const gone = await world.startNode('n3', { state: 'lost' });
  expect(await subscribe({ subclass: 'session' }, 'c1')).toEqual({ result: 'ok', tid: 1 });
  expect(await world.subscriptions.of('c1')).toEqual([everything]);
  for (const node of [one, two]) {
    expect(node.requests).toMatchObject([
      { path: '/v1/event/subscribe', body: { data: everything, caller: { connectionId: 'c1', userId: 'ann' } } },
    ]);
  }
  expect(gone.requests).toEqual([]);
});

test('is kept before any node is told, for one that starts in between', async () => {
  const node = await world.startNode('n1');
  let kept: unknown;
  node.answers(async () => {
    kept = await world.subscriptions.of('c2');
    return {};
  });
  await subscribe({ subclass: 'session', type: 'destroyed', obj_id: 'mine' }, 'c2');
  expect(kept).toEqual([{ ...everything, type: 'destroyed', obj_id: 'mine' }]);
});

describe('a node that cannot be told', () => {
  test('does not keep the others from it, and is in the log', async () => {
    const warn = vi.spyOn(services().log, 'warn');
    const [dead, odd, live] = [await world.startNode('a'), await world.startNode('b'), await world.startNode('c')];
    await dead.stop();
    odd.answers(() => {
      throw new PatchbayError('internal_error');
    });
    expect(await subscribe({ subclass: 'session' }, 'c3')).toEqual({ result: 'ok', tid: 1 });
    expect(live.requests).toHaveLength(1);
    expect(warn.mock.calls.map(([fields]) => fields)).toMatchObject([
      { command: 'event/subscribe' },
      { command: 'event/subscribe' },
    ]);
  });
});

test.each<[Record<string, unknown>, string, string]>([
  [{}, 'missing_field', 'data.subclass is missing'],
  [{ subclass: 'node' }, 'invalid_value', 'data.subclass must be one of session, room'],
  [{ subclass: 'session', class: 'core' }, 'invalid_value', 'data.class'],
  [{ subclass: 'session', type: 'a b' }, 'invalid_value', 'data.type'],
  [{ subclass: 'session', obj_id: '' }, 'invalid_value', 'data.obj_id'],
  [{ subclass: 'session', object: 'x' }, 'syntax_error', 'unknown field data.object'],
])('refuses %j: %s', async (data, reason, words) => {
  const node = await world.startNode('n1');
  expect(await subscribe(data, 'c4')).toMatchObject({ data: { reason, error: expect.stringContaining(words) } });
  expect(node.requests).toEqual([]);
  expect(await world.subscriptions.of('c4')).toEqual([]);
});
