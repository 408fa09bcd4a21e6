import wrtc from '@roamhq/wrtc';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Call, joinCall, PatchbayClient, startCall } from '../../../lib/client/index.ts';
import { FakeMicrophone } from './fake-engine.ts';
import { type FakeRequest, FakeServer, sessionEvent } from './fake-server.ts';

/** Two clients; the fake server passes on what the real one would, and the test says when. */
const ids = { master: 'master@node1', slave: 'slave@node1' };

let server: FakeServer;
let clients: PatchbayClient[];
let microphone: FakeMicrophone;
let calls: Call[];
let offer: unknown;

beforeEach(async () => {
  server = await FakeServer.start();
  microphone = new FakeMicrophone();
  calls = [];
  clients = [new PatchbayClient({ url: server.url }), new PatchbayClient({ url: server.url })];
  for (const client of clients) await client.connect();
  server
    .on('session/create', (request) => {
      const isSlave = request.data.master_id !== undefined;
      if (!isSlave) offer = request.data.offer;
      request.ok({
        session_id: isSlave ? ids.slave : ids.master,
        resume_token: 'r',
        seq: 0,
        ...(isSlave && { offer }),
      });
    })
    .on('session/set_answer', (request) => {
      request.ok();
      server.push(sessionEvent(ids.master, 'answer', { answer: request.data.answer }));
    })
    .on('session/set_candidate', (request) => {
      request.ok();
      server.push(...candidatesOf(request).map((one) => sessionEvent(peerOf(request), 'candidate', one)));
    })
    .on('session/set_candidate_end', (request) => {
      request.ok();
      server.push(sessionEvent(peerOf(request), 'candidate_end'));
    })
    .on('session/destroy', (request) => request.ok());
});
afterEach(async () => {
  for (const call of calls) call.peerConnection.close();
  microphone.stop();
  for (const client of clients) client.close();
  await server.stop();
});

const peerOf = ({ data }: FakeRequest) => (data.session_id === ids.master ? ids.slave : ids.master);
const candidatesOf = ({ data }: FakeRequest): object[] => (Array.isArray(data.candidates) ? data.candidates : []);
const createPeerConnection = () => new wrtc.RTCPeerConnection();

async function start(): Promise<Call> {
  const [client] = clients;
  if (!client) throw new Error('no client');
  const call = await startCall(client, { type: 'p2p', stream: microphone.stream, createPeerConnection });
  calls.push(call);
  return call;
}

async function join(): Promise<Call> {
  const [, client] = clients;
  if (!client) throw new Error('no client');
  const options = { masterId: ids.master, stream: microphone.stream, createPeerConnection };
  const call = await joinCall(client, options);
  calls.push(call);
  return call;
}

const connected = (call: Call) => vi.waitFor(() => expect(call.peerConnection.connectionState).toBe('connected'), 5000);

it('starts before anybody has joined, and connects when somebody does', async () => {
  const master = await start();
  expect(server.requests[0]?.data).toMatchObject({ type: 'p2p', wait_reply: false, offer: { trickle_ice: true } });
  expect(master.peerConnection.signalingState).toBe('have-local-offer');
  const slave = await join();
  await Promise.all([connected(master), connected(slave)]);
  expect((await server.request('session/set_answer')).data).toMatchObject({
    session_id: ids.slave,
    answer: { sdp: expect.not.stringContaining('a=candidate'), trickle_ice: true },
  });
  expect(master.remoteStream?.getAudioTracks()).toHaveLength(1);
  expect(slave.remoteStream?.getAudioTracks()).toHaveLength(1);
});

it('keeps candidates that come before the answer', async () => {
  const answers: object[] = [];
  server.on('session/set_answer', (request) => {
    request.ok();
    answers.push({ answer: request.data.answer });
  });
  const master = await start();
  const slave = await join();
  await vi.waitFor(() =>
    expect(server.requests.filter(({ route }) => route === 'session/set_candidate_end')).toHaveLength(2),
  );
  server.push(sessionEvent(ids.master, 'answer', answers[0]));
  await Promise.all([connected(master), connected(slave)]);
});

it('takes no candidate of its own for one of the far side', async () => {
  server.on('session/set_candidate', (request) => {
    request.ok();
    // As the real server does while nobody has joined: it tells all who hear the session.
    server.push(...candidatesOf(request).map((one) => sessionEvent(String(request.data.session_id), 'candidate', one)));
  });
  const master = await start();
  const added = vi.spyOn(master.peerConnection, 'addIceCandidate');
  await server.request('session/set_candidate_end');
  const far = { sdpMid: '0', sdpMLineIndex: 0, candidate: 'candidate:1 1 udp 1 192.0.2.1 5 typ host' };
  server.push(sessionEvent(ids.master, 'candidate', far));
  await join();
  await vi.waitFor(() => expect(added).toHaveBeenCalled());
  expect(added.mock.calls).toEqual([[far]]);
});

it('waits for the offer when the reply does not have it', async () => {
  await start();
  server.on('session/create', (request) => request.ok({ session_id: ids.slave, resume_token: 'r', seq: 0 }));
  server.on('session/get_offer', (request) => request.ok({ offer }));
  await connected(await join());
  expect((await server.request('session/get_offer')).data).toEqual({ session_id: ids.slave });
});

it('ends the call when the answer is of no use, and destroys the session', async () => {
  const master = await start();
  server.push(sessionEvent(ids.master, 'answer', { answer: { sdp: 'v=0\r\nm=nonsense' } }));
  await vi.waitFor(() => expect(master.ended).toMatchObject({ reason: 'session_failed' }));
  expect((await server.request('session/destroy')).data).toEqual({ session_id: ids.master });
});

it('does not join a call that is not there', async () => {
  server.on('session/create', (request) => request.error('unknown_peer', 'data.master_id: no session master@node1'));
  await expect(join()).rejects.toMatchObject({ reason: 'unknown_peer' });
});
