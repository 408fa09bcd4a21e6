import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ConnectionState, PatchbayClient, type PatchbayEvent } from '../../../lib/client/index.ts';
import { nodeTransport } from '../../../lib/client/node-transport.ts';
import { FakeServer, sessionEvent } from './fake-server.ts';

let server: FakeServer;
let client: PatchbayClient;

beforeEach(async () => {
  server = await FakeServer.start();
  client = new PatchbayClient({ url: server.url });
});
afterEach(async () => {
  client.close();
  await server.stop();
});

const destroy = (session_id: string) => client.request('session/destroy', { session_id });

describe('requests', () => {
  it('sends the envelope of the protocol with a tid of its own', async () => {
    server.on('session/get_list', (request) => request.ok({ sessions: [], cursor: 'more' }));
    await client.connect();
    await client.request('session/get_list', {});
    expect(await client.request('session/get_list', { limit: 5 })).toEqual({ sessions: [], cursor: 'more' });
    expect(server.requests[1]).toMatchObject({ route: 'session/get_list', data: { limit: 5 } });
    expect(new Set(server.requests.map(({ tid }) => tid)).size).toBe(2);
  });

  it('gives each request its own reply, whatever their order', async () => {
    await client.connect();
    const update = client.request('session/update_media', { session_id: 'a', mute_audio: true });
    const list = client.request('session/get_list', {});
    (await server.request('session/get_list')).ok({ sessions: [] });
    expect(await list).toEqual({ sessions: [] });
    (await server.request('session/update_media')).ok({ applied: { mute_audio: true } });
    expect(await update).toEqual({ applied: { mute_audio: true } });
  });

  it('rejects with what an error reply says', async () => {
    server.on('session/destroy', (request) => request.error('no_mediaserver', 'no node is up', 20));
    await client.connect();
    await expect(destroy('a')).rejects.toMatchObject({
      name: 'PatchbayError',
      code: 300001,
      reason: 'no_mediaserver',
      message: 'no node is up',
      retryAfterSeconds: 20,
    });
  });

  it('rejects with timeout when no reply comes, and drops the late one', async () => {
    client = new PatchbayClient({ url: server.url, requestTimeoutMs: 50 });
    await client.connect();
    await expect(destroy('a')).rejects.toMatchObject({ reason: 'timeout', message: expect.stringContaining('0.05 s') });
    (await server.request('session/destroy')).ok();
    server.on('session/get_list', (request) => request.ok({ sessions: [] }));
    await expect(client.request('session/get_list', {})).resolves.toEqual({ sessions: [] });
  });

  it('rejects with internal_error a reply that is not what the protocol says', async () => {
    server.on('session/get_list', (request) => request.ok({ sessions: 'none' }));
    await client.connect();
    await expect(client.request('session/get_list', {})).rejects.toMatchObject({
      reason: 'internal_error',
      message: expect.stringContaining('reply.sessions must be an array'),
    });
  });

  it('accepts a reply without data where nothing is to be said', async () => {
    server.on('session/destroy', (request) => request.ok());
    await client.connect();
    await expect(destroy('a')).resolves.toEqual({});
  });

  it('refuses a message over 32 KB before sending, in bytes and not in characters', async () => {
    await client.connect();
    const long = 'ö'.repeat(17_000);
    await expect(destroy(long)).rejects.toMatchObject({
      reason: 'message_too_large',
      message: expect.stringMatching(/has 34\d\d\d bytes, .* at most 32768/),
    });
    expect(client.state).toEqual({ status: 'open' });
    expect(server.frameSizes).toEqual([]);
  });
});

