import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { PatchbayClient, type PatchbayEvent } from '../../lib/client/index.ts';
import { nodeTransport } from '../../lib/client/node-transport.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { type P2pCall, startP2p } from '../support/p2p.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { grows, until } from '../support/until.ts';
import { connectClient, openTone, rtpBytes, type Tone } from '../support/wrtc.ts';

let stack: TestStack;
let proxy: CuttableProxy;
let tones: [Tone, Tone];
/** Behind the proxy, and not. */
let client: PatchbayClient;
let friend: PatchbayClient;
let events: PatchbayEvent[];
let gaps: number;

beforeAll(async () => {
  stack = await startTestStack();
  proxy = await CuttableProxy.before(stack.api);
  tones = [openTone(), openTone()];
});

afterAll(async () => {
  for (const tone of tones ?? []) tone.stop();
  await proxy?.stop();
  await stack?.stop();
});

beforeEach(async () => {
  proxy.mend();
  client = new PatchbayClient({ url: proxy.url, transport: nodeTransport, reconnect: { baseMs: 50, maxMs: 200 } });
  await client.connect();
  friend = await connectClient(stack.api);
  events = [];
  gaps = 0;
  client.onEvent((event) => events.push(event));
  client.onGap(() => {
    gaps += 1;
  });
});

afterEach(() => {
  client.close();
  friend.close();
});

async function connectedCall(reconnectSeconds: number): Promise<P2pCall> {
  const call = await startP2p([client, friend], tones, { reconnect_timeout: reconnectSeconds });
  await until('connected', () => call.master.peerConnection.connectionState === 'connected');
  return call;
}

const cut = async () => {
  proxy.cut();
  await until('the client is cut off', () => client.state.status === 'reconnecting');
};
const isOpen = () => until('the client is back', () => client.state.status === 'open');
const infosOf = (of: readonly PatchbayEvent[]) =>
  of.filter(({ type }) => type === 'info').map(({ body }) => String(body.info));
const inform = (session_id: string, info: string) => friend.request('session/send_info', { session_id, info });

test('a call goes on while its connection is gone, and afterwards has each event that it missed, once', async () => {
  const { master, slave } = await connectedCall(10);
  const { sessionId, resumeToken } = master;
  await inform(sessionId, 'before');
  await until('the first', () => infosOf(events).includes('before'));

  await cut();
  await grows('audio that comes', () => rtpBytes(master.peerConnection, 'inbound'), 2000);
  for (const number of [1, 2, 3, 4, 5]) await inform(sessionId, `away ${number}`);
  expect(infosOf(events)).toEqual(['before']);
  proxy.mend();
  await isOpen();
  await inform(sessionId, 'after');
  await until('the last', () => infosOf(events).includes('after'));

  expect(infosOf(events)).toEqual(['before', 'away 1', 'away 2', 'away 3', 'away 4', 'away 5', 'after']);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  const owner = events.filter(({ body }) => body.class === 'owner').map(({ body }) => body.status);
  expect(owner).toEqual(['gone', 'connected']);
  expect(gaps).toBe(0);
  expect(master.resumeToken).not.toBe(resumeToken);
  expect([master.ended, slave.ended]).toEqual([undefined, undefined]);

  await slave.hangUp();
  await until('the call ends', () => master.ended);
  expect(master.ended).toMatchObject({ reason: 'peer_stopped' });
});

test('a call that is cut again and again loses nothing', async () => {
  const { master } = await connectedCall(10);
  let sent = 0;
  let isSending = true;
  const sending = (async () => {
    while (isSending) {
      sent += 1;
      await inform(master.sessionId, `${sent}`);
      await delay(20);
    }
  })();
  for (let round = 0; round < 5; round += 1) {
    await delay(150);
    await cut();
    await delay(100);
    proxy.mend();
    await isOpen();
  }
  isSending = false;
  await sending;
  await until('the last one', () => infosOf(events).includes(`${sent}`));
  expect(infosOf(events)).toEqual(Array.from({ length: sent }, (_, index) => `${index + 1}`));
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  await master.hangUp();
});

test('one that comes back too late ends with session_not_found', async () => {
  const { master, slave } = await connectedCall(1);
  await cut();
  await until('the server gives it up', () => slave.ended);
  expect(slave.ended).toMatchObject({ reason: 'peer_stopped' });
  expect(master.ended).toBeUndefined();
  proxy.mend();
  await until('the call ends', () => master.ended);
  expect(master.ended).toMatchObject({ code: 100062, reason: 'session_not_found' });
  expect(master.peerConnection.connectionState).toBe('closed');
  await isOpen();
});

test('one that is hung up meanwhile is destroyed when the client is back', async () => {
  const { master, slave } = await connectedCall(30);
  await cut();
  await master.hangUp();
  expect(master.ended).toMatchObject({ reason: 'user_stop' });
  proxy.mend();
  await until('the other one ends', () => slave.ended);
  expect((await friend.request('session/get_list', {})).sessions).toEqual([]);
});
