import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Call, joinCall, type PatchbayClient, startCall } from '../../lib/client/index.ts';
import { type Flow, type FlowKind, flowKinds, openFlow } from '../support/flows.ts';
import { HeardEvents } from '../support/heard-events.ts';
import { fetchManifest, playAll } from '../support/recordings.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { connectClient, newPeerConnection, openTone, type Tone, toneHz } from '../support/wrtc.ts';

const takeMs = 4000;

let stack: TestStack;
let client: PatchbayClient;
let scene: Scene;
/** At another pitch: what must not be recorded. */
let other: Scene;
/** Without a picture. */
let voice: Tone;
let heard: HeardEvents;

beforeAll(async () => {
  stack = await startTestStack();
  client = await connectClient(stack.api);
  heard = new HeardEvents(client);
  scene = openScene();
  other = openScene(880);
  voice = openTone();
});
afterAll(async () => {
  scene?.stop();
  other?.stop();
  voice?.stop();
  client?.close();
  await stack?.stop();
});

const flow = (kind: FlowKind, session = {}) => openFlow(client, kind, scene.stream, { session, other: other.stream });
const ask = ({ sessionId: session_id }: Call, action?: 'list') =>
  client.request('session/recorder_action', { session_id, ...(action && { action }) });
const listed = async (call: Call) => (await ask(call, 'list')).recordings ?? [];
const ofRecording = ({ recording_id, uri }: { recording_id: string; uri: string }, state: string) =>
  expect.objectContaining({ class: 'recording', recording_id, uri, state });

