import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PatchbayClient, PatchbayEvent } from '../../lib/client/index.ts';
import { janusHandles } from '../support/janus-admin.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { connectClient } from '../support/wrtc.ts';

const script = fileURLToPath(new URL('../support/media-process.ts', import.meta.url));
const noticedMs = 75_000;

let stack: TestStack;
let client: PatchbayClient;
let child: ChildProcess;

beforeAll(async () => {
  stack = await startTestStack();
  client = await connectClient(stack.api);
  child = fork(script, { execArgv: [] });
});

afterAll(async () => {
  child?.kill('SIGKILL');
  client?.close();
  await stack?.stop();
});

/** The next message of the child that has this field. */
const told = (field: string) =>
  new Promise<unknown>((resolve) => {
    const look = (message: unknown) => {
      if (typeof message !== 'object' || message === null || !(field in message)) return;
      child.off('message', look);
      resolve(Reflect.get(message, field));
    };
    child.on('message', look);
  });

test(
  'a client whose process is killed is hung up within 75 s, though its connection lives on',
  async () => {
    const events: PatchbayEvent[] = [];
    client.onEvent((event) => events.push(event));
    const { session_id, answer } = await client.request('session/create', {
      type: 'echo',
      offer: { sdp: String(await told('offer')) },
      wait_reply: true,
    });
    child.send({ answer: answer?.sdp });
    await until('audio comes back to it', async () => Number(await told('audioBytes')) > 2000);

    child.kill('SIGKILL');
    const killedAtMs = performance.now();
    await until('destroyed', () => events.some(({ type }) => type === 'destroyed'), noticedMs);
    console.info(`noticed after ${Math.round(performance.now() - killedAtMs)} ms`);

    const ofSession = events.filter(({ obj_id }) => obj_id === session_id);
    expect(ofSession.map(({ seq }) => seq)).toEqual(ofSession.map((_, at) => at + 1));
    const hangup = ofSession.findIndex(({ type, body }) => type === 'status' && body.class === 'hangup');
    const destroyed = ofSession.findIndex(({ type }) => type === 'destroyed');
    expect(hangup).toBeGreaterThan(0);
    expect(destroyed).toBe(ofSession.length - 1);
    expect(hangup).toBeLessThan(destroyed);
    expect(ofSession[hangup]?.body.cause).toEqual(expect.any(String));
    expect(ofSession[destroyed]?.body.reason).toBe('session_stop');

    await until('no handle is left', async () => (await janusHandles(stack.janus)).length === 0);
    expect((await client.request('session/get_list', {})).sessions).toEqual([]);
    expect(client.state.status).toBe('open');
  },
  noticedMs + 15_000,
);
