import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PatchbayClient } from '../../lib/client/index.ts';
import { openFlow } from '../support/flows.ts';
import { HeardEvents } from '../support/heard-events.ts';
import { fetchManifest, playAll } from '../support/recordings.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { connectClient } from '../support/wrtc.ts';

const takeMs = 3000;

let stack: TestStack;
let client: PatchbayClient;
let scene: Scene;

beforeAll(async () => {
  stack = await startTestStack();
  client = await connectClient(stack.api);
  scene = openScene();
});
afterAll(async () => {
  scene?.stop();
  client?.close();
  await stack?.stop();
});

test('recordings whose Janus dies are failed, not available; what there is of them plays, and says so itself', async () => {
  const heard = new HeardEvents(client);
  const kinds = ['echo', 'publish', 'listen'] as const;
  const calls = await Promise.all(
    kinds.map(async (kind) => (await openFlow(client, kind, scene.stream, { session: { record: true } })).call),
  );
  for (const { sessionId } of calls) await heard.recordings(sessionId, 1);
  await delay(takeMs);
  process.kill(stack.janus.pid, 'SIGKILL');
  for (const [at, { sessionId }] of calls.entries()) {
    expect(await heard.endings(sessionId)).toEqual(['janus_session_down']);
    const told = heard.of(sessionId).map(({ type, body }) => (body.class === 'recording' ? body.state : type));
    expect(told.slice(-3)).toEqual(['processing', 'failed', 'destroyed']);
    const { bytes, uri } = heard.statuses(sessionId, 'recording').at(-1) ?? {};
    const played = await playAll(String(uri));
    expect(played.map(({ kind }) => kind)).toEqual(['audio', 'video']);
    expect(played.reduce((sum, one) => sum + one.bytes, 0)).toBe(bytes);
    // Its end may be missing: how much, is a matter of what Janus had written by then.
    for (const { seconds } of played) expect(seconds).toBeGreaterThan(0.5);
    expect((await fetchManifest(String(uri))).parts).toMatchObject([{ incomplete: true }]);
    console.info(`${kinds[at]}: ${bytes} bytes, ${played.map(({ seconds }) => seconds.toFixed(2)).join(' and ')} s`);
  }
});
