import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Call, PatchbayClient } from '../../lib/client/index.ts';
import { descendants, isAlive } from '../support/processes.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { grows, until } from '../support/until.ts';
import { connectClient, openTone, rtpBytes, startEcho, type Tone } from '../support/wrtc.ts';

const allowedMs = 5000;
let tone: Tone;
const stacks: TestStack[] = [];

beforeAll(() => {
  tone = openTone();
});

afterAll(async () => {
  tone?.stop();
  for (const stack of stacks) await stack.stop();
});

interface Running {
  readonly stack: TestStack;
  readonly client: PatchbayClient;
  readonly call: Call;
  /** All of the stack's processes. */
  readonly pids: readonly number[];
}

async function stackWithCall(): Promise<Running> {
  const stack = await startTestStack();
  stacks.push(stack);
  const client = await connectClient(stack.api);
  const call = await startEcho(client, tone);
  await grows('audio that comes back', () => rtpBytes(call.peerConnection, 'inbound'), 1000);
  const below = descendants(stack.pid);
  expect(below.map(({ pid }) => pid)).toEqual(expect.arrayContaining([stack.controller.pid, stack.janus.pid]));
  // The controller, Janus, DynamoDB.
  expect(below.length).toBe(3);
  return { stack, client, call, pids: [stack.pid, ...below.map(({ pid }) => pid)] };
}

const allGone = (pids: readonly number[]) => until('all processes are gone', () => !pids.some(isAlive), allowedMs);

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s during a call ends all of it within 5 s, with exit code 0',
  async (signal) => {
    const { stack, client, call, pids } = await stackWithCall();
    const startedAtMs = performance.now();
    stack.process.kill(signal);
    expect(await stack.exited).toEqual({ code: 0, signal: null });
    await allGone(pids);
    const tookMs = performance.now() - startedAtMs;
    expect(tookMs).toBeLessThan(allowedMs);
    // The client goes on looking for it, until it is told not to.
    expect(client.state.status).toBe('reconnecting');
    await client.close();
    expect(call.ended?.reason).toBe('registered_down');
    await expect(access(join(stack.dataDir, 'stack.json'))).rejects.toThrow('ENOENT');
    console.info(`${signal}: ended in ${Math.round(tookMs)} ms`);
  },
);

test('SIGKILL of the main process leaves nothing behind', async () => {
  const { stack, pids } = await stackWithCall();
  const startedAtMs = performance.now();
  stack.process.kill('SIGKILL');
  expect(await stack.exited).toEqual({ code: null, signal: 'SIGKILL' });
  await allGone(pids);
  console.info(`SIGKILL: all gone in ${Math.round(performance.now() - startedAtMs)} ms`);
});
