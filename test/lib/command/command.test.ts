import { beforeEach, describe, expect, test, vi } from 'vitest';
import { command, type Run } from '../../../lib/command/command.ts';
import { NodeUnreachable } from '../../../lib/command/node-client.ts';
import { services } from '../../../lib/command/services.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { functionsUnderTest, identity, lambdaContext, messageEvent } from '../../support/functions.ts';
import { offer } from '../../support/sdp.ts';

const { send } = functionsUnderTest();
const run = vi.fn<Run<'session/destroy'>>();
const handler = command('session/destroy', run);
beforeEach(() => {
  run.mockReset().mockResolvedValue({});
});
const message = (more: Record<string, unknown> = {}) => ({ cmd: 'destroy', data: { session_id: 's' }, ...more });

describe('a reply', () => {
  test.each([1, 0, '', '1', 'a'])('echoes the tid %j with its type', async (tid) => {
    expect(await send(handler, message({ tid }))).toStrictEqual({ result: 'ok', tid });
  });

  test('has no tid where none was given', async () => {
    expect(await send(handler, message())).toStrictEqual({ result: 'ok' });
  });

  test('carries what the command returned', async () => {
    const info = command('session/get_answer', async () => ({ answer: offer }));
    expect(await send(info, { cmd: 'get_answer', tid: 1 })).toEqual({ result: 'ok', data: { answer: offer }, tid: 1 });
  });
});

test('a command gets who asks, what, and the id of the request', async () => {
  const context = lambdaContext();
  await handler(messageEvent(message({ cmd: 'stop' })), context);
  expect(run.mock.calls[0]?.[0]).toMatchObject({
    command: 'session/destroy',
    caller: { tenant: 'acme', userId: 'ann', scopes: ['media:session'], connectionId: 'connection-1' },
    data: { session_id: 's' },
    requestId: context.awsRequestId,
  });
});

describe('an error', () => {
  test('of ours is the reply, with the tid', async () => {
    run.mockRejectedValueOnce(new PatchbayError('session_not_found', 'no session s', { retryAfterSeconds: 3 }));
    expect(await send(handler, message({ tid: 'a' }))).toEqual({
      result: 'error',
      data: { code: 100062, reason: 'session_not_found', error: 'no session s', retry_after: 3 },
      tid: 'a',
    });
  });

  test.each<[string, unknown, string]>([
    ['no JSON', 'nonsense', 'syntax_error'],
    ['nothing', '', 'syntax_error'],
    ['a missing cmd', { tid: 5 }, 'missing_field'],
    ['an unknown field', { ...message({ tid: 5 }), data: { sesion_id: 's' } }, 'syntax_error'],
    ['a wrong value', { ...message({ tid: 5 }), data: { session_id: 's/' } }, 'invalid_value'],
    ["another function's command", { cmd: 'get_list', tid: 5 }, 'unknown_command'],
    ['a ping', { cmd: 'ping', tid: 5 }, 'unknown_command'],
  ])('for %s names the reason, with the tid if it can be read', async (_, body, reason) => {
    const reply = await send(handler, body);
    expect(reply).toMatchObject({ result: 'error', data: { reason } });
    expect(reply?.tid).toBe(typeof body === 'object' ? 5 : undefined);
    expect(run).not.toHaveBeenCalled();
  });

  test('for a token that ended since the connection was made is not_authenticated', async () => {
    const exp = String(Math.floor(Date.now() / 1000) - 1);
    const reply = await send(handler, message({ tid: 1 }), { authorizer: { ...identity, exp } });
    expect(reply).toMatchObject({ result: 'error', data: { code: 100031, reason: 'not_authenticated' }, tid: 1 });
    expect(run).not.toHaveBeenCalled();
  });

  test('for a node that does not answer is timeout with retry_after', async () => {
    run.mockRejectedValueOnce(new NodeUnreachable('n1', new Error('10.0.0.7 refused')));
    const reply = await send(handler, message());
    expect(reply).toMatchObject({ data: { code: 100005, reason: 'timeout', retry_after: 1 } });
    expect(JSON.stringify(reply)).not.toContain('10.0.0.7');
  });

  test('for a node that does not answer is one of the log, which an alarm counts', async () => {
    const { log } = services();
    const [error, info] = [vi.spyOn(log, 'error'), vi.spyOn(log, 'info')];
    const err = new NodeUnreachable('n1', new Error('10.0.0.7 refused'));
    run.mockRejectedValueOnce(err);
    await send(handler, message());
    expect(error).toHaveBeenCalledExactlyOnceWith({ err, connection_id: 'connection-1' }, 'node or table out of reach');
    expect(info.mock.calls).toMatchObject([[{ result: 'timeout' }, 'command']]);
  });

  test('that nobody expected is internal_error with a reference that the log carries, and nothing of the fault', async () => {
    const error = vi.spyOn(services().log, 'error');
    const fault = new TypeError('secret of undefined');
    run.mockRejectedValueOnce(fault);
    const context = lambdaContext();
    const { body } = await handler(messageEvent(message({ tid: 1 })), context);
    const answered = `an unexpected fault, reference ${context.awsRequestId}`;
    expect(JSON.parse(body ?? '')).toEqual({
      result: 'error',
      data: { code: 100002, reason: 'internal_error', error: answered },
      tid: 1,
    });
    expect(error).toHaveBeenCalledWith({ err: fault, answered, connection_id: 'connection-1' }, 'command failed');
  });
});

