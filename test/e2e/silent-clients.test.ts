import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PatchbayEvent } from '../../lib/client/index.ts';
import { type CallBench, startCallBench } from '../support/call-bench.ts';
import { absentEnd, type CallEnd, rtpEnd } from '../support/call-ends.ts';
import { Caller, callKinds, type Ends, type MakeCall, type Side } from '../support/call-kinds.ts';
import { ForkedEnd } from '../support/forked-end.ts';
import { openRtpEndpoint, type RtpEndpoint } from '../support/rtp-endpoint.ts';
import { grows, until } from '../support/until.ts';

const { echo, 'publish and listen': publishAndListen } = callKinds;
const { 'proxy, WebRTC to WebRTC': proxy, 'proxy, WebRTC to RTP': toRtp, 'proxy, RTP to WebRTC': fromRtp } = callKinds;
const publish: MakeCall = async (caller, ends) => [await caller.offer(await ends.webrtc(), { type: 'publish' })];

/** Which side's client falls silent, the first or the second one, and by what reason the other one ends, if it does. */
type Silence = readonly [call: MakeCall, side: 0 | 1, other?: string];

const silences: Readonly<Record<string, Silence>> = {
  'the client of an echo': [echo, 0],
  'the master of a proxy': [proxy, 0, 'peer_stopped'],
  'the slave of a proxy': [proxy, 1, 'peer_stopped'],
  'a publisher': [publishAndListen, 0, 'publisher_stop'],
  'a listener': [publishAndListen, 1],
  'a WebRTC master whose slave is a phone': [toRtp, 0, 'peer_stopped'],
  'a phone whose master is WebRTC': [toRtp, 1, 'peer_stopped'],
  'a phone whose slave is WebRTC': [fromRtp, 0, 'peer_stopped'],
  'a WebRTC slave whose master is a phone': [fromRtp, 1, 'peer_stopped'],
};
const absences: Readonly<Record<string, Silence>> = {
  'the client of an echo': [echo, 0],
  'the master of a proxy': [proxy, 0, 'peer_stopped'],
  'the slave of a proxy': [proxy, 1, 'peer_stopped'],
  'a publisher': [publish, 0],
  'a listener': [publishAndListen, 1],
  'a WebRTC master whose slave is a phone': [toRtp, 0, 'peer_stopped'],
  'a WebRTC slave whose master is a phone': [fromRtp, 1, 'peer_stopped'],
};
const noticedMs = 75_000;
const timeout = noticedMs + 30_000;

// All of them wait for their minute together.
vi.setConfig({ maxConcurrency: Object.keys(silences).length + Object.keys(absences).length + 1 });

let bench: CallBench;
const events: PatchbayEvent[] = [];
const forked: ForkedEnd[] = [];
const phones: RtpEndpoint[] = [];

beforeAll(async () => {
  bench = await startCallBench();
  bench.client.onEvent((event) => events.push(event));
});
afterAll(async () => {
  for (const end of forked) await end.kill();
  for (const phone of phones) await phone.close();
  await bench?.stop();
});

const eventsOf = ({ sessionId }: Side) => events.filter(({ obj_id }) => obj_id === sessionId);
const destroyed = (side: Side) => eventsOf(side).find(({ type }) => type === 'destroyed');
const isAlive = async ({ sessionId }: Side) =>
  (await bench.client.request('session/get_info', { session_id: sessionId })).state === 'ready';

/** Media ends of which the one of a side is made by other hands. */
function endsWith(side: number, special: Partial<Ends>): Ends {
  const plain = bench.ends();
  let made = 0;
  const next = (kind: keyof Ends) => (): Promise<CallEnd> => {
    const make = made === side ? special[kind] : undefined;
    made += 1;
    return (make ?? plain[kind])();
  };
  return { webrtc: next('webrtc'), rtp: next('rtp') };
}

/** What is told of a silent client: a hangup, then its end, and what becomes of the other side. */
async function isEnded(name: string, sides: readonly Side[], [, side, other]: Silence): Promise<void> {
  const [silent, peer] = [sides[side], sides[1 - side]];
  if (!silent) throw new Error('no such side');
  const silentAtMs = performance.now();
  await until('destroyed', () => destroyed(silent), noticedMs);
  console.info(`${name}: noticed after ${((performance.now() - silentAtMs) / 1000).toFixed(1)} s`);

  const told = eventsOf(silent);
  const hangups = told.filter(({ type, body }) => type === 'status' && body.class === 'hangup');
  expect(hangups.map(({ body }) => body)).toEqual([{ class: 'hangup', cause: expect.any(String) }]);
  expect(told.filter(({ type }) => type === 'destroyed')).toEqual([told.at(-1)]);
  expect(told.at(-1)?.body.reason).toBe('session_stop');
  if (peer && other === undefined) {
    expect(await isAlive(peer)).toBe(true);
    await bench.client.request('session/destroy', { session_id: peer.sessionId });
  } else if (peer) {
    await until('the other side is destroyed', () => destroyed(peer));
    expect(destroyed(peer)?.body.reason).toBe(other);
  }
  for (const one of sides) expect(eventsOf(one).map(({ seq }) => seq)).toEqual(eventsOf(one).map((_, at) => at + 1));
}

describe.concurrent('a client whose connection lives on is ended within 75 s', () => {
  test.each(Object.entries(silences))('%s, when it is killed or sends no more', { timeout }, async (name, silence) => {
    const [make, side] = silence;
    let fallSilent = async () => {};
    const ends = endsWith(side, {
      async webrtc() {
        const end = new ForkedEnd();
        forked.push(end);
        fallSilent = () => end.kill();
        return end;
      },
      async rtp() {
        const phone = await openRtpEndpoint();
        phones.push(phone);
        fallSilent = async () => phone.hush();
        return rtpEnd(phone);
      },
    });
    const sides = await make(new Caller(bench.client), ends);
    for (const { end, hears } of sides) if (hears) await grows('media that comes', () => end.bytesIn(), 2000);
    await fallSilent();
    await isEnded(`${name}, killed`, sides, silence);
  });

  test.each(Object.entries(absences))('%s, when it never connects', { timeout }, async (name, absence) => {
    const [make, side] = absence;
    const sides = await make(new Caller(bench.client), endsWith(side, { webrtc: async () => absentEnd() }));
    await isEnded(`${name}, absent`, sides, absence);
  });

  test('but no phone that promised no media, on hold or only listening', { timeout }, async () => {
    const quiet = async (change: (sdp: string) => string): Promise<Side> => {
      const phone = await openRtpEndpoint();
      phones.push(phone);
      const rtp = async () => ({ ...rtpEnd(phone), answer: async () => change(phone.sdp) });
      const [, side] = await toRtp(new Caller(bench.client), endsWith(1, { rtp }));
      if (!side) throw new Error('no second side');
      return side;
    };
    const listening = await quiet((sdp) => sdp.replace('a=sendrecv', 'a=recvonly'));
    await grows('media that comes', () => listening.end.bytesIn(), 2000);
    const onHold = await quiet((sdp) => sdp.replace(/c=IN IP4 .*/, 'c=IN IP4 0.0.0.0'));
    await delay(noticedMs);
    for (const side of [listening, onHold]) {
      expect(await isAlive(side)).toBe(true);
      await bench.client.request('session/destroy', { session_id: side.sessionId });
    }
  });
});

test('nothing is left of them', async () => {
  expect((await bench.client.request('session/get_list', {})).sessions).toEqual([]);
  await bench.nothingIsLeft();
  expect(bench.client.state.status).toBe('open');
});
