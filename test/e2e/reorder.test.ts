import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Call,
  joinCall,
  listenTo,
  type PatchbayClient,
  type PatchbayEvent,
  startCall,
} from '../../lib/client/index.ts';
import { janusHandles } from '../support/janus-admin.ts';
import { startP2p } from '../support/p2p.ts';
import { startTestStack } from '../support/stack.ts';
import { grows, stops, until } from '../support/until.ts';
import { connectClient, newPeerConnection, openTone, rtpBytes, startEcho, type Tone } from '../support/wrtc.ts';

/** The gateway delays and reorders messages, replies and events as Lambdas do it: whole calls must not notice. */

const seeds = Array.from({ length: 10 }, (_, at) => at + 1);
let tone: Tone;

beforeAll(() => {
  tone = openTone();
});

afterAll(() => tone?.stop());

/** Two clients of one stack. */
type Pair = readonly [PatchbayClient, PatchbayClient];

const audioIn =
  ({ peerConnection }: Call) =>
  () =>
    rtpBytes(peerConnection, 'inbound');
const hears = (call: Call) => grows('audio that comes', audioIn(call), 1000);
const created = { createPeerConnection: newPeerConnection };

/** The events that follow, and a check that they come in order without a gap. */
function followed(call: Call): { areInOrder(): void } {
  const events: PatchbayEvent[] = [];
  call.onEvent((event) => events.push(event));
  return { areInOrder: () => expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1)) };
}

/** Mutes what a call sends, and unmutes it: `hearer` is who would hear it. */
async function mutes(call: Call, hearer: Call): Promise<void> {
  expect(await call.updateMedia({ mute_audio: true })).toEqual({ mute_audio: true });
  await stops('audio that comes', audioIn(hearer), 500);
  expect(await call.updateMedia({ mute_audio: false })).toEqual({ mute_audio: true });
  await hears(hearer);
}

async function echo([client]: Pair): Promise<void> {
  const call = await startEcho(client, tone);
  const events = followed(call);
  await hears(call);
  await mutes(call, call);
  const destroyed = new Promise<PatchbayEvent>((resolve) =>
    client.onSessionEvent(call.sessionId, (event) => {
      if (event.type === 'destroyed') resolve(event);
    }),
  );
  await call.hangUp();
  expect((await destroyed).body).toMatchObject({ reason: 'user_stop' });
  events.areInOrder();
}

/** One hangs up, and the other hears why. */
async function endsBoth(first: Call, second: Call, reason: string): Promise<void> {
  const events = [first, second].map(followed);
  await first.hangUp();
  await until('the other one has ended', () => second.ended !== undefined);
  expect(second.ended?.reason).toBe(reason);
  for (const one of events) one.areInOrder();
}

async function p2p(pair: Pair): Promise<void> {
  const { master, slave } = await startP2p(pair, [tone, tone]);
  await Promise.all([hears(master), hears(slave)]);
  await endsBoth(slave, master, 'peer_stopped');
}

async function proxy([first, second]: Pair): Promise<void> {
  const { stream } = tone;
  const master = await startCall(first, { ...created, type: 'proxy', stream });
  const slave = await joinCall(second, { ...created, type: 'proxy', masterId: master.sessionId, stream });
  await Promise.all([hears(master), hears(slave)]);
  await mutes(slave, master);
  await endsBoth(slave, master, 'peer_stopped');
}

async function publishAndListen([first, second]: Pair): Promise<void> {
  const { room_id } = await first.request('room/create', { class: 'sfu' });
  const publish = () => startCall(first, { ...created, type: 'publish', stream: tone.stream, session: { room_id } });
  const [one, other] = await Promise.all([publish(), publish()]);
  const listener = await listenTo(second, { ...created, publisherId: one.sessionId });
  await hears(listener);
  await mutes(one, listener);
  await listener.switchTo(other.sessionId);
  await mutes(other, listener);
  await endsBoth(other, listener, 'publisher_stop');
  await first.request('room/destroy', { room_id });
  await until('the last one has ended', () => one.ended !== undefined);
  expect(one.ended?.reason).toBe('room_destroyed');
}

const calls = { echo, p2p, proxy, publishAndListen };

describe.concurrent('messages overtake each other', () => {
  test.each(seeds)('whole calls work, through Janus and between peers, with seed %i', async (seed) => {
    const stack = await startTestStack({ PATCHBAY_REORDER_SEED: `${seed}` });
    try {
      const pair = [await connectClient(stack.api), await connectClient(stack.api)] as const;
      await Promise.all(Object.values(calls).map((call) => call(pair)));
      for (const client of pair) {
        expect((await client.request('session/get_list', {})).sessions).toEqual([]);
      }
      await until('no handle is left', async () => (await janusHandles(stack.janus)).length === 0);
      for (const client of pair) client.close();
    } finally {
      await stack.stop();
    }
  });
});
