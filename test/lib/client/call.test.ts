import wrtc from '@roamhq/wrtc';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type CallOptions,
  type Ended,
  PatchbayClient,
  type SessionStatus,
  startCall,
} from '../../../lib/client/index.ts';
import { FakeEngine, FakeMicrophone } from './fake-engine.ts';
import { FakeServer, sessionEvent } from './fake-server.ts';

const id = 'c0ffee@node1';
const made = { session_id: id, resume_token: 'resume', seq: 1 };

let server: FakeServer;
let client: PatchbayClient;
let engine: FakeEngine;
let microphone: FakeMicrophone;
let peerConnection: RTCPeerConnection;

beforeEach(async () => {
  server = await FakeServer.start();
  engine = new FakeEngine();
  microphone = new FakeMicrophone();
  server
    .on('session/create', async (request) => request.ok({ ...made, answer: await engine.answer(request.data.offer) }))
    .on('session/set_candidate', async (request) => {
      await engine.addCandidates(request.data.candidates);
      request.ok();
    })
    .on('session/set_candidate_end', (request) => request.ok())
    .on('session/destroy', (request) => request.ok());
  client = new PatchbayClient({ url: server.url });
  await client.connect();
});
afterEach(async () => {
  peerConnection?.close();
  engine.stop();
  microphone.stop();
  client.close();
  await server.stop();
});

const start = (options: Partial<CallOptions> = {}) =>
  startCall(client, {
    type: 'echo',
    stream: microphone.stream,
    gatheringTimeoutMs: 200,
    createPeerConnection: () => {
      peerConnection = new wrtc.RTCPeerConnection();
      return peerConnection;
    },
    ...options,
  });
const isConnected = () => vi.waitFor(() => expect(peerConnection.connectionState).toBe('connected'), 3000);
const destroyed = { code: 301004, reason: 'janus_bye', error: 'Janus ended the call', duration: 7 };

