import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { handler } from '../../functions/default.ts';
import { functionsUnderTest, lambdaContext, messageEvent } from '../support/functions.ts';
import { offer } from '../support/sdp.ts';

const world = functionsUnderTest();
const send = (message: unknown) => world.send(handler, message);
const session_id = `${randomUUID()}@n1`;

describe('a command that matched no route', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['without class and subclass', { cmd: 'destroy' }, '/v1/session/destroy'],
    ['with the subclass as its class', { class: 'session', cmd: 'get_info' }, '/v1/session/get_info'],
    ['by its older name', { class: 'media', cmd: 'stop' }, '/v1/session/destroy'],
    ['of class core', { class: 'core', subclass: 'session', cmd: 'get_answer' }, '/v1/session/get_answer'],
  ])('%s reaches its handler', async (_, envelope, path) => {
    const node = await world.startNode('n1');
    expect(await send({ ...envelope, data: { session_id }, tid: 'x' })).toEqual({ result: 'ok', tid: 'x' });
    expect(node.requests).toMatchObject([{ path }]);
  });

  test('can be any of the table', async () => {
    const node = await world.startNode('n1');
    node.answers(() => ({ sessions: [] }));
    await send({ cmd: 'start', data: { type: 'echo', offer } });
    await send({ cmd: 'get_list' });
    await send({ cmd: 'update_media', data: { session_id, mute_audio: true } });
    expect(node.requests.map(({ path }) => path)).toEqual([
      '/v1/session/create',
      '/v1/session/get_list',
      '/v1/session/update_media',
    ]);
  });
});

describe('a ping', () => {
  test.each([{ ping: true }, { cmd: 'ping' }])('%j is answered, with its tid', async (ping) => {
    expect(await send({ ...ping, tid: 3 })).toEqual({ result: 'ok', tid: 3 });
    expect(await send(ping)).toEqual({ result: 'ok' });
  });
});

test('a response to an event is not answered', async () => {
  const reply = await handler(messageEvent({ result: 'ok', tid: 'event-1' }), lambdaContext());
  expect(reply).toEqual({ statusCode: 200 });
});

describe('what nobody understands is answered with an error', () => {
  test.each<[unknown, string]>([
    ['', 'syntax_error'],
    ['hello', 'syntax_error'],
    ['[1]', 'syntax_error'],
    [{}, 'missing_field'],
    [{ cmd: 'explode' }, 'unknown_command'],
    [{ cmd: 'crate' }, 'unknown_command'],
    [{ subclass: 'rom', cmd: 'create' }, 'unknown_command'],
    [{ cmd: 'create', foo: 1 }, 'syntax_error'],
  ])('%j: %s', async (message, reason) => {
    expect(await send(message)).toMatchObject({ result: 'error', data: { reason } });
  });

  test('with the tid, if that can be read', async () => {
    expect(await send({ cmd: 'crate', tid: 9 })).toMatchObject({
      data: { error: expect.stringContaining('did you mean create') },
      tid: 9,
    });
  });

  test('even a message without a body', async () => {
    const event = { ...messageEvent(''), body: null };
    const { body } = await handler(event, lambdaContext());
    expect(JSON.parse(body ?? '')).toMatchObject({ result: 'error', data: { reason: 'syntax_error' } });
  });
});
