import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CommandInput, joinCall, type PatchbayClient, startCall } from '../../lib/client/index.ts';
import { WebrtcEnd } from '../support/call-ends.ts';
import { HeardEvents } from '../support/heard-events.ts';
import { janusHandles } from '../support/janus-admin.ts';
import { hears } from '../support/media-ends.ts';
import { areUp, startProxy } from '../support/proxies.ts';
import { phoneOffer } from '../support/sdp.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { connectClient, makeOfferSdp, newPeerConnection, openTone, type Tone } from '../support/wrtc.ts';

const [lowHz, highHz] = [440, 660];

let stack: TestStack;
let clients: [PatchbayClient, PatchbayClient];
let tones: [Tone, Tone];
let streams: [MediaStream, MediaStream];
let heard: HeardEvents;

beforeAll(async () => {
  stack = await startTestStack();
  clients = [await connectClient(stack.api), await connectClient(stack.api)];
  heard = new HeardEvents(...clients);
  tones = [openTone(lowHz), openTone(highHz)];
  streams = [tones[0].stream, tones[1].stream];
});
afterAll(async () => {
  for (const tone of tones ?? []) tone.stop();
  for (const client of clients ?? []) client.close();
  await stack?.stop();
});

/** Both clients are of the same user: each may ask for either session. */
const info = (session_id: string) => clients[0].request('session/get_info', { session_id });
const create = (data: CommandInput<'session/create'>) => clients[1].request('session/create', data);
const isOver = async (masterId: string, slaveId: string) => ({
  master: await heard.endings(masterId),
  slave: await heard.endings(slaveId),
});

test('two callers hear each other through Janus', async () => {
  const { master, slave } = await startProxy(clients, streams);
  const [{ answer }, answered] = await Promise.all([
    clients[0].request('session/get_answer', { session_id: master.sessionId }),
    heard.event(master.sessionId, 'answer'),
    hears(master.peerConnection, highHz),
    hears(slave.peerConnection, lowHz),
  ]);
  expect(answered.body).toEqual({ answer });
  expect(answer).toMatchObject({ sdp_type: 'webrtc', trickle_ice: false });
  const common = { type: 'proxy', backend: 'janus', state: 'ready', status: { webrtc: { status: 'up' } } };
  expect(await info(master.sessionId)).toMatchObject({
    ...common,
    backend_role: 'offeree',
    slave_id: slave.sessionId,
    peer_id: slave.sessionId,
  });
  expect(await info(slave.sessionId)).toMatchObject({
    ...common,
    backend_role: 'offerer',
    master_id: master.sessionId,
    peer_id: master.sessionId,
  });
  await master.hangUp();
  await isOver(master.sessionId, slave.sessionId);
});

test('a proxy can be joined as a p2p call can', async () => {
  const common = { createPeerConnection: newPeerConnection } as const;
  const master = await startCall(clients[0], { ...common, type: 'proxy', stream: streams[0] });
  const slave = await joinCall(clients[1], { ...common, masterId: master.sessionId, stream: streams[1] });
  await areUp(master, slave);
  await Promise.all([hears(master.peerConnection, highHz), hears(slave.peerConnection, lowHz)]);
  await slave.hangUp();
  await isOver(master.sessionId, slave.sessionId);
});

describe('a slave by hand', () => {
  const called = ['proxy', 'bridge', 'p2p'] as const;
  const names = called.flatMap((type) => [[type, 'master_id'] as const, [type, 'peer_id'] as const]);

  test.each(names)('of type %s may name its master by %s, and repeat its offer', async (type, field) => {
    const [near, far] = [new WebrtcEnd(tones[0]), new WebrtcEnd(tones[1])];
    const { session_id: masterId } = await create({ type: 'proxy', offer: { sdp: await near.offer() } });
    const { offer } = await clients[0].request('session/get_proxy_offer', { session_id: masterId });
    const { session_id: slaveId } = await create({ type, [field]: masterId, offer });
    expect(await clients[1].request('session/get_offer', { session_id: slaveId })).toEqual({ offer });
    const answered = clients[0].request('session/get_answer', { session_id: masterId });
    const farAnswer = { sdp: await far.answer(offer.sdp) };
    await clients[1].request('session/set_answer', { session_id: slaveId, answer: farAnswer });
    const { answer } = await answered;
    expect((await heard.event(masterId, 'answer')).body).toEqual({ answer });
    await near.takeAnswer(answer.sdp);
    await Promise.all([hears(near.peerConnection, highHz), hears(far.peerConnection, lowHz)]);
    expect(await info(slaveId)).toMatchObject({ type: 'proxy', state: 'ready', master_id: masterId });
    await clients[1].request('session/destroy', { session_id: slaveId });
    expect(await isOver(masterId, slaveId)).toEqual({ master: ['peer_stopped'], slave: ['user_stop'] });
    near.peerConnection.close();
    far.peerConnection.close();
  });
});

