import wrtc from '@roamhq/wrtc';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Call, type ListenOptions, listenTo, PatchbayClient } from '../../../lib/client/index.ts';
import { FakeEngine, FakeMicrophone, offersBy } from './fake-engine.ts';
import { FakeServer, sessionEvent } from './fake-server.ts';

const id = 'listener@node1';
const made = { session_id: id, resume_token: 'r', seq: 0, room_id: 'hall' };

let server: FakeServer;
let client: PatchbayClient;
let engine: FakeEngine;
let microphone: FakeMicrophone;
let call: Call | undefined;

beforeEach(async () => {
  server = await FakeServer.start();
  engine = new FakeEngine();
  microphone = new FakeMicrophone();
  offersBy(server, engine, made, () => engine.offer(microphone.stream));
  server.on('session/set_type', ({ ok }) => ok({ publisher_id: 'p2' }));
  client = new PatchbayClient({ url: server.url });
  await client.connect();
});
afterEach(async () => {
  call?.peerConnection.close();
  engine.stop();
  microphone.stop();
  client.close();
  await server.stop();
});

async function listen(options: Partial<ListenOptions> = {}): Promise<Call> {
  const createPeerConnection = () => new wrtc.RTCPeerConnection();
  call = await listenTo(client, { publisherId: 'p1', createPeerConnection, ...options });
  return call;
}
const isConnected = ({ peerConnection }: Call) =>
  vi.waitFor(() => expect(peerConnection.connectionState).toBe('connected'), 3000);
const answers = () => server.requests.filter(({ route }) => route === 'session/set_answer');

it("answers the server's offer and hears the publisher", async () => {
  const call = await listen({ session: { mute_video: true } });
  await isConnected(call);
  expect(server.requests[0]?.data).toEqual({
    type: 'listen',
    publisher_id: 'p1',
    mute_video: true,
    wait_reply: true,
  });
  expect(answers()[0]?.data).toMatchObject({
    session_id: id,
    answer: { sdp: expect.stringMatching(/a=recvonly/), sdp_type: 'webrtc', trickle_ice: true },
  });
  expect(call.roomId).toBe('hall');
  expect(call.remoteStream?.getAudioTracks()).toHaveLength(1);
});

it('opens a data channel, so that data comes too', async () => {
  const call = await listen({ data: true });
  await vi.waitFor(() => expect(call.dataChannel?.readyState).toBe('open'), 3000);
});

it('answers once, whether the offer comes by the reply, by its event, or by both', async () => {
  server.on('session/create', async ({ ok }) => {
    const offer = await engine.offer(microphone.stream);
    server.push(sessionEvent(id, 'offer', { offer }));
    ok({ ...made, offer });
    server.push(sessionEvent(id, 'offer', { offer, room: 'of event_body' }));
  });
  await isConnected(await listen());
  expect(answers()).toHaveLength(1);
});

it('waits for the offer when the reply does not have it', async () => {
  server.on('session/create', ({ ok }) => ok(made));
  server.on('session/get_offer', async ({ ok }) => ok({ offer: await engine.offer(microphone.stream) }));
  await isConnected(await listen());
});

it('switches to another publisher over the same peer connection', async () => {
  const call = await listen();
  await call.switchTo('p2');
  expect((await server.request('session/set_type')).data).toEqual({
    session_id: id,
    type: 'listen',
    publisher_id: 'p2',
  });
});

it('answers an offer by which the engine negotiates anew', async () => {
  const call = await listen();
  await isConnected(call);
  const second = new FakeMicrophone();
  server.push(sessionEvent(id, 'offer', { offer: await engine.offer(second.stream) }));
  await vi.waitFor(() => expect(answers()).toHaveLength(2));
  const directions = () => call.peerConnection.getTransceivers().map(({ currentDirection }) => currentDirection);
  await vi.waitFor(() => expect(directions()).toEqual(['recvonly', 'recvonly']));
  expect(call.ended).toBeUndefined();
  expect(call.peerConnection.connectionState).toBe('connected');
  second.stop();
});

it('ends when a later offer is of no use, and with its own reason when the server refuses the answer', async () => {
  const call = await listen();
  server.push(sessionEvent(id, 'offer', { offer: { sdp: 'v=0\r\nm=nonsense' } }));
  await vi.waitFor(() => expect(call.ended).toMatchObject({ reason: 'session_failed' }));

  engine.stop();
  engine = new FakeEngine();
  server.on('session/set_answer', ({ error }) => error('invalid_state', 'too late'));
  await expect(listen()).rejects.toMatchObject({ reason: 'invalid_state' });
});

it('does not listen to a publisher that is not there', async () => {
  server.on('session/create', ({ error }) => error('invalid_publisher', 'data.publisher_id: no session p1'));
  await expect(listen()).rejects.toMatchObject({ reason: 'invalid_publisher' });
});
