import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Call, listenTo, type PatchbayClient, startCall } from '../../lib/client/index.ts';
import { FakeEventBridge } from '../support/fake-event-bridge.ts';
import { FakeS3, slowDown } from '../support/fake-s3.ts';
import { HeardEvents } from '../support/heard-events.ts';
import { descendants } from '../support/processes.ts';
import { areUp } from '../support/proxies.ts';
import { fetchManifest, playAll } from '../support/recordings.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { connectClient, newPeerConnection } from '../support/wrtc.ts';

/** Recordings of a real Janus go to a bucket, and what happens to an event bus, whatever becomes of the controller. */

const takeMs = 1500;

let s3: FakeS3;
let bridge: FakeEventBridge;
let stack: TestStack;
let client: PatchbayClient;
let heard: HeardEvents;
let scene: Scene;

beforeAll(async () => {
  s3 = await new FakeS3().start();
  bridge = await new FakeEventBridge().start();
  stack = await startTestStack({
    PATCHBAY_RECORDINGS_BUCKET: 'calls',
    PATCHBAY_S3_ENDPOINT: s3.url,
    PATCHBAY_EVENT_BUS: 'calls',
    PATCHBAY_EVENTS_ENDPOINT: bridge.url,
  });
  scene = openScene(440);
});
beforeEach(async () => {
  s3.hold = undefined;
  s3.faults.length = 0;
  client = await connectClient(stack.api);
  heard = new HeardEvents(client);
  return () => client.close();
});
afterAll(async () => {
  scene?.stop();
  await stack?.stop();
  await s3?.stop();
  await bridge?.stop();
});

const common = { createPeerConnection: newPeerConnection };
async function echo(): Promise<Call> {
  const call = await startCall(client, { ...common, type: 'echo', stream: scene.stream });
  await areUp(call);
  return call;
}
/** A recording that is stopped: its id and place. */
async function take(call: Call): Promise<{ recording_id: string; uri: string; duration: number }> {
  await call.startRecording();
  await delay(takeMs);
  return call.stopRecording();
}
const onDisk = () => readdir(join(stack.dataDir, 'recordings'));
const inBucket = (recordingId: string) => s3.keys().filter((key) => key.includes(recordingId));
const isStored = (recordingId: string) =>
  until(`${recordingId} is stored`, async () => !(await onDisk()).some((name) => name.includes(recordingId)), 20_000);

async function isWhole(uri: string, seconds = takeMs / 1000): Promise<void> {
  const played = await playAll(s3.urlOf(uri));
  expect(played.map(({ kind }) => kind)).toEqual(['audio', 'video']);
  for (const one of played) expect(Math.abs(one.seconds - seconds)).toBeLessThan(1);
}
/** What the bus was told of a recording. */
const busTold = (recordingId: string) =>
  until('the bus is told', () =>
    bridge.details('recording.available').find((one) => Reflect.get(Object(one), 'recording_id') === recordingId),
  );

describe('a recording', () => {
  test('is processing until it is in the bucket, available there, and gone from the disk', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    s3.hold = { on: /^PUT .*mjr/, until: promise };
    const call = await echo();
    const { recording_id, uri, duration } = await take(call);
    const [year, month] = new Date().toISOString().split('-');
    expect(uri).toBe(`s3://calls/default/${year}/${month}/${recording_id}/recording.json`);
    await until('it is sent', () => s3.requests.some((request) => request.startsWith('PUT')));
    expect((await heard.recordings(call.sessionId, 2)).map(({ state }) => state)).toEqual(['started', 'processing']);
    resolve();
    expect((await heard.recordings(call.sessionId, 3)).at(-1)).toMatchObject({ state: 'available', uri, duration });
    await isStored(recording_id);
    await isWhole(uri);
    expect(inBucket(recording_id)).toHaveLength(3);
    expect(await busTold(recording_id)).toMatchObject({
      tenant: 'default',
      session_id: call.sessionId,
      type: 'echo',
      uri,
      duration,
    });
    await call.hangUp();
    const ended = () =>
      bridge.details('session.destroyed').some((one) => Reflect.get(Object(one), 'obj_id') === call.sessionId);
    await until('the bus is told of the end', ended);
    expect(JSON.stringify(bridge.entries)).not.toMatch(/ice-ufrag|fingerprint|resume_token/);
  });

  test('does not keep its session from its end, and the bus is told when it is there', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    s3.hold = { on: /^PUT/, until: promise };
    const call = await echo();
    const { recording_id, uri } = await call.startRecording();
    await delay(takeMs);
    await call.hangUp();
    expect(await heard.endings(call.sessionId)).toEqual(['user_stop']);
    expect(inBucket(recording_id)).toEqual([]);
    resolve();
    expect(await busTold(recording_id)).toMatchObject({ session_id: call.sessionId, uri });
    await isWhole(uri);
  });

  test('that shares Janus’ files with another is whole, though that one was uploaded and deleted before', async () => {
    const publisher = await startCall(client, { ...common, type: 'publish', stream: scene.stream });
    const second = await startCall(client, {
      ...common,
      type: 'publish',
      stream: scene.stream,
      session: { room_id: publisher.roomId ?? '' },
    });
    await areUp(publisher, second);
    const listener = await listenTo(client, { ...common, publisherId: publisher.sessionId });
    await areUp(listener);
    const theirs = await publisher.startRecording();
    const mine = await listener.startRecording();
    await delay(takeMs);
    await listener.switchTo(second.sessionId);
    await publisher.stopRecording();
    await isStored(theirs.recording_id);
    await delay(takeMs);
    await listener.stopRecording();
    await isStored(mine.recording_id);
    await isWhole(theirs.uri);
    const parts = (await playAll(s3.urlOf(mine.uri))).map(({ name, seconds }) => [name.slice(0, 6), seconds > 1]);
    expect(parts).toEqual(['part-1', 'part-2', 'part-1', 'part-2'].map((name) => [name, true]));
    await publisher.hangUp();
    await second.hangUp();
  });

  test('is there in the end when S3 is slow to take it, and cuts connections', async () => {
    s3.fail(/^PUT/, slowDown, 3);
    s3.fail(/^PUT/, 'cut', 3);
    s3.fail(/^HEAD/, slowDown, 2);
    const call = await echo();
    const { recording_id, uri } = await take(call);
    await isStored(recording_id);
    await isWhole(uri);
    await call.hangUp();
  });
});