describe.each([
  ['master', 'slave'],
  ['slave', 'master'],
] as const)('when the %s', (who, other) => {
  test('hangs up, both end, once', async () => {
    const call = await startProxy(clients, streams);
    const { master, slave } = call;
    await call[who].hangUp();
    await until('the other one ends, too', () => call[other].ended);
    expect(await isOver(master.sessionId, slave.sessionId)).toEqual({
      [who]: ['user_stop'],
      [other]: ['peer_stopped'],
    });
    expect(call[other].peerConnection.connectionState).toBe('closed');
  });

  test("'s media connection is closed, both end, once, and the status says whose it was", async () => {
    const call = await startProxy(clients, streams);
    const { master, slave } = call;
    call[who].peerConnection.close();
    expect(await isOver(master.sessionId, slave.sessionId)).toEqual({
      [who]: ['session_stop'],
      [other]: ['peer_stopped'],
    });
    expect(heard.statuses(call[who].sessionId, 'hangup')).toEqual([{ class: 'hangup', cause: expect.any(String) }]);
    expect(heard.statuses(call[other].sessionId, 'hangup')).toEqual([]);
  });
});

test('when both hang up at once, both end, once', async () => {
  const { master, slave } = await startProxy(clients, streams);
  await Promise.all([master.hangUp(), slave.hangUp()]);
  expect((await Promise.all([master, slave].map(({ sessionId }) => heard.endings(sessionId)))).flat()).toHaveLength(2);
});

describe('refused is', () => {
  test('rtp on both sides, with invalid_parameters', async () => {
    const offer = { sdp: phoneOffer, sdp_type: 'rtp' } as const;
    await expect(create({ type: 'proxy', offer, sdp_type: 'rtp' })).rejects.toMatchObject({
      reason: 'invalid_parameters',
      message: expect.stringContaining('rtp on both sides'),
    });
  });

  test('a proxy offer of what is no master of a proxy, with invalid_operation', async () => {
    const offer = { sdp: await makeOfferSdp() };
    const echo = await create({ type: 'echo', offer });
    const master = await create({ type: 'proxy', offer });
    const slave = await create({ type: 'proxy', master_id: master.session_id });
    for (const { session_id } of [echo, slave]) {
      await expect(clients[1].request('session/get_proxy_offer', { session_id })).rejects.toMatchObject({
        reason: 'invalid_operation',
        message: `session ${session_id} is not the master of a proxy`,
      });
    }
    for (const { session_id } of [echo, master]) await clients[1].request('session/destroy', { session_id });
  });

  test('a slave that does not fit its master, with what does not fit', async () => {
    const offer = { sdp: await makeOfferSdp() };
    const { session_id: masterId } = await create({ type: 'proxy', offer });
    const slave = { type: 'proxy', master_id: masterId } as const;
    const echo = await create({ type: 'echo', offer });
    const refusals: [CommandInput<'session/create'>, string][] = [
      [{ ...slave, offer }, 'invalid_value'],
      [{ ...slave, sdp_type: 'rtp' }, 'invalid_parameters'],
      [{ ...slave, set_master_answer: false }, 'invalid_parameters'],
      [{ ...slave, peer_id: echo.session_id }, 'invalid_parameters'],
      [{ type: 'proxy', master_id: 'nowhere' }, 'unknown_peer'],
      [{ type: 'proxy', master_id: echo.session_id }, 'incompatible_session'],
    ];
    for (const [data, reason] of refusals) await expect(create(data)).rejects.toMatchObject({ reason });
    const first = await create(slave);
    await expect(create(slave)).rejects.toMatchObject({ reason: 'invalid_state' });
    await expect(
      clients[1].request('session/set_answer', { session_id: masterId, answer: offer }),
    ).rejects.toMatchObject({ reason: 'invalid_operation' });
    for (const { session_id } of [first, echo]) await clients[1].request('session/destroy', { session_id });
    await heard.endings(masterId);
  });
});

test('nothing is left of all these calls, and each of their sessions has told of its end once', async () => {
  await until('nothing is left in Janus', async () => (await janusHandles(stack.janus)).length === 0);
  expect((await clients[0].request('session/get_list', {})).sessions).toEqual([]);
  expect(await heard.faulty()).toEqual([]);
});