test("a fault of the node keeps the node's own reference, which this log has, too", async () => {
  const error = vi.spyOn(services().log, 'error');
  const ofNode = new PatchbayError('internal_error', 'an unexpected fault, reference of-the-node');
  run.mockRejectedValueOnce(ofNode);
  expect(await send(handler, message())).toMatchObject({
    data: { code: 100002, error: 'an unexpected fault, reference of-the-node' },
  });
  expect(error).toHaveBeenCalledWith(
    { err: ofNode, answered: ofNode.message, connection_id: 'connection-1' },
    'command failed',
  );
});

describe('the log', () => {
  test('has a line a message: which command, whose, how it ended', async () => {
    const info = vi.spyOn(services().log, 'info');
    await send(handler, message());
    run.mockRejectedValueOnce(new PatchbayError('session_not_found'));
    await send(handler, message());
    run.mockRejectedValueOnce(new Error('odd'));
    await send(handler, message());
    const lines = info.mock.calls.map(([fields]) => fields);
    const line = { command: 'session/destroy', connection_id: 'connection-1', tenant: 'acme', ms: expect.any(Number) };
    expect(lines).toEqual([
      { ...line, result: 'ok' },
      { ...line, result: 'session_not_found' },
      { ...line, result: 'internal_error' },
    ]);
  });

  test('says which sessions a connection has begun or taken over: by that a session leads to its commands', async () => {
    const info = vi.spyOn(services().log, 'info');
    const token = { seq: 1, resume_token: 'secret' };
    const create = command('session/create', async () => ({ session_id: 's1@n', ...token }));
    await send(create, { cmd: 'create', data: { type: 'echo', offer } });
    const state = { type: 'echo', state: 'ready', ...token } as const;
    const attach = command('session/attach', async () => ({
      sessions: ['s1@n', 's2@n'].map((session_id) => ({ session_id, ...state })),
    }));
    await send(attach, { cmd: 'attach', data: {} });
    expect(info.mock.calls.map(([fields]) => fields)).toMatchObject([
      { command: 'session/create', connection_id: 'connection-1', sessions: ['s1@n'], result: 'ok' },
      { command: 'session/attach', connection_id: 'connection-1', sessions: ['s1@n', 's2@n'], result: 'ok' },
    ]);
    expect(JSON.stringify(info.mock.calls)).not.toContain('secret');
  });

  test('never has SDPs or other data of a message', async () => {
    const { log } = services();
    const spies = (['debug', 'info', 'warn', 'error'] as const).map((level) => vi.spyOn(log, level));
    const create = command('session/create', () => Promise.reject(new PatchbayError('no_mediaserver')));
    await send(create, { cmd: 'create', data: { type: 'echo', offer, event_body: { private: 'words' } } });
    const lines = JSON.stringify(spies.flatMap(({ mock }) => mock.calls));
    expect(lines).toContain('no_mediaserver');
    expect(lines).not.toMatch(/m=audio|private|fingerprint/);
  });
});
