import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { NodeService } from '../../lib/aws/node-service.ts';
import { formatJanusUrl } from '../../lib/backends/janus/url.ts';
import type { Call, Ended, PatchbayClient, PatchbayEvent } from '../../lib/client/index.ts';
import { readSettings } from '../../lib/local/settings.ts';
import { lastSeq } from '../../lib/protocol/events.ts';
import { NodeStore } from '../../lib/store/nodes.ts';
import { openTable, type Table } from '../../lib/store/table.ts';
import { type ControllerProcess, startControllerProcess } from '../support/controller-process.ts';
import { deploymentBlocked, FakeEcs, taskEvent } from '../support/fake-ecs.ts';
import { makeReaper } from '../support/reapers.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { grows, until } from '../support/until.ts';
import { connectClient, openTone, pitchHz, rtpBytes, startEcho, type Tone, toneHz } from '../support/wrtc.ts';

/** A deploy with calls up: the stack's node is the first release, a second one comes beside it; ECS is over HTTP. */

const table = 'patchbay';
let ecs: FakeEcs;
let stack: TestStack;
let records: Table;
let client: PatchbayClient;
let tone: Tone;
let second: ControllerProcess;
const calls: { first?: Call; later?: Call } = {};
const events: PatchbayEvent[] = [];

beforeAll(async () => {
  ecs = await new FakeEcs().start();
  ecs.desired = 1;
  ecs.add('local');
  ecs.deploy();
  ecs.add('second');
  // The first release finds a deployment in its way at first.
  ecs.agentFaults.push(deploymentBlocked, deploymentBlocked);
  stack = await startTestStack({ ECS_AGENT_URI: ecs.agentUrl('local'), PATCHBAY_RELEASE: 'first' });
  records = openTable(table, stack.dynamodb);
  client = await connectClient(stack.api);
  client.onEvent((event) => events.push(event));
  tone = openTone();
});
afterAll(async () => {
  tone?.stop();
  client?.close();
  await second?.kill();
  await stack?.stop();
  records?.client.destroy();
  await ecs?.stop();
  vi.unstubAllEnvs();
});

const reaper = () =>
  makeReaper(
    records,
    { post: async () => 'gone', disconnect: async () => {} },
    {
      service: new NodeService({ url: ecs.url, region: 'us-east-1', service: 'ecs' }, 'calls', 'nodes'),
    },
  );
const listed = async (nodeId: string) => (await new NodeStore(records).list()).find((one) => one.nodeId === nodeId);
const audioOf = (call: Call) => () => rtpBytes(call.peerConnection, 'inbound');
/** A call with sound in both directions. */
async function talk(): Promise<Call> {
  const call = await startEcho(client, tone);
  await until('connected', () => call.peerConnection.connectionState === 'connected');
  await grows('audio that comes back', audioOf(call), 2000);
  return call;
}
const made = (call: Call | undefined): Call => {
  if (!call) throw new Error('the test before has failed');
  return call;
};

