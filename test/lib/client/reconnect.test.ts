import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type ClientOptions,
  type ConnectionState,
  type EventGap,
  PatchbayClient,
  type SessionLost,
} from '../../../lib/client/index.ts';
import { FakeServer, numberedEvent } from './fake-server.ts';
import { FakeSessions } from './fake-sessions.ts';

const quick = { baseMs: 10, maxMs: 40 };

let server: FakeServer;
let sessions: FakeSessions;
let client: PatchbayClient;
let states: string[];
let seen: string[];
let gaps: EventGap[];
let lost: SessionLost[];

beforeEach(async () => {
  server = await FakeServer.start();
  sessions = new FakeSessions(server);
  await connect();
});
afterEach(async () => {
  client.close();
  sessions.stop();
  await server.stop();
});

async function connect(options: Partial<ClientOptions> = {}): Promise<void> {
  client?.close();
  client = new PatchbayClient({ url: server.url, reconnect: quick, ...options });
  [states, seen, gaps, lost] = [[], [], [], []];
  client.onState(({ status }) => states.push(status));
  client.onEvent(({ obj_id, seq }) => seen.push(`${obj_id} ${seq}`));
  client.onGap((gap) => gaps.push(gap));
  client.onSessionLost((one) => lost.push(one));
  await client.connect();
}

const create = (session_id: string, more = {}) =>
  client.request('session/create', { type: 'p2p', session_id, offer: { sdp: 'm=audio' }, ...more });
/** Resolves while the client has no connection. */
const cut = () =>
  new Promise<void>((resolve) => {
    const unsubscribe = client.onState(({ status }) => {
      if (status !== 'reconnecting') return;
      unsubscribe();
      resolve();
    });
    server.connections.at(-1)?.cut();
  });
const isOpen = () => vi.waitFor(() => expect(client.state.status).toBe('open'), 3000);
const sees = (...events: string[]) => vi.waitFor(() => expect(seen).toEqual(events), 3000);

describe('after the loss of its connection, a client', () => {
  it('attaches its sessions where it was, and gets what it missed, once and in order', async () => {
    await create('a');
    sessions.emit('a');
    await sees('a 1', 'a 2');
    await cut();
    for (let count = 0; count < 3; count += 1) sessions.emit('a');
    await isOpen();
    sessions.emit('a');
    await sees('a 1', 'a 2', 'a 3', 'a 4', 'a 5', 'a 6');
    expect(sessions.attaches).toEqual([{ session_id: 'a', resume_token: 'a 0', since: 2 }]);
    expect(client.resumeToken('a')).toBe('a 1');
    expect(states).toEqual(['connecting', 'open', 'reconnecting', 'open']);
    expect([gaps, lost]).toEqual([[], []]);
  });

  it('reports at once what the server does not have any more', async () => {
    await create('a');
    await sees('a 1');
    await cut();
    for (let count = 0; count < 100; count += 1) sessions.emit('a');
    await isOpen();
    await vi.waitFor(() => expect(seen.at(-1)).toBe('a 101'), 3000);
    // 37 is the newest that can't come, 36 the newest that surely won't: the server's own event comes in between.
    expect(gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0)).toBe(101 - 64 - 1);
    expect(seen).toHaveLength(1 + 64);
  });

  it('subscribes again', async () => {
    await client.subscribe({ subclass: 'session' });
    await client.subscribe({ subclass: 'room', type: 'created' });
    await client.subscribe({ subclass: 'session', obj_id: 'x' });
    await client.unsubscribe({ subclass: 'session', obj_id: 'x' });
    const before = server.requests.length;
    await cut();
    await isOpen();
    expect(server.requests.slice(before).map(({ route, data }) => [route, data])).toEqual([
      ['event/subscribe', { subclass: 'session' }],
      ['event/subscribe', { subclass: 'room', type: 'created' }],
    ]);
  });

  it('waits for what it missed, however late it comes', async () => {
    await connect({ gapTimeoutMs: 30 });
    await create('a');
    await sees('a 1');
    await cut();
    sessions.emit('a');
    sessions.emit('a');
    const attach = server.handler('session/attach');
    server.on('session/attach', (request) => {
      // An event that a subscription brings before the attach is carried out.
      request.connection.push(numberedEvent('a', 3));
      setTimeout(() => attach(request), 150);
    });
    await isOpen();
    await sees('a 1', 'a 2', 'a 3');
    expect(gaps).toEqual([]);
  });

  it('gives no gap up while it is away', async () => {
    await connect({ gapTimeoutMs: 60, reconnect: { baseMs: 200, maxMs: 200 } });
    await create('a');
    await sees('a 1');
    sessions.latencyMs = () => undefined;
    sessions.emit('a');
    sessions.emit('a');
    server.connections.at(-1)?.push(numberedEvent('a', 3));
    await client.request('event/subscribe', { subclass: 'session', obj_id: 'none' });
    await cut();
    sessions.latencyMs = () => 0;
    await isOpen();
    await sees('a 1', 'a 2', 'a 3');
    expect(gaps).toEqual([]);
  });

  it('says which sessions are gone, and goes on with the others', async () => {
    await create('a');
    await create('b');
    await sees('a 1', 'b 1');
    await cut();
    sessions.end('a');
    await isOpen();
    expect(lost).toEqual([{ sessionId: 'a', error: expect.objectContaining({ reason: 'session_not_found' }) }]);
    await cut();
    await isOpen();
    expect(sessions.attaches.map(({ session_id }) => session_id)).toEqual(['a', 'b', 'b']);
  });

  it('tries an attach again that failed for now', async () => {
    await create('a');
    await sees('a 1');
    const attaches: unknown[] = [];
    server.on('session/attach', ({ data, ok, error }) => {
      attaches.push(data);
      if (attaches.length === 1) error('timeout', 'the media node does not answer');
      else ok({ sessions: [{ session_id: 'a', type: 'p2p', state: 'wait', seq: 1, resume_token: 'r' }] });
    });
    await cut();
    await isOpen();
    expect([attaches.length, lost]).toEqual([2, []]);
  });

  it('keeps the token of an attach that has overtaken the reply to the create', async () => {
    server.on('session/create', ({ ok, connection }) => {
      connection.push({ ...numberedEvent('a', 1, 'created') });
      setTimeout(() => ok({ session_id: 'a', resume_token: 'old', seq: 1 }), 50);
    });
    server.on('session/attach', ({ ok }) =>
      ok({ sessions: [{ session_id: 'a', type: 'p2p', state: 'wait', seq: 1, resume_token: 'new' }] }),
    );
    const creating = create('a');
    await sees('a 1');
    await client.request('session/attach', { session_id: 'a', since: 1 });
    await creating;
    expect(client.resumeToken('a')).toBe('new');
  });

  it('leaves alone what is over, released, or was destroyed', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await create(id, { subscribe: id !== 'd' });
    client.release('a');
    await client.request('session/destroy', { session_id: 'b' });
    await client.request('session/destroy', { session_id: 'd' });
    await vi.waitFor(() => expect(seen).toContain('b 2'));
    await cut();
    await isOpen();
    expect(sessions.attaches.map(({ session_id }) => session_id)).toEqual(['c']);
  });

  it('keeps a session silent whose events were not wanted', async () => {
    await create('a', { subscribe: false });
    const before = server.requests.length;
    await cut();
    await isOpen();
    expect(server.requests.slice(before).map(({ route, data }) => [route, data])).toEqual([
      ['session/attach', { session_id: 'a', resume_token: 'a 0' }],
      ['event/unsubscribe', { subclass: 'session', obj_id: 'a' }],
    ]);
  });

  it('takes over all sessions of its user if it is told to', async () => {
    const other = new PatchbayClient({ url: server.url });
    await other.connect();
    await other.request('session/create', { type: 'p2p', session_id: 'theirs', offer: { sdp: 'm=audio' } });
    await connect({ ownsAll: true });
    expect(sessions.ownerOf('theirs')).toBe(server.connections.at(-1));
    expect(client.resumeToken('theirs')).toBeDefined();
    sessions.emit('theirs');
    await sees('theirs 2');
    other.close();
  });
});