/** The controller's process now: it is started again by the stack. */
function controllerPid(): number {
  const commandLine = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  const found = descendants(stack.pid).find(({ pid }) => commandLine(pid).includes('controller/main.ts'));
  if (!found) throw new Error('there is no controller');
  return found.pid;
}

describe('the controller', () => {
  test('killed while it uploads loses nothing: the next one goes on, and tells the bus', async () => {
    s3.hold = { on: /^PUT .*json/, until: new Promise(() => {}) };
    const call = await echo();
    const { recording_id, uri } = await take(call);
    await until('it is half uploaded', () =>
      s3.requests.some((one) => one.startsWith('PUT') && one.includes(`${recording_id}/recording.json`)),
    );
    process.kill(controllerPid(), 'SIGKILL');
    s3.hold = undefined;
    await isStored(recording_id);
    await isWhole(uri);
    const sent = s3.requests.filter(
      (one) => one.startsWith('PUT') && one.includes(recording_id) && one.endsWith('.mjr'),
    );
    expect(sent).toHaveLength(2);
    expect(await busTold(recording_id)).toMatchObject({ session_id: call.sessionId, uri });
  });

  test('that is told to stop in a recorded call has uploaded it before it goes', async () => {
    const call = await until('a new call', () => echo().catch(() => undefined), 20_000);
    const { recording_id, uri } = await call.startRecording();
    await delay(takeMs);
    process.kill(controllerPid(), 'SIGTERM');
    await isStored(recording_id);
    const log = await stack.controllerLog();
    expect(log.lastIndexOf('stopping')).toBeGreaterThan(0);
    await isWhole(uri);
    await busTold(recording_id);
  });
});

test('of a recording whose Janus dies there is in the bucket what was written, which says so, and the bus hears that it failed', async () => {
  const call = await until('the next controller is up', () => echo().catch(() => undefined));
  const { recording_id, uri } = await call.startRecording();
  await delay(2 * takeMs);
  process.kill(stack.janus.pid, 'SIGKILL');
  expect(await heard.endings(call.sessionId)).toEqual(['janus_session_down']);
  await isStored(recording_id);
  // Its end may be missing: how much, is a matter of what Janus had written by then.
  const played = await playAll(s3.urlOf(uri));
  expect(played.map(({ kind }) => kind)).toEqual(['audio', 'video']);
  for (const { seconds } of played) {
    expect(seconds).toBeGreaterThan(0.5);
    expect(seconds).toBeLessThan((2 * takeMs) / 1000 + 1);
  }
  expect((await fetchManifest(s3.urlOf(uri))).parts).toMatchObject([{ incomplete: true }]);
  const ofThis = (type: string) =>
    bridge.details(type).find((one) => Reflect.get(Object(one), 'recording_id') === recording_id);
  expect(await until('the bus is told', () => ofThis('recording.failed'))).toMatchObject({ uri });
  expect(ofThis('recording.available')).toBeUndefined();
  expect(await stack.controllerLog()).toContain('recording failed: its engine did not end it');
});