describe('a second release', () => {
  test('finds the first with a call up, whose protection was blocked and asked for again', async () => {
    calls.first = await talk();
    expect(calls.first.sessionId).toMatch(/@local$/);
    await until('protected', () => ecs.tasks.get('local')?.isProtected);
    expect(ecs.asked.filter(({ taskId }) => taskId === 'local')).toHaveLength(3);
  });

  test('drains it: the call goes on as if nothing had happened, new ones go to the second', async () => {
    second = await startControllerProcess({
      nodeId: 'second',
      release: 'second',
      table,
      dynamodbEndpoint: stack.dynamodb,
      callbackUrl: stack.console,
      janusUrl: formatJanusUrl({
        url: stack.janus.url,
        admin: { url: stack.janus.adminUrl, secret: stack.janus.adminSecret },
      }),
      allowedNetworks: readSettings({}).allowedNetworks.join(','),
      ecsAgent: ecs.agentUrl('second'),
    });
    const state = async () => (await listed('local'))?.state;
    await until('the first drains', async () => (await state()) === 'draining', 15_000);
    expect(await listed('second')).toMatchObject({ state: 'up', release: 'second' });

    const first = made(calls.first);
    await grows('audio that comes back', audioOf(first), 4000);
    expect(await first.updateMedia({ mute_audio: true })).toEqual({ mute_audio: true });
    expect(await first.updateMedia({ mute_audio: false })).toEqual({ mute_audio: true });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    calls.later = await talk();
    expect(calls.later.sessionId).toMatch(/@second$/);
    const track = first.peerConnection.getReceivers().find((receiver) => receiver.track.kind === 'audio')?.track;
    if (!track) throw new Error('no audio track came back');
    await grows('audio that comes back', audioOf(first), 2000);
    expect(Math.abs((await pitchHz(track)) - toneHz)).toBeLessThan(15);
    expect(first.ended).toBeUndefined();
    expect(await listed('local')).toMatchObject({ load: 1, isProtected: true });
  }, 60_000);

  test('whose call ECS would cut in a rollback, until the reaper makes room for its protection', async () => {
    // One task is to be, and one is protected.
    expect(ecs.tasks.get('second')?.isProtected).toBe(false);
    await until('its call is told', async () => (await listed('second'))?.load === 1, 15_000);
    await reaper().run();
    expect(ecs.desired).toBe(2);
    await until('protected', () => ecs.tasks.get('second')?.isProtected, 15_000);
  }, 40_000);

  test('and when that call hangs up, the first gives its protection up, and ECS may stop it', async () => {
    const first = made(calls.first);
    await first.hangUp();
    expect(first.ended?.reason).toBe('user_stop');
    await until('unprotected', () => ecs.tasks.get('local')?.isProtected === false);
    await until('told', async () => {
      const { load, isProtected } = (await listed('local')) ?? {};
      return load === 0 && isProtected === false;
    });
    expect(ecs.tasks.get('second')?.isProtected).toBe(true);
    ecs.desired = 1;
    expect((await ecs.settle()).stopped).toEqual(['local']);
    // The other call has not noticed any of it.
    await grows('audio that comes back', audioOf(made(calls.later)), 2000);
    const own = events.filter(({ obj_id }) => obj_id === first.sessionId);
    expect(own.map(({ seq }) => seq)).toEqual(own.map((_, at) => at + 1));
  });
});

test('a node that is killed with a call up: the call ends with node_lost, once, at once', async () => {
  const call = made(calls.later);
  const ends: Ended[] = [];
  call.onEnded((ended) => ends.push(ended));
  vi.stubEnv('PATCHBAY_TABLE', table);
  vi.stubEnv('PATCHBAY_DYNAMODB_ENDPOINT', stack.dynamodb);
  vi.stubEnv('PATCHBAY_CALLBACK_URL', stack.console);
  vi.stubEnv('PATCHBAY_SERVICE', 'nodes');
  const { handler: reap } = await import('../../functions/reap.ts');

  await second.kill();
  const killedAtMs = performance.now();
  expect(call.ended).toBeUndefined();
  await reap(taskEvent('second'));
  await until('the call is over', () => call.ended !== undefined, 2000);
  console.info(`told ${Math.round(performance.now() - killedAtMs)} ms after the task had stopped`);
  await reap(taskEvent('second'));
  await reap({});
  expect(ends).toMatchObject([{ reason: 'node_lost', code: 300050, duration: expect.any(Number) }]);
  expect(call.peerConnection.connectionState).toBe('closed');
  const told = events.filter(({ obj_id, type }) => obj_id === call.sessionId && type === 'destroyed');
  expect(told.map(({ seq }) => seq)).toEqual([lastSeq]);
  await expect(client.request('session/get_info', { session_id: call.sessionId })).rejects.toMatchObject({
    reason: expect.stringMatching(/^(session_not_found|timeout)$/),
  });
  expect(client.state.status).toBe('open');
});
