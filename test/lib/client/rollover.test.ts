import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClientOptions, type EventGap, PatchbayClient, type SessionLost } from '../../../lib/client/index.ts';
import { nodeTransport } from '../../../lib/client/node-transport.ts';
import { FakeServer } from './fake-server.ts';
import { FakeSessions } from './fake-sessions.ts';

let server: FakeServer;
let sessions: FakeSessions;
let client: PatchbayClient;
let seen: Map<string, number[]>;
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
  client = new PatchbayClient({ url: server.url, transport: nodeTransport, ...options });
  [seen, gaps, lost] = [new Map(), [], []];
  client.onEvent(({ obj_id, seq }) => seen.set(obj_id, [...(seen.get(obj_id) ?? []), seq]));
  client.onGap((gap) => gaps.push(gap));
  client.onSessionLost((one) => lost.push(one));
  await client.connect();
}

const create = (session_id: string) =>
  client.request('session/create', { type: 'p2p', session_id, offer: { sdp: 'm=audio' } });
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const openSockets = () => vi.waitFor(() => expect(server.openSockets).toBe(1));

/** Each session's events: every one, once, in order. */
const allSeen = () =>
  vi.waitFor(() => {
    for (const [id, count] of sessions.emitted) expect(seen.get(id) ?? []).toEqual(upTo(count));
  }, 4000);

describe('500 sessions under 200 events a second', () => {
  const count = 500;
  let timer: ReturnType<typeof setInterval>;
  let events = 0;

  /** Between these, events are slow on the old connection and fast on the new one. */
  const rollOverUnderLoad = async (justBefore = () => {}) => {
    for (let index = 0; index < count; index += 100) {
      await Promise.all(upTo(100).map((offset) => create(`s${index + offset}`)));
    }
    events = 0;
    // Every 5 ms one, in bursts, as timers are: sessions take turns in no special order.
    timer = setInterval(() => {
      events += 1;
      sessions.emit(`s${((events * 7919) % count) + 1}`);
    }, 5);
    await new Promise((resolve) => setTimeout(resolve, 200));
    justBefore();
    await client.rollOver();
    await new Promise((resolve) => setTimeout(resolve, 200));
    clearInterval(timer);
  };
  afterEach(() => clearInterval(timer));

  it.each([
    ['attached one by one', false],
    ['attached by pages', true],
  ])('lose no event, get none twice and keep their order, %s', async (_, ownsAll) => {
    await connect({ ownsAll });
    const [old] = server.connections.slice(-1);
    sessions.latencyMs = (connection) => (connection === old ? 300 : 0);
    await rollOverUnderLoad();
    await allSeen();
    expect([gaps, lost, events > 60]).toEqual([[], [], true]);
    expect(sessions.attaches.some(({ session_id }) => session_id === undefined)).toBe(ownsAll);
    expect(sessions.attaches.every(({ since }) => since === undefined)).toBe(true);
    await openSockets();
  });

  it('ask for what the old connection does not bring in time', async () => {
    const [old] = server.connections;
    let isLossy = false;
    sessions.latencyMs = (connection) => (connection !== old ? 0 : isLossy ? undefined : 5);
    await rollOverUnderLoad(() => {
      isLossy = true;
      for (const id of ['s1', 's2', 's3']) sessions.emit(id);
    });
    await allSeen();
    expect([gaps, lost]).toEqual([[], []]);
    const again = sessions.attaches.filter(({ since }) => since !== undefined).map(({ session_id }) => session_id);
    expect(again).toEqual(expect.arrayContaining(['s1', 's2', 's3']));
    expect(again.length).toBeLessThan(count / 2);
  });
});