describe.concurrent.each(flowKinds)('of a session of kind %s', (kind) => {
  test('a recording is told of, listed, served, and plays for as long as it was made', async () => {
    const { call, sender } = await flow(kind);
    expect((await ask(call)).actions).toEqual(['get_actions', 'list', 'start']);
    const started = await call.startRecording();
    const startedAtMs = performance.now();
    expect((await ask(call)).actions).toEqual(['get_actions', 'list', 'stop']);
    expect((await fetch(started.uri)).status).toBe(404);
    await delay(takeMs);
    const { duration, ...stopped } = await call.stopRecording();
    const tookSeconds = (performance.now() - startedAtMs) / 1000;
    expect(stopped).toEqual(started);
    expect(Math.abs(duration - tookSeconds)).toBeLessThan(0.5);

    const [recording, ...more] = await listed(call);
    if (!recording) throw new Error('the recording is not listed');
    expect(more).toEqual([]);
    expect(recording).toMatchObject({ ...started, state: 'available', duration, bytes: expect.any(Number) });
    const { started_at: startedAt, ...status } = recording;
    expect(await heard.recordings(call.sessionId, 3)).toEqual([
      ofRecording(started, 'started'),
      ofRecording(started, 'processing'),
      { class: 'recording', ...status },
    ]);
    const info = await client.request('session/get_info', { session_id: call.sessionId });
    expect(info).toMatchObject({ recordings: [recording], status: { recording: status } });

    const { duration_ms, parts, ...facts } = await fetchManifest(started.uri);
    expect(facts).toMatchObject({ session_id: call.sessionId, type: info.type, started_at: startedAt });
    expect(duration_ms).toBe(Math.round(duration * 1000));
    expect(parts).toEqual([{ files: expect.any(Array), offset_ms: 0, duration_ms }]);
    const played = await playAll(started.uri);
    expect(played.map((one) => one.kind)).toEqual(['audio', 'video']);
    expect(played.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(recording.bytes);
    for (const { seconds } of played) expect(Math.abs(seconds - tookSeconds)).toBeLessThan(1);
    expect(Math.abs((played[0]?.hz ?? 0) - toneHz)).toBeLessThan(15);
    const [audio, video] = played.map(({ seconds }) => seconds);
    console.info(`${kind}: ${duration} s; audio ${audio} s, ${Math.round(played[0]?.hz ?? 0)} Hz; video ${video} s`);
    await sender.hangUp();
  });
});

describe.concurrent('a recording that was asked for at create', () => {
  const endings = {
    'its client hangs up': ({ call }: Flow) => call.hangUp(),
    'its media connection is closed': async ({ call }: Flow) => call.peerConnection.close(),
    'its peer hangs up': ({ receiver }: Flow) => receiver.hangUp(),
  };
  const cases = [
    ...flowKinds.map((kind) => [kind, 'its client hangs up'] as const),
    ...flowKinds.map((kind) => [kind, 'its media connection is closed'] as const),
    ...(['master', 'slave'] as const).map((kind) => [kind, 'its peer hangs up'] as const),
  ];

  test.each(cases)('of kind %s is complete before the session is over, when %s', async (kind, ending) => {
    const made = await flow(kind, { record: true });
    const { call, sender } = made;
    const startedAtMs = performance.now();
    await heard.recordings(call.sessionId, 1);
    const [{ uri } = { uri: '' }] = await listed(call);
    await delay(takeMs / 2);
    await endings[ending](made);
    expect(await heard.endings(call.sessionId)).toHaveLength(1);
    const tookSeconds = (performance.now() - startedAtMs) / 1000;
    const told = heard.of(call.sessionId).map(({ type, body }) => (body.class === 'recording' ? body.state : type));
    expect(told.slice(-3)).toEqual(['processing', 'available', 'destroyed']);
    const played = await playAll(uri);
    expect(played.map((one) => one.kind)).toEqual(['audio', 'video']);
    for (const { seconds } of played) expect(Math.abs(seconds - tookSeconds)).toBeLessThan(1);
    await sender.hangUp();
  });
});

describe.concurrent('what is muted', () => {
  test('from the start leaves no file', async () => {
    const { call } = await flow('echo', { mute_audio: true, record: true });
    await delay(takeMs / 2);
    const { uri } = await call.stopRecording();
    expect((await playAll(uri)).map((one) => one.kind)).toEqual(['video']);
    await call.hangUp();
  });

  test.each(['echo', 'publish'] as const)('and all there is makes a recording of kind %s that failed', async (kind) => {
    const session = { mute_audio: true, record: true };
    const { call } = await openFlow(client, kind, voice.stream, { session });
    await delay(takeMs / 4);
    const { recording_id } = await call.stopRecording();
    expect(await listed(call)).toMatchObject([{ recording_id, state: 'failed', bytes: 0 }]);
    await call.hangUp();
  });

  test('for a while is as long in the file', async () => {
    const { call } = await flow('echo', { record: true });
    for (const mute_audio of [true, false]) {
      await delay(takeMs / 4);
      await call.updateMedia({ mute_audio });
    }
    await delay(takeMs / 4);
    const { uri, duration } = await call.stopRecording();
    for (const { seconds } of await playAll(uri)) expect(Math.abs(seconds - duration)).toBeLessThan(1);
    await call.hangUp();
  });
});

describe.concurrent('refused is', () => {
  test('a second start, which names the first, and a stop of nothing', async () => {
    const { call } = await flow('echo');
    await expect(call.stopRecording()).rejects.toMatchObject({ reason: 'no_active_recorder' });
    const { recording_id } = await call.startRecording();
    await expect(call.startRecording()).rejects.toMatchObject({
      reason: 'invalid_state',
      message: `recording ${recording_id} is under way`,
    });
    await call.stopRecording();
    await expect(call.stopRecording()).rejects.toMatchObject({ reason: 'no_active_recorder' });
    await call.hangUp();
  });

  test('the same in wait, where a start is only remembered', async () => {
    const common = { type: 'proxy', createPeerConnection: newPeerConnection } as const;
    const call = await startCall(client, { ...common, stream: scene.stream });
    const forgotten = await call.startRecording();
    await expect(call.startRecording()).rejects.toMatchObject({ reason: 'invalid_state' });
    expect(await call.stopRecording()).toEqual({ ...forgotten, duration: 0 });
    await expect(call.stopRecording()).rejects.toMatchObject({ reason: 'no_active_recorder' });
    const remembered = await call.startRecording();
    expect(await listed(call)).toEqual([]);
    await joinCall(client, { ...common, stream: other.stream, masterId: call.sessionId });
    expect(await heard.recordings(call.sessionId, 1)).toEqual([ofRecording(remembered, 'started')]);
    await call.hangUp();
  });
});