describe('starting a call', () => {
  it('offers the tracks, waits for the answer and connects', async () => {
    const call = await start({ session: { record: true } });
    expect([call.sessionId, call.resumeToken, call.ended]).toEqual([id, 'resume', undefined]);
    expect(call.peerConnection).toBe(peerConnection);
    expect(server.requests[0]?.data).toMatchObject({ type: 'echo', record: true, wait_reply: true });
    expect(server.requests[0]?.data).toHaveProperty('offer.sdp', expect.stringMatching(/m=audio/));
    await isConnected();
    expect(call.remoteStream?.getAudioTracks()).toHaveLength(1);
  });

  it('offers at once, and sends its candidates in one message and then their end', async () => {
    await start();
    const { data } = await server.request('session/set_candidate');
    await server.request('session/set_candidate_end');
    expect(server.requests[0]?.data).toHaveProperty('offer.trickle_ice', true);
    expect(server.requests[0]?.data).toHaveProperty('offer.sdp', expect.not.stringContaining('a=candidate'));
    expect(data).toMatchObject({ session_id: id, candidates: expect.any(Array) });
    expect(data).toHaveProperty('candidates.0', {
      sdpMid: '0',
      sdpMLineIndex: 0,
      candidate: expect.stringMatching(/^candidate:/),
    });
    expect(server.requests.map(({ route }) => route)).toEqual([
      'session/create',
      'session/set_candidate',
      'session/set_candidate_end',
    ]);
  });

  it('gathers its candidates into the offer where it is not to trickle', async () => {
    await start({ trickle: false });
    await isConnected();
    expect(server.requests[0]?.data).toHaveProperty('offer.trickle_ice', false);
    expect(server.requests[0]?.data).toHaveProperty('offer.sdp', expect.stringMatching(/m=audio[\s\S]*a=candidate/));
    expect(server.requests).toHaveLength(1);
  });

  it('sends candidates again that a lost connection may not have carried', async () => {
    server.on('session/attach', (request) => request.ok({ sessions: [{ ...made, type: 'echo', state: 'wait' }] }));
    let isFirst = true;
    server.on('session/set_candidate', (request) => {
      if (isFirst) request.connection.cut();
      else request.ok();
      isFirst = false;
    });
    await start();
    await vi.waitFor(() => {
      const sent = server.requests.filter(({ route }) => route === 'session/set_candidate');
      expect(sent).toHaveLength(2);
      expect(sent[1]?.data).toEqual(sent[0]?.data);
    }, 3000);
    await server.request('session/set_candidate_end');
  });

  it('sends the other candidates when the server refuses one of them', async () => {
    server.on('session/set_candidate', ({ data, ok, error }) => {
      if (Array.isArray(data.candidates) && data.candidates.length > 1) error('invalid_value', 'data.candidates[0]');
      else ok();
    });
    await start();
    await server.request('session/set_candidate_end');
    const [all, ...each] = server.requests.filter(({ route }) => route === 'session/set_candidate');
    expect(each.flatMap(({ data }) => data.candidates)).toEqual(
      Array.isArray(all?.data.candidates) && all.data.candidates.length > 1 ? all.data.candidates : [],
    );
  });

  it('asks for the answer when the reply to create has none', async () => {
    const answer = Promise.withResolvers<object>();
    server.on('session/create', (request) => {
      request.ok(made);
      engine.answer(request.data.offer).then(answer.resolve);
    });
    server.on('session/get_answer', async (request) => request.ok({ answer: await answer.promise }));
    await start();
    expect((await server.request('session/get_answer')).data).toEqual({ session_id: id });
    await isConnected();
  });

  it('keeps the events that came before the reply to create, and before the first listener', async () => {
    server.on('session/create', async (request) => {
      const answer = await engine.answer(request.data.offer);
      server.push(sessionEvent('other', 'created'), sessionEvent(id, 'created'));
      server.push(sessionEvent(id, 'status', { class: 'engine', status: 'up' }));
      request.ok({ ...made, answer });
      server.push(sessionEvent(id, 'status', { class: 'webrtc', status: 'up', more: 1 }));
    });
    const call = await start();
    const types: string[] = [];
    const statuses: SessionStatus[] = [];
    call.onEvent(({ type }) => types.push(type));
    call.onStatus((status) => statuses.push(status));
    await vi.waitFor(() => expect(statuses).toHaveLength(2));
    expect(types).toEqual(['created', 'status', 'status']);
    expect(statuses).toEqual([
      { class: 'engine', status: 'up' },
      { class: 'webrtc', status: 'up' },
    ]);
  });
});

describe('publishing', () => {
  it('only sends, and knows the room', async () => {
    server.on('session/create', async ({ data, ok }) => {
      ok({ ...made, answer: await engine.answer(data.offer), room_id: 'hall', room: 'hall' });
    });
    const call = await start({ type: 'publish', session: { room_id: 'hall', create_room: true } });
    expect(call.roomId).toBe('hall');
    expect(server.requests[0]?.data).toMatchObject({ type: 'publish', room_id: 'hall', create_room: true });
    expect(server.requests[0]?.data).toHaveProperty('offer.sdp', expect.stringMatching(/a=sendonly/));
  });

  it('takes the older name of the room', async () => {
    server.on('session/create', async ({ data, ok }) => {
      ok({ ...made, answer: await engine.answer(data.offer), room: 'hall' });
    });
    expect((await start({ type: 'publish' })).roomId).toBe('hall');
  });

  it('has a data channel where it is asked for', async () => {
    const call = await start({ type: 'publish', data: true });
    await vi.waitFor(() => expect(call.dataChannel?.readyState).toBe('open'), 3000);
    expect(call.dataChannel?.label).toBe('JanusDataChannel');
    expect(server.requests[0]?.data).toHaveProperty('offer.sdp', expect.stringMatching(/m=application/));
  });
});