describe('a rollover', () => {
  it('sends new requests on the new connection, and waits for the replies that the old one owes', async () => {
    const waiting = client.request('session/get_list', {});
    const asked = await server.request('session/get_list');
    let isOver = false;
    const rolling = client.rollOver().then(() => (isOver = true));
    await vi.waitFor(() => expect(server.connections).toHaveLength(2));
    await create('a');
    expect(sessions.ownerOf('a')).toBe(server.connections[1]);
    expect(isOver).toBe(false);
    asked.ok({ sessions: [] });
    expect(await waiting).toEqual({ sessions: [] });
    await rolling;
    expect(client.state.status).toBe('open');
    expect(sessions.attaches).toEqual([]);
    await openSockets();
  });

  it('takes along a session whose create the old connection answers late', async () => {
    const creating = client.request('session/create', { type: 'p2p', offer: { sdp: 'm=audio' } });
    const rolling = client.rollOver();
    await creating;
    await rolling;
    expect(sessions.ownerOf('s1')).toBe(server.connections[1]);
    sessions.emit('s1');
    await allSeen();
  });

  it('moves subscriptions: events of others come once, too, and in order', async () => {
    const other = new PatchbayClient({ url: server.url });
    await other.connect();
    for (const session_id of ['x', 'y']) {
      await other.request('session/create', { type: 'p2p', session_id, offer: { sdp: 'm=audio' } });
    }
    await client.subscribe({ subclass: 'session' });
    const [old] = server.connections;
    sessions.latencyMs = (connection) => (connection === old ? 200 : 0);
    const timer = setInterval(() => sessions.emit('x'), 5);
    sessions.emit('y');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await client.rollOver();
    clearInterval(timer);
    sessions.emit('y');
    await vi.waitFor(() => expect(seen.get('y')).toEqual([2, 3]));
    const last = sessions.emitted.get('x') ?? 0;
    await vi.waitFor(() => expect(seen.get('x')).toEqual(upTo(last).slice(1)));
    expect(
      server.requests.filter(({ route }) => route === 'event/unsubscribe').map(({ connection }) => connection),
    ).toEqual([old]);
    other.close();
  });

  it('hears of a session that ends meanwhile by its own event', async () => {
    await create('a');
    await create('b');
    const [old] = server.connections;
    sessions.latencyMs = (connection) => (connection === old ? 150 : 0);
    sessions.end('a');
    await client.rollOver();
    expect(seen.get('a')).toEqual([1, 2]);
    expect(lost).toEqual([]);
  });

  it('happens by itself before the connection is too old, again and again', async () => {
    await connect({ maxConnectionMs: 150 });
    await create('a');
    const before = server.connections.length;
    await vi.waitFor(() => expect(server.connections.length).toBeGreaterThanOrEqual(before + 2), 3000);
    sessions.emit('a');
    await allSeen();
  });

  it('stays with the old connection when no other one opens', async () => {
    await create('a');
    server.refusesConnections = true;
    await expect(client.rollOver()).rejects.toMatchObject({ reason: 'registered_down' });
    expect(client.state.status).toBe('open');
    sessions.emit('a');
    await allSeen();
  });

  it('becomes a reconnect when the new connection is lost', async () => {
    await connect({ reconnect: { baseMs: 10, maxMs: 20 } });
    await create('a');
    const attach = server.handler('session/attach');
    let isFirst = true;
    server.on('session/attach', (request) => {
      if (isFirst) request.connection.cut();
      else attach(request);
      isFirst = false;
    });
    await expect(client.rollOver()).rejects.toMatchObject({ reason: 'registered_down' });
    await vi.waitFor(() => expect(client.state.status).toBe('open'), 3000);
    sessions.emit('a');
    await allSeen();
    await openSockets();
    expect(sessions.ownerOf('a')).toBe(server.connections.at(-1));
  });

  it('goes on when the old connection is lost meanwhile', async () => {
    await create('a');
    const [old] = server.connections;
    sessions.latencyMs = (connection) => (connection === old ? undefined : 0);
    sessions.emit('a');
    const rolling = client.rollOver();
    await vi.waitFor(() => expect(server.connections).toHaveLength(2));
    old?.cut();
    await rolling;
    sessions.emit('a');
    await allSeen();
    expect([gaps, lost]).toEqual([[], []]);
  });

  it('ends with the client', async () => {
    const [old] = server.connections;
    sessions.latencyMs = (connection) => (connection === old ? undefined : 0);
    await create('a');
    const rolling = client.rollOver();
    rolling.catch(() => undefined);
    await vi.waitFor(() => expect(server.connections).toHaveLength(2));
    client.close();
    await expect(rolling).rejects.toMatchObject({ reason: 'registered_down' });
    expect(client.state.status).toBe('closed');
    await vi.waitFor(() => expect(server.openSockets).toBe(0));
  });
});
