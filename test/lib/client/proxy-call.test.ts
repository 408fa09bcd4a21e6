import wrtc from '@roamhq/wrtc';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Call, joinCall, PatchbayClient, startCall } from '../../../lib/client/index.ts';
import { FakeEngine, FakeMicrophone } from './fake-engine.ts';
import { FakeServer, sessionEvent } from './fake-server.ts';

/** A caller and a callee, and an engine with a peer connection to each. */
const ids = { master: 'master@node1', slave: 'slave@node1' };

let server: FakeServer;
let client: PatchbayClient;
let engines: { caller: FakeEngine; callee: FakeEngine };
let microphone: FakeMicrophone;
let calls: Call[];

beforeEach(async () => {
  server = await FakeServer.start();
  engines = { caller: new FakeEngine(), callee: new FakeEngine() };
  microphone = new FakeMicrophone();
  calls = [];
  let callerOffer: unknown;
  server
    .on('session/create', async ({ data, ok }) => {
      if (data.master_id === undefined) {
        callerOffer = data.offer;
        ok({ session_id: ids.master, resume_token: 'r', seq: 0 });
      } else {
        ok({ session_id: ids.slave, resume_token: 'r', seq: 0, offer: await engines.callee.offer(microphone.stream) });
      }
    })
    .on('session/set_answer', async ({ data, ok }) => {
      await engines.callee.takeAnswer(data.answer);
      ok();
      server.push(sessionEvent(ids.master, 'answer', { answer: await engines.caller.answer(callerOffer) }));
    })
    .on('session/set_candidate', async ({ data, ok }) => {
      await engines[data.session_id === ids.master ? 'caller' : 'callee'].addCandidates(data.candidates);
      ok();
    })
    .on('session/set_candidate_end', ({ ok }) => ok())
    .on('session/destroy', ({ ok }) => ok());
  client = new PatchbayClient({ url: server.url });
  await client.connect();
});
afterEach(async () => {
  for (const call of calls) call.peerConnection.close();
  engines.caller.stop();
  engines.callee.stop();
  microphone.stop();
  client.close();
  await server.stop();
});

const createPeerConnection = () => new wrtc.RTCPeerConnection();

it('rings without an answer, and connects both sides to the engine when somebody joins', async () => {
  const options = { stream: microphone.stream, createPeerConnection };
  const master = await startCall(client, { type: 'proxy', session: { wait_timeout: 300 }, ...options });
  calls.push(master);
  expect(server.requests[0]?.data).toMatchObject({ type: 'proxy', wait_reply: false, wait_timeout: 300 });
  expect(master.peerConnection.signalingState).toBe('have-local-offer');

  const slave = await joinCall(client, { type: 'proxy', masterId: ids.master, ...options });
  calls.push(slave);
  const created = server.requests.filter(({ route }) => route === 'session/create');
  expect(created[1]?.data).toEqual({ type: 'proxy', master_id: ids.master, wait_reply: true });
  for (const { peerConnection } of calls) {
    await vi.waitFor(() => expect(peerConnection.connectionState).toBe('connected'), 3000);
  }
  expect(calls.map(({ remoteStream }) => remoteStream?.getAudioTracks().length)).toEqual([1, 1]);
});
