import wrtc from '@roamhq/wrtc';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Call, type CallOptions, PatchbayClient, startCall } from '../../../lib/client/index.ts';
import { FakeEngine, FakeMicrophone, offersBy } from './fake-engine.ts';
import { FakeServer } from './fake-server.ts';

const id = 'parked@node1';
const made = { session_id: id, resume_token: 'r', seq: 0 };

let server: FakeServer;
let client: PatchbayClient;
let engine: FakeEngine;
let own: FakeMicrophone;
let far: FakeMicrophone;
let call: Call | undefined;

beforeEach(async () => {
  server = await FakeServer.start();
  engine = new FakeEngine();
  own = new FakeMicrophone();
  far = new FakeMicrophone();
  offersBy(server, engine, made, () => engine.offer(far.stream, 'sendrecv'));
  client = new PatchbayClient({ url: server.url });
  await client.connect();
});
afterEach(async () => {
  call?.peerConnection.close();
  engine.stop();
  own.stop();
  far.stop();
  client.close();
  await server.stop();
});

async function start(options: Partial<CallOptions> = {}): Promise<Call> {
  const createPeerConnection = () => new wrtc.RTCPeerConnection();
  const session = { backend: 'freeswitch' };
  const all = {
    type: 'park',
    offerBy: 'server',
    stream: own.stream,
    session,
    createPeerConnection,
    ...options,
  } as const;
  call = await startCall(client, all);
  return call;
}

it('asks for an offer, answers it with the stream, and connects both ways', async () => {
  const { peerConnection, remoteStream } = await start();
  expect(server.requests[0]?.data).toEqual({ type: 'park', backend: 'freeswitch', wait_reply: true });
  const { data } = await server.request('session/set_answer');
  expect(data).toMatchObject({ session_id: id, answer: { sdp_type: 'webrtc', trickle_ice: true } });
  await vi.waitFor(() => expect(peerConnection.connectionState).toBe('connected'), 3000);
  expect(peerConnection.getTransceivers().map(({ currentDirection }) => currentDirection)).toEqual(['sendrecv']);
  expect(peerConnection.getSenders()[0]?.track?.id).toBe(own.track.id);
  expect(remoteStream?.getAudioTracks()).toHaveLength(1);
});

it('waits for the offer when the reply does not have it', async () => {
  server.on('session/create', ({ ok }) => ok(made));
  server.on('session/get_offer', async ({ ok }) => ok({ offer: await engine.offer(far.stream, 'sendrecv') }));
  const { peerConnection } = await start();
  await vi.waitFor(() => expect(peerConnection.connectionState).toBe('connected'), 3000);
});

it('hangs up when the server refuses the answer', async () => {
  server.on('session/set_answer', ({ error }) => error('invalid_value', 'data.answer.sdp'));
  await expect(start()).rejects.toMatchObject({ reason: 'invalid_value' });
  expect((await server.request('session/destroy')).data).toEqual({ session_id: id });
});
