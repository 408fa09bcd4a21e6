import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Call, listenTo, type PatchbayClient, startCall } from '../../lib/client/index.ts';
import { HeardEvents } from '../support/heard-events.ts';
import { areUp } from '../support/proxies.ts';
import { fetchManifest, playAll } from '../support/recordings.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { connectClient, newPeerConnection } from '../support/wrtc.ts';

/** Janus has one recorder for each publisher: whoever records it, and each listener of it, shares that. */

const stepMs = 1000;
const toleranceMs = 700;

let stack: TestStack;
let client: PatchbayClient;
let scenes: Record<'low' | 'high', Scene>;
let heard: HeardEvents;

beforeAll(async () => {
  stack = await startTestStack();
  client = await connectClient(stack.api);
  heard = new HeardEvents(client);
  scenes = { low: openScene(440), high: openScene(880) };
});
afterAll(async () => {
  for (const scene of Object.values(scenes ?? {})) scene.stop();
  client?.close();
  await stack?.stop();
});

async function publish({ stream }: Scene, room?: Call): Promise<Call> {
  const session = room?.roomId === undefined ? {} : { room_id: room.roomId };
  const call = await startCall(client, { type: 'publish', stream, session, createPeerConnection: newPeerConnection });
  await areUp(call);
  return call;
}
async function listen(publisher: Call): Promise<Call> {
  const call = await listenTo(client, { publisherId: publisher.sessionId, createPeerConnection: newPeerConnection });
  await areUp(call);
  return call;
}
const states = ({ sessionId }: Call) =>
  heard
    .of(sessionId)
    .filter(({ type, body }) => type === 'destroyed' || body.class === 'recording')
    .map(({ type, body }) => (type === 'destroyed' ? type : body.state));
const areTold = (call: Call, ...expected: string[]) =>
  until(`${expected.join(', ')} of ${call.sessionId}`, () => states(call).join() === expected.join()).catch(() =>
    expect(states(call)).toEqual(expected),
  );
/** What takes a request more or less, and a frame. */
const about = (ms: number) => ({
  asymmetricMatch: (actual: unknown) => typeof actual === 'number' && Math.abs(actual - ms) < toleranceMs,
  toString: () => `about ${ms}`,
});
const isServed = (uri: string) => until('it is served', async () => (await fetch(uri)).ok);

/** A recording, and when it was made by this clock. */
class Take {
  readonly call: Call;
  readonly uri: string;
  readonly fromMs = performance.now();
  toMs = 0;

  constructor(call: Call, uri: string) {
    this.call = call;
    this.uri = uri;
  }

  async stop(): Promise<void> {
    const { duration } = await this.call.stopRecording();
    this.toMs = performance.now();
    expect(duration * 1000).toEqual(about(this.toMs - this.fromMs));
  }
}
const startTake = async (call: Call) => new Take(call, (await call.startRecording()).uri);

test('a publisher and two listeners record it at once, each for its own slice of time', async () => {
  const publisher = await publish(scenes.low);
  const calls = [publisher, await listen(publisher), await listen(publisher)];
  const takes: Take[] = [];
  for (const call of calls) {
    takes.push(await startTake(call));
    await delay(stepMs);
  }
  for (const [at, take] of takes.entries()) {
    await take.stop();
    if (at < 2) await areTold(take.call, 'started', 'processing');
    await delay(at < 2 ? stepMs : 0);
  }
  const [first, , last] = takes;
  const tapeMs = (last?.toMs ?? 0) - (first?.fromMs ?? 0);
  for (const { call, uri, fromMs, toMs } of takes) {
    await areTold(call, 'started', 'processing', 'available');
    const { parts, duration_ms } = await fetchManifest(uri);
    expect(duration_ms).toEqual(about(toMs - fromMs));
    const offset_ms = about(fromMs - (first?.fromMs ?? 0));
    expect(parts).toEqual([{ files: expect.any(Array), offset_ms, duration_ms }]);
    expect((await playAll(uri)).map(({ kind, seconds }) => [kind, seconds * 1000])).toEqual([
      ['audio', about(tapeMs)],
      ['video', about(tapeMs)],
    ]);
  }
  const again = await startTake(publisher);
  await delay(stepMs);
  await again.stop();
  const duration_ms = about(again.toMs - again.fromMs);
  expect((await fetchManifest(again.uri)).parts).toMatchObject([{ offset_ms: 0, duration_ms }]);
  await publisher.hangUp();
});

describe.concurrent('when', () => {
  test('a listener turns to another publisher, its recording goes on there as a new part', async () => {
    const first = await publish(scenes.low);
    const second = await publish(scenes.high, first);
    const call = await listen(first);
    const theirs = await startTake(second);
    await delay(stepMs);
    const take = await startTake(call);
    await delay(2 * stepMs);
    await call.switchTo(second.sessionId);
    const switchedAtMs = performance.now();
    await delay(2 * stepMs);
    await take.stop();
    await theirs.stop();
    await areTold(call, 'started', 'processing', 'available');
    expect((await fetchManifest(take.uri)).parts).toMatchObject([
      { offset_ms: 0, duration_ms: about(switchedAtMs - take.fromMs) },
      { offset_ms: about(switchedAtMs - theirs.fromMs), duration_ms: about(take.toMs - switchedAtMs) },
    ]);
    const played = await playAll(take.uri);
    expect(played.map(({ name, kind, hz }) => [name.slice(0, 6), kind, Math.round(hz / 44) * 44])).toEqual([
      ['part-1', 'audio', 440],
      ['part-2', 'audio', 880],
      ['part-1', 'video', 0],
      ['part-2', 'video', 0],
    ]);
    await first.hangUp();
    await second.hangUp();
  });

  test('a publisher ends, whoever records it has complete files before hearing of the end', async () => {
    const publisher = await publish(scenes.low);
    const listener = await listen(publisher);
    const { uri, fromMs } = await startTake(listener);
    await publisher.startRecording();
    await delay(2 * stepMs);
    await publisher.hangUp();
    const tookMs = performance.now() - fromMs;
    for (const call of [publisher, listener]) {
      await areTold(call, 'started', 'processing', 'available', 'destroyed');
    }
    expect(await heard.endings(listener.sessionId)).toEqual(['publisher_stop']);
    for (const { seconds } of await playAll(uri)) expect(seconds * 1000).toEqual(about(tookMs));
  });

  test('a listener ends while its publisher is recorded on, its recording is there when that is complete', async () => {
    const publisher = await publish(scenes.low);
    const listener = await listen(publisher);
    await publisher.startRecording();
    const { uri, fromMs } = await startTake(listener);
    await delay(stepMs);
    await listener.hangUp();
    const duration_ms = about(performance.now() - fromMs);
    await areTold(listener, 'started', 'processing', 'destroyed');
    await delay(stepMs);
    await publisher.stopRecording();
    await isServed(uri);
    expect((await fetchManifest(uri)).parts).toMatchObject([{ duration_ms }]);
    expect(await playAll(uri)).toHaveLength(2);
    await publisher.hangUp();
  });
});
