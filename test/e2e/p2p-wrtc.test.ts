import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PatchbayClient, PatchbayEvent } from '../../lib/client/index.ts';
import { type P2pCall, startP2p } from '../support/p2p.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { grows, until } from '../support/until.ts';
import { connectClient, openTone, pitchHz, rtpBytes, type Tone, toneHz } from '../support/wrtc.ts';

let stack: TestStack;
let clients: [PatchbayClient, PatchbayClient];
let tones: [Tone, Tone];
const events: PatchbayEvent[][] = [];

beforeAll(async () => {
  stack = await startTestStack();
  clients = [await connectClient(stack.api), await connectClient(stack.api)];
  tones = [openTone(), openTone()];
  for (const client of clients) {
    const mine: PatchbayEvent[] = [];
    events.push(mine);
    client.onEvent((event) => mine.push(event));
  }
});

afterAll(async () => {
  for (const tone of tones ?? []) tone.stop();
  for (const client of clients ?? []) client.close();
  await stack?.stop();
});

const isConnected = ({ master, slave }: P2pCall) =>
  until('both connected', () =>
    [master, slave].every(({ peerConnection }) => peerConnection.connectionState === 'connected'),
  );
/** What each client was told of its session. */
const eventsOf = ({ master, slave }: P2pCall) =>
  [master, slave].map(({ sessionId }, index) => events[index]?.filter(({ obj_id }) => obj_id === sessionId) ?? []);
const listed = async () => (await clients[0].request('session/get_list', {})).sessions;

test('two peers find each other by what patchbay passes on, and hear each other', async () => {
  const call = await startP2p(clients, tones);
  const { master, slave } = call;
  await isConnected(call);
  await Promise.all(
    [master, slave].map(({ peerConnection }) =>
      grows('audio that comes', () => rtpBytes(peerConnection, 'inbound'), 2000),
    ),
  );
  for (const { peerConnection } of [master, slave]) {
    const [receiver] = peerConnection.getReceivers();
    if (!receiver) throw new Error('nothing is received');
    expect(Math.abs((await pitchHz(receiver.track)) - toneHz)).toBeLessThan(15);
  }

  const info = await clients[0].request('session/get_info', { session_id: master.sessionId });
  expect(info).toMatchObject({ type: 'p2p', backend: 'p2p', state: 'ready', slave_id: slave.sessionId });
  expect(info.offer).toMatchObject({ trickle_ice: true, sdp: expect.not.stringContaining('a=candidate') });
  expect(info.answer).toMatchObject({ trickle_ice: true, sdp: expect.not.stringContaining('a=candidate') });
  for (const mine of eventsOf(call)) expect(mine.filter(({ type }) => type === 'candidate').length).toBeGreaterThan(0);
  await master.hangUp();
});

describe.each(['master', 'slave'] as const)('when the %s hangs up', (who) => {
  test('both calls end, once, and so do both sessions', async () => {
    const call = await startP2p(clients, tones);
    await isConnected(call);
    const endings: string[] = [];
    call.master.onEnded(({ reason }) => endings.push(`master ${reason}`));
    call.slave.onEnded(({ reason }) => endings.push(`slave ${reason}`));
    const other = who === 'master' ? 'slave' : 'master';
    await call[who].hangUp();
    await until('the other one ends, too', () => call[other].ended);
    expect(endings.sort()).toEqual([`${who} user_stop`, `${other} peer_stopped`].sort());
    expect(call[other].peerConnection.connectionState).toBe('closed');
    expect(await listed()).toEqual([]);

    await until('the events', () => eventsOf(call).every((mine) => mine.some(({ type }) => type === 'destroyed')));
    for (const mine of eventsOf(call)) {
      expect(mine.filter(({ type }) => type === 'destroyed')).toHaveLength(1);
      expect(mine.map(({ seq }) => seq)).toEqual(mine.map((_, index) => index + 1));
    }
  });
});

test('a call that is over, or has its two, can not be joined', async () => {
  const { master } = await startP2p(clients, tones);
  await expect(startP2pSlave(master.sessionId)).rejects.toMatchObject({ reason: 'invalid_state' });
  await master.hangUp();
  await expect(startP2pSlave(master.sessionId)).rejects.toMatchObject({ reason: 'unknown_peer' });
});

const startP2pSlave = (master_id: string) => clients[1].request('session/create', { type: 'p2p', master_id });