describe('connection', () => {
  it('offers the protocol alone, or with the token, which it shows nowhere', async () => {
    await client.connect();
    const withToken = new PatchbayClient({ url: server.url, token: 'aaa.bbb.ccc' });
    await withToken.connect();
    expect(server.protocols).toEqual(['patchbay.v1', 'patchbay.v1,token.aaa.bbb.ccc']);
    expect(inspect(withToken, { depth: 9, showHidden: true })).not.toContain('aaa.bbb');
    withToken.close();
  });

  it('asks for a fresh token for each connection', async () => {
    let count = 0;
    client = new PatchbayClient({ url: server.url, token: async () => `token${++count}` });
    await client.connect();
    await client.rollOver();
    expect(server.protocols).toEqual(['patchbay.v1,token.token1', 'patchbay.v1,token.token2']);
  });

  it('refuses a token that no JWT could be without repeating it', () => {
    expect(() => new PatchbayClient({ url: server.url, token: 'se cret' })).toThrow(/characters that a JWT never has$/);
  });

  it('tells its state, and why it closed', async () => {
    const states: ConnectionState[] = [];
    client = new PatchbayClient({ url: server.url, reconnect: false });
    client.onState((state) => states.push(state));
    await client.connect();
    server.dropAll(1009, 'Frame too long');
    await vi.waitFor(() => expect(client.state.status).toBe('closed'));
    expect(states).toEqual([
      { status: 'connecting' },
      { status: 'open' },
      { status: 'closed', code: 1009, reason: 'Frame too long' },
    ]);
  });

  it('rejects every pending request when the socket is lost', async () => {
    await client.connect();
    const pending = [destroy('a'), destroy('b')];
    for (const request of pending) request.catch(() => undefined);
    await server.request('session/destroy');
    server.dropAll(1011, '');
    for (const request of pending) {
      await expect(request).rejects.toMatchObject({
        reason: 'registered_down',
        message: expect.stringContaining('1011'),
      });
    }
    await expect(destroy('c')).rejects.toMatchObject({ reason: 'registered_down' });
  });

  it('rejects pending requests at once when it is closed, and can connect again', async () => {
    await client.connect();
    const pending = destroy('a');
    client.close();
    await expect(pending).rejects.toMatchObject({ reason: 'registered_down' });
    server.on('session/get_list', (request) => request.ok({ sessions: [] }));
    await client.connect();
    await expect(client.request('session/get_list', {})).resolves.toBeDefined();
  });

  it.each([
    ['platform', undefined],
    ['ws', nodeTransport],
  ])('rejects connect with registered_down when nobody listens (%s)', async (_, transport) => {
    const url = server.url;
    await server.stop();
    const lonely = new PatchbayClient({ url: `${url}?token=secret`, ...(transport && { transport }) });
    const failure = await lonely.connect().catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: 'registered_down' });
    expect(String(failure)).not.toContain('secret');
    expect(lonely.state).toMatchObject({ status: 'closed', code: 1006 });
    server = await FakeServer.start();
  });

  it('ends a connect that is under way when it is closed', async () => {
    const connecting = client.connect();
    client.close();
    await expect(connecting).rejects.toMatchObject({ reason: 'registered_down' });
    expect(client.state.status).toBe('closed');
  });
});

describe('events', () => {
  const typesOf = (events: PatchbayEvent[]) => events.map(({ obj_id, type }) => `${obj_id} ${type}`);

  it('hands out one event or an array of them, to all and to the session they are of', async () => {
    const all: PatchbayEvent[] = [];
    const ofA: PatchbayEvent[] = [];
    client.onEvent((event) => all.push(event));
    client.onSessionEvent('a', (event) => ofA.push(event));
    await client.connect();
    server.push(sessionEvent('a', 'created'));
    server.push(sessionEvent('b', 'created'), { nonsense: true }, sessionEvent('a', 'status', { class: 'new' }));
    await vi.waitFor(() => expect(all).toHaveLength(3));
    expect(typesOf(all)).toEqual(['a created', 'b created', 'a status']);
    expect(typesOf(ofA)).toEqual(['a created', 'a status']);
  });

  it('stops at unsubscribe, also in the midst of an event', async () => {
    const heard: string[] = [];
    client.onEvent(() => stopSecond());
    const stopSecond = client.onEvent(() => heard.push('second'));
    const stopThird = client.onSessionEvent('a', () => {
      heard.push('third');
      stopThird();
    });
    await client.connect();
    server.push(sessionEvent('a', 'created'), sessionEvent('a', 'status'), sessionEvent('b', 'created'));
    server.on('session/get_list', (request) => request.ok({ sessions: [] }));
    await client.request('session/get_list', {});
    expect(heard).toEqual(['third']);
  });

  it('survives what it does not understand', async () => {
    await client.connect();
    for (const text of ['nonsense', '[]', '{"message":"Internal server error"}', '{"result":"ok"}'])
      server.sendText(text);
    server.on('session/get_list', (request) => request.ok({ sessions: [] }));
    await expect(client.request('session/get_list', {})).resolves.toBeDefined();
  });
});
