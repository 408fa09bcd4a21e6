import { once } from 'node:events';
import { request } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHttp, type RawOrder } from '../../../lib/controller/http.ts';
import { Metrics } from '../../../lib/controller/metrics.ts';
import type { Log } from '../../../lib/domain/log.ts';
import { sign, signatureHeader, timeHeader } from '../../../lib/domain/signature.ts';
import type { Command } from '../../../lib/protocol/commands.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { caller } from '../../support/callers.ts';
import { flush, ManualClock } from '../../support/clock.ts';
import { offer } from '../../support/sdp.ts';

let app: FastifyInstance;
let clock: ManualClock;
let ready: boolean;
let logged: { level: string; fields: object; message: string }[];
const run = vi.fn<(command: Command, order: RawOrder) => Promise<unknown>>();
const connectionGone = vi.fn<(connectionId: string) => void>();

beforeEach(() => {
  clock = new ManualClock();
  ready = true;
  logged = [];
  run.mockReset().mockResolvedValue({ done: true });
  connectionGone.mockReset();
  const write = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const metrics = new Metrics({
    engines: () => [],
    sessions: () => 3,
    rooms: () => 0,
    subscribers: () => 0,
    pendingEvents: () => 0,
    pendingUploads: () => 0,
    pendingBusEvents: () => 0,
    droppedBusEvents: () => 0,
  });
  app = createHttp({ clock, log, metrics, keys: () => ['new', 'old'], ready: () => ready, run, connectionGone });
});
afterEach(() => app.close());

interface Sent {
  path?: string;
  signedPath?: string;
  key?: string;
  skewMs?: number;
  headers?: Record<string, string>;
}
function post(body: unknown, sent: Sent = {}) {
  const path = sent.path ?? '/v1/session/destroy';
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const timeMs = clock.nowMs() + (sent.skewMs ?? 0);
  const signature = sign({ method: 'POST', path: sent.signedPath ?? path, timeMs, body: text }, sent.key ?? 'new');
  const headers = {
    'content-type': 'application/json',
    [timeHeader]: String(timeMs),
    [signatureHeader]: signature,
    ...sent.headers,
  };
  return app.inject({ method: 'POST', url: path, payload: text, headers });
}
let requests = 0;
const command = (data: unknown = { session_id: 's' }, more: Record<string, unknown> = {}) => {
  requests += 1;
  return { request_id: `r${requests}`, caller: caller(), data, ...more };
};

describe('a command', () => {
  test('that is signed is run, its data checked and its defaults filled in', async () => {
    const response = await post(command({ session_id: 's' }), { path: '/v1/session/get_answer' });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ done: true });
    expect(run).toHaveBeenCalledExactlyOnceWith('session/get_answer', {
      caller: caller(),
      data: { session_id: 's', timeout: 25 },
      after: '',
      placed: undefined,
      requestId: expect.stringMatching(/^r\d+$/),
      accepted: expect.any(Function),
    });
  });

  test('brings its placement', async () => {
    const placed = { session_id: 'x@n', attempt: 2 };
    await post(command({ type: 'echo', offer }, { placed }), { path: '/v1/session/create' });
    expect(run.mock.calls[0]?.[1].placed).toEqual({ sessionId: 'x@n', attempt: 2 });
  });

  test('whose data is wrong is a 400 that names the field', async () => {
    const response = await post(command({ session_id: 5 }));
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({
      code: 100046,
      reason: 'invalid_value',
      error: 'data.session_id must be a string',
    });
    expect(run).not.toHaveBeenCalled();
  });

  test.each([
    ['no JSON', 'nonsense'],
    ['no request_id', { caller: caller(), data: {} }],
    ['no caller', { request_id: 'r', data: {} }],
    ['a caller without a tenant', { request_id: 'r', caller: { ...caller(), tenant: undefined }, data: {} }],
  ])('with %s is a 400', async (_, body) => {
    expect((await post(body)).statusCode).toBe(400);
    expect(run).not.toHaveBeenCalled();
  });

  test('that is none is a 404', async () => {
    expect((await post(command(), { path: '/v1/session/explode' })).statusCode).toBe(404);
  });
});

describe('a signature', () => {
  test('by the key of the boot before is taken', async () => {
    expect((await post(command(), { key: 'old' })).statusCode).toBe(200);
  });

  test.each<[string, Sent]>([
    ['by another key', { key: 'other' }],
    ['for another path', { signedPath: '/v1/session/get_info' }],
    ['that is too old', { skewMs: -60_001 }],
    ['from the future', { skewMs: 60_001 }],
    ['that is missing', { headers: { [signatureHeader]: '' } }],
    ['without its time', { headers: { [timeHeader]: '' } }],
    ['with another time', { headers: { [timeHeader]: '1' } }],
  ])('%s is a 401 and runs nothing', async (_, sent) => {
    const response = await post(command(), sent);
    expect(response.statusCode).toBe(401);
    expect(response.json()).toMatchObject({ reason: 'not_authenticated' });
    expect(run).not.toHaveBeenCalled();
  });

  test.each([-60_000, 60_000])('%i ms off is taken', async (skewMs) => {
    expect((await post(command(), { skewMs })).statusCode).toBe(200);
  });

  test('is needed for /v1/connection/gone, too', async () => {
    const path = '/v1/connection/gone';
    expect((await post({ connection_id: 'c' }, { path, key: 'other' })).statusCode).toBe(401);
    expect(connectionGone).not.toHaveBeenCalled();
    expect((await post({ connection_id: 'c' }, { path })).statusCode).toBe(200);
    expect(connectionGone.mock.calls).toEqual([['c']]);
  });

  test('counts for the very bytes of the body', async () => {
    const body = `{"request_id":"r", "caller":${JSON.stringify(caller())},\n"data":{"session_id":"ü"}}`;
    expect((await post(body)).json()).toMatchObject({ reason: 'invalid_value' });
    const response = await post(body, { headers: { 'content-type': 'text/plain' } });
    expect(response.statusCode).toBe(400);
  });
});