describe('a start that fails', () => {
  const isDestroyed = async () => expect((await server.request('session/destroy')).data.session_id).toBe(id);

  it('closes the peer connection when create is refused', async () => {
    server.on('session/create', (request) => request.error('no_mediaserver', 'none'));
    await expect(start()).rejects.toMatchObject({ reason: 'no_mediaserver' });
    expect(peerConnection.connectionState).toBe('closed');
    expect(server.requests.map(({ route }) => route)).toEqual(['session/create']);
  });

  it('destroys the session too when the answer is of no use', async () => {
    server.on('session/create', (request) => request.ok({ ...made, answer: { sdp: 'v=0\r\nm=nonsense' } }));
    await expect(start()).rejects.toMatchObject({ name: 'PatchbayError', reason: 'session_failed' });
    expect(peerConnection.connectionState).toBe('closed');
    await isDestroyed();
  });

  it('destroys the session when it was given up while it was made', async () => {
    const giveUp = new AbortController();
    server.on('session/create', async (request) => {
      giveUp.abort();
      request.ok({ ...made, answer: await engine.answer(request.data.offer) });
    });
    await expect(start({ signal: giveUp.signal })).rejects.toMatchObject({ reason: 'user_stop' });
    await isDestroyed();
  });

  it("rejects with the session's own reason when it is destroyed meanwhile", async () => {
    server.on('session/create', (request) => request.ok(made));
    server.on('session/get_answer', (request) => {
      server.push(sessionEvent(id, 'destroyed', destroyed));
      request.error('session_not_found', 'no such session');
    });
    await expect(start()).rejects.toMatchObject({ reason: 'janus_bye', message: 'Janus ended the call' });
    expect(server.requests.map(({ route }) => route)).not.toContain('session/destroy');
  });
});

describe('a call', () => {
  it('says what took effect of a mute', async () => {
    server.on('session/update_media', (request) => request.ok({ applied: { mute_audio: true, bitrate: false } }));
    const call = await start();
    expect(await call.updateMedia({ mute_audio: true, bitrate: 1 })).toEqual({ mute_audio: true, bitrate: false });
    const { data } = await server.request('session/update_media');
    expect(data).toEqual({ session_id: id, mute_audio: true, bitrate: 1 });
  });

  it('records, and hears how far the recording is', async () => {
    const recording = { recording_id: 'r1', uri: 's3://bucket/r1' };
    server.on('session/recorder_action', ({ data, ok }) => {
      ok(data.action === 'start' ? recording : { ...recording, duration: 2.5 });
      server.push(sessionEvent(id, 'status', { class: 'recording', ...recording, state: 'started' }));
    });
    const call = await start();
    expect(await call.startRecording()).toEqual(recording);
    expect(await call.stopRecording()).toEqual({ ...recording, duration: 2.5 });
    const actions = server.requests.filter(({ route }) => route === 'session/recorder_action');
    expect(actions.map(({ data }) => data)).toEqual([
      { session_id: id, action: 'start' },
      { session_id: id, action: 'stop' },
    ]);
    const statuses: SessionStatus[] = [];
    call.onStatus((status) => statuses.push(status));
    await vi.waitFor(() => expect(statuses[0]).toEqual({ class: 'recording', ...recording, state: 'started' }));
  });

  it('says when it is not recorded', async () => {
    server.on('session/recorder_action', ({ error }) => error('no_active_recorder', 'nothing is being recorded'));
    const call = await start();
    await expect(call.stopRecording()).rejects.toMatchObject({ reason: 'no_active_recorder' });
    server.on('session/recorder_action', ({ ok }) => ok({}));
    await expect(call.startRecording()).rejects.toMatchObject({ reason: 'internal_error' });
  });

  it('destroys the session and then closes the peer connection at hang-up, once', async () => {
    const call = await start();
    let stateAtDestroy = '';
    server.on('session/destroy', (request) => {
      stateAtDestroy = peerConnection.signalingState;
      request.ok();
    });
    const endings: Ended[] = [];
    call.onEnded((ended) => endings.push(ended));
    await Promise.all([call.hangUp(), call.hangUp()]);
    expect(stateAtDestroy).toBe('stable');
    expect(peerConnection.connectionState).toBe('closed');
    expect(endings).toEqual([expect.objectContaining({ code: 100011, reason: 'user_stop', duration: 0 })]);
    expect(server.requests.filter(({ route }) => route === 'session/destroy')).toHaveLength(1);
  });

  it('hangs up a session that is gone already without complaint, and closes whatever the answer', async () => {
    const gone = await start();
    server.on('session/destroy', (request) => request.error('session_not_found', 'gone'));
    await expect(gone.hangUp()).resolves.toBeUndefined();
    const refused = await start();
    server.on('session/destroy', (request) => request.error('internal_error', 'broken'));
    await expect(refused.hangUp()).rejects.toMatchObject({ reason: 'internal_error' });
    expect(peerConnection.connectionState).toBe('closed');
  });

  it('closes its peer connection when the session is destroyed, and tells late listeners too', async () => {
    const call = await start();
    server.push(sessionEvent(id, 'destroyed', destroyed));
    await vi.waitFor(() => expect(call.ended).toEqual(destroyed));
    expect(peerConnection.connectionState).toBe('closed');
    const late = vi.fn();
    call.onEnded(late);
    expect(late).toHaveBeenCalledWith(destroyed);
    await expect(call.hangUp()).resolves.toBeUndefined();
    expect(server.requests.map(({ route }) => route)).not.toContain('session/destroy');
  });

  it('ends with registered_down when the client is closed', async () => {
    const call = await start();
    client.close();
    expect(call.ended).toMatchObject({ code: 100010, reason: 'registered_down' });
    expect(peerConnection.connectionState).toBe('closed');
  });
});