describe('reconnecting', () => {
  const attempts = (all: ConnectionState[]) => all.filter(({ status }) => status === 'reconnecting');

  it('waits longer each time, half of it by chance, up to the most', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const all: ConnectionState[] = [];
    await connect({ reconnect: { baseMs: 1000, maxMs: 5000 } });
    client.onState((state) => all.push(state));
    const timeouts = vi.spyOn(globalThis, 'setTimeout');
    try {
      await server.stop();
      await vi.waitFor(() => expect(attempts(all)).toHaveLength(1));
      for (let attempt = 2; attempt <= 5; attempt += 1) {
        // Cuts the wait short.
        client.connect().catch(() => undefined);
        await vi.waitFor(() => expect(attempts(all)).toHaveLength(attempt));
      }
      const waits = timeouts.mock.calls.map(([, ms]) => ms ?? 0).filter((ms) => ms >= 500 && ms <= 2500);
      expect(waits).toEqual([500, 1000, 2000, 2500, 2500]);
    } finally {
      vi.restoreAllMocks();
    }
    client.close();
    server = await FakeServer.start();
  });

  it('gives up when it is told to, and says why', async () => {
    await connect({ reconnect: { ...quick, giveUpAfterMs: 100 } });
    await server.stop();
    await vi.waitFor(() => expect(client.state).toMatchObject({ status: 'closed', code: 1006 }), 3000);
    await expect(client.request('session/get_list', {})).rejects.toMatchObject({ reason: 'registered_down' });
    server = await FakeServer.start();
  });

  it('rejects what was pending, and what is asked meanwhile', async () => {
    const pending = client.request('session/get_list', {});
    pending.catch(() => undefined);
    await server.request('session/get_list');
    await cut();
    await expect(pending).rejects.toMatchObject({ reason: 'registered_down' });
    await expect(client.request('session/get_list', {})).rejects.toMatchObject({ reason: 'registered_down' });
  });

  it('begins again when the new connection is lost, too, before all is attached', async () => {
    await create('a');
    await sees('a 1');
    let cuts = 0;
    const { url } = server;
    server.on('session/attach', ({ connection, ok }) => {
      cuts += 1;
      if (cuts < 3) connection.cut();
      else ok({ sessions: [{ session_id: 'a', type: 'p2p', state: 'wait', seq: 1, resume_token: 'r' }] });
    });
    await cut();
    await isOpen();
    expect([cuts, server.connections.length - 1, server.url]).toEqual([3, 3, url]);
    expect(states.filter((status) => status === 'open')).toHaveLength(2);
  });

  it('ends when the client is closed', async () => {
    await cut();
    client.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.state).toMatchObject({ status: 'closed', code: 1000 });
    expect(server.connections).toHaveLength(1);
  });

  it('does not happen where it is switched off, nor for a first connect', async () => {
    await connect({ reconnect: false });
    server.connections.at(-1)?.cut();
    await vi.waitFor(() => expect(client.state.status).toBe('closed'));
    const { url } = server;
    await server.stop();
    const lonely = new PatchbayClient({ url });
    await expect(lonely.connect()).rejects.toMatchObject({ reason: 'registered_down' });
    expect(lonely.state.status).toBe('closed');
    server = await FakeServer.start();
  });
});