describe('a command that is accepted before its result is there', () => {
  /** Over a real socket: what the node tells in between. */
  async function ask(body: unknown) {
    const address = app.server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const path = '/v1/session/destroy';
    const text = JSON.stringify(body);
    const timeMs = clock.nowMs();
    const headers = {
      'content-type': 'application/json',
      [timeHeader]: String(timeMs),
      [signatureHeader]: sign({ method: 'POST', path, timeMs, body: text }, 'new'),
    };
    const told: number[] = [];
    const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers });
    sent.on('information', ({ statusCode }) => told.push(statusCode));
    sent.end(text);
    const result = once(sent, 'response').then(async ([response]) => {
      const reply: unknown = JSON.parse(await textOf(response));
      return { status: response.statusCode, reply };
    });
    return { told, result };
  }
  beforeEach(() => app.listen({ host: '127.0.0.1', port: 0 }));

  test('is 102 at once, to those who ask again, too; then the result', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    run.mockImplementation(async (_, { accepted }) => {
      accepted();
      return promise;
    });
    const body = command();
    const first = await ask(body);
    await vi.waitFor(() => expect(first.told).toEqual([102]));
    const second = await ask(body);
    await vi.waitFor(() => expect(second.told).toEqual([102]));
    resolve({ done: true });
    for (const { result } of [first, second]) expect(await result).toEqual({ status: 200, reply: { done: true } });
    expect(run).toHaveBeenCalledTimes(1);
    // One that asks when all is over needs no 102, and its answer is whole.
    expect(await (await ask(body)).result).toEqual({ status: 200, reply: { done: true } });
  });

  test('and then fails is 102, then its error', async () => {
    run.mockImplementation(async (_, { accepted }) => {
      accepted();
      await flush();
      throw new PatchbayError('janus_error');
    });
    const { told, result } = await ask(command());
    expect(await result).toMatchObject({ status: 400, reply: { reason: 'janus_error' } });
    expect(told).toEqual([102]);
  });

  test('that is refused gets no 102', async () => {
    run.mockRejectedValueOnce(new PatchbayError('duplicated_session_id'));
    const { told, result } = await ask(command());
    expect(await result).toMatchObject({ status: 400 });
    expect(told).toEqual([]);
  });
});

describe('a request_id', () => {
  test('that comes again is run once', async () => {
    const body = command();
    run.mockResolvedValueOnce({ first: true });
    expect((await post(body)).json()).toEqual({ first: true });
    expect((await post(body)).json()).toEqual({ first: true });
    expect(run).toHaveBeenCalledTimes(1);
  });

  test('that comes again while it is under way gets the same end', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    run.mockReturnValueOnce(promise);
    const body = command();
    const both = [post(body), post(body)];
    await vi.waitFor(() => expect(run).toHaveBeenCalled());
    resolve({ first: true });
    for (const response of await Promise.all(both)) expect(response.json()).toEqual({ first: true });
    expect(run).toHaveBeenCalledTimes(1);
  });

  test('belongs to its command', async () => {
    const body = command();
    await post(body);
    await post(body, { path: '/v1/session/get_info' });
    expect(run).toHaveBeenCalledTimes(2);
  });
});

describe('an error', () => {
  test('of ours is a 400 with code, reason, error and retry_after, never the words of an engine', async () => {
    const engine = { code: 490, text: 'inner words' };
    run.mockRejectedValueOnce(new PatchbayError('no_mediaserver', 'none', { engine, retryAfterSeconds: 2 }));
    const response = await post(command());
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ code: 300001, reason: 'no_mediaserver', error: 'none', retry_after: 2 });
    expect(logged).toMatchObject([{ level: 'warn', fields: { engine } }]);
  });

  test('that nobody expected is a 500 with a reference that the log carries, and no stack', async () => {
    const fault = new TypeError('secret of undefined');
    run.mockRejectedValueOnce(fault);
    const response = await post(command());
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toMatch(/secret|\.ts|stack/);
    const reference = /^an unexpected fault, reference (\S+)$/.exec(response.json().error)?.[1];
    expect(response.json()).toMatchObject({ code: 100002, reason: 'internal_error' });
    expect(reference).toBeTruthy();
    expect(logged).toMatchObject([{ level: 'error', fields: { reference, err: fault } }]);
  });

  test('for a body that is too large is no fault without an answer', async () => {
    const response = await post('x'.repeat(300 * 1024));
    expect(response.statusCode).toBeGreaterThanOrEqual(400);
    expect(run).not.toHaveBeenCalled();
  });
});

describe('who watches the node', () => {
  test('finds it alive, and ready only while an engine is up, without a signature', async () => {
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok' });
    ready = false;
    expect((await app.inject('/readyz')).statusCode).toBe(503);
    expect((await app.inject('/healthz')).statusCode).toBe(200);
    ready = true;
    expect((await app.inject('/readyz')).statusCode).toBe(200);
  });

  test('finds commands with their results, and sessions, in /metrics', async () => {
    run.mockRejectedValueOnce(new PatchbayError('session_not_found'));
    await post(command());
    await post(command());
    const { body } = await app.inject('/metrics');
    expect(body).toContain('patchbay_sessions 3');
    expect(body).toContain('patchbay_command_seconds_count{command="session/destroy",result="session_not_found"} 1');
    expect(body).toContain('patchbay_command_seconds_count{command="session/destroy",result="ok"} 1');
  });
});