describe('a call whose connection is lost', () => {
  const attached = { ...made, type: 'echo', state: 'ready', resume_token: 'resume2' };

  it('goes on, with the events that it missed and a new resume token', async () => {
    server.on('session/attach', (request) => {
      request.ok({ sessions: [{ ...attached, seq: 2 }] });
      request.connection.push(sessionEvent(id, 'status', { class: 'media', media: 'audio', status: 'up' }));
    });
    const call = await start();
    await isConnected();
    const statuses: SessionStatus[] = [];
    call.onStatus((status) => statuses.push(status));
    server.push(sessionEvent(id, 'created'));
    server.dropAll(1001, 'going away');
    await vi.waitFor(() => expect(client.state.status).toBe('reconnecting'));
    expect([call.ended, peerConnection.connectionState]).toEqual([undefined, 'connected']);
    await vi.waitFor(() => expect(statuses).toEqual([{ class: 'media', media: 'audio', status: 'up' }]));
    await vi.waitFor(() => expect(client.state.status).toBe('open'));
    expect((await server.request('session/attach')).data).toEqual({
      session_id: id,
      resume_token: 'resume',
      since: 1,
    });
    expect([call.ended, call.resumeToken]).toEqual([undefined, 'resume2']);
    await call.hangUp();
    expect(call.ended).toMatchObject({ reason: 'user_stop' });
  });

  it('ends with session_not_found when the server has it no more', async () => {
    server.on('session/attach', (request) => request.error('session_not_found', 'no session'));
    const call = await start();
    server.dropAll(1001, 'going away');
    await vi.waitFor(() => expect(call.ended).toMatchObject({ code: 100062, reason: 'session_not_found' }), 3000);
    expect(peerConnection.connectionState).toBe('closed');
  });

  it('ends at once when it is hung up meanwhile, and tells the server afterwards', async () => {
    const call = await start();
    server.dropAll(1001, 'going away');
    await vi.waitFor(() => expect(client.state.status).toBe('reconnecting'));
    await call.hangUp();
    expect(call.ended).toMatchObject({ reason: 'user_stop' });
    expect((await server.request('session/destroy')).data).toEqual({ session_id: id });
    expect(server.requests.map(({ route }) => route)).not.toContain('session/attach');
  });
});
