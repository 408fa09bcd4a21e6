import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandInput } from '../../lib/client/index.ts';
import type { SdpType } from '../../lib/protocol/session.ts';
import { type Answering, startAnswering } from '../support/answering.ts';
import { type CallBench, startCallBench } from '../support/call-bench.ts';
import { WebrtcEnd } from '../support/call-ends.ts';
import { Caller, callKinds } from '../support/call-kinds.ts';
import { rejection } from '../support/errors.ts';
import {
  browser,
  candidateAt,
  candidateWritings,
  elsewhere,
  forbidden,
  noAddresses,
  rtpLines,
  writings,
} from '../support/forbidden.ts';
import { candidatesGiven, janusHandles } from '../support/janus-admin.ts';
import { grows } from '../support/until.ts';
import { makeOfferSdp } from '../support/wrtc.ts';

/** A stack, and sessions on it that wait for their clients' answers. */
type Waiting = CallBench & { readonly answering: Answering };

async function startWaiting(env: Record<string, string>): Promise<Waiting> {
  const bench = await startCallBench(env);
  return { ...bench, answering: await startAnswering(bench) };
}

/** Where an SDP can be given: what the error calls it, and who gives it. */
type Giving = readonly [path: string, give: (sdp: string) => Promise<unknown>];

const givings = ({ client, answering }: Waiting, sdp_type: SdpType): Giving[] => {
  const types: CommandInput<'session/create'>[] =
    sdp_type === 'rtp'
      ? [{ type: 'proxy' }]
      : [{ type: 'echo' }, { type: 'publish' }, { type: 'proxy' }, { type: 'proxy', sdp_type: 'rtp' }];
  const offers = types.map(
    (data): Giving => ['data.offer', (sdp) => client.request('session/create', { ...data, offer: { sdp, sdp_type } })],
  );
  const answers = answering[sdp_type].map(
    (session_id): Giving => [
      'data.answer',
      (sdp) => client.request('session/set_answer', { session_id, answer: { sdp, sdp_type } }),
    ],
  );
  return [...offers, ...answers];
};

/** It is refused wherever it is given, with the line and the address in the error. */
async function sdpIsRefused(bench: Waiting, sdp_type: SdpType, sdp: string, ...says: string[]): Promise<void> {
  for (const [path, give] of givings(bench, sdp_type)) {
    await isRefused(give(sdp), new RegExp(`^${path}\\.sdp line \\d+ \\(`), says);
  }
}

async function candidateIsRefused({ client, answering }: Waiting, ...[address, why]: [string, string]) {
  const candidate = { sdpMLineIndex: 0, candidate: candidateAt(address) };
  const good = { sdpMLineIndex: 0, candidate: candidateAt(elsewhere) };
  for (const session_id of answering.webrtc) {
    const one = client.request('session/set_candidate', { session_id, ...candidate });
    await isRefused(one, /^data\.candidate \(/, [address, why]);
    const list = client.request('session/set_candidate', { session_id, candidates: [good, candidate] });
    await isRefused(list, /^data\.candidates\[1\]\.candidate \(/, [address, why]);
  }
}

async function isRefused(request: Promise<unknown>, begins: RegExp, says: readonly string[]): Promise<void> {
  const { reason, message } = await rejection(request);
  expect(reason, message).toBe('invalid_value');
  expect(message).toMatch(begins);
  for (const part of says) expect(message).toContain(part);
}

/** Candidates there are taken, in the SDP and after it, and Janus is given none of them. */
async function neverReaches({ client, stack }: CallBench, addresses: readonly string[]): Promise<void> {
  const sdp = await makeOfferSdp();
  const lines = addresses.map((address) => `a=${candidateAt(address)}\r\n`).join('');
  const offer = { sdp: sdp + lines, trickle_ice: true };
  const { session_id } = await client.request('session/create', { type: 'echo', offer, wait_reply: true });
  const candidates = addresses.map((address) => ({ sdpMLineIndex: 0, candidate: candidateAt(address) }));
  await client.request('session/set_candidate', { session_id, candidates });
  for (const one of candidates) await client.request('session/set_candidate', { session_id, ...one });
  const [, ufrag = ''] = /^a=ice-ufrag:(\S+)/m.exec(sdp) ?? [];
  expect(await candidatesGiven(stack.janus, ufrag)).toEqual([]);
}

const holds = async ({ client, stack }: CallBench) => ({
  handles: (await janusHandles(stack.janus)).length,
  sessions: (await client.request('session/get_list', {})).sessions.length,
  rooms: (await client.request('room/get_list', {})).rooms.length,
});

describe('where loopback is not listed', () => {
  let bench: Waiting;
  let before: Awaited<ReturnType<typeof holds>>;
  beforeAll(async () => {
    bench = await startWaiting({ PATCHBAY_ALLOWED_NETWORKS: elsewhere });
    before = await holds(bench);
  });
  afterAll(() => bench?.stop());

  test.each(Object.entries(rtpLines))('plain RTP is refused for its %s', async (_line, at) => {
    for (const [address, why] of forbidden) await sdpIsRefused(bench, 'rtp', at(address), address, `(${why})`);
    for (const name of noAddresses) await sdpIsRefused(bench, 'rtp', at(name), name);
  });

  test.each(Object.entries(writings))('plain RTP is refused for %s', (_how, sdp) =>
    sdpIsRefused(bench, 'rtp', sdp, '127.0.0.1'),
  );

  test('an SDP is refused for a candidate of WebRTC in it', async () => {
    for (const [address, why] of forbidden) {
      const sdp = browser.replace('a=mid:0', `a=${candidateAt(address)}\r\na=mid:0`);
      await sdpIsRefused(bench, 'webrtc', sdp, address, `(${why})`);
    }
  });

  test.each(Object.entries(candidateWritings))('an SDP is refused for %s', (_how, sdp) =>
    sdpIsRefused(bench, 'webrtc', sdp, '127.0.0.1'),
  );

  test('a candidate that comes alone or in a list is refused', async () => {
    for (const row of forbidden) await candidateIsRefused(bench, ...row);
  });

  test('and nothing was made of all that: no session, no room, nothing in Janus', async () => {
    expect(await holds(bench)).toEqual(before);
  });

  test('while those who were refused can still give another one: media flows', async () => {
    const { client, answering } = bench;
    const session_id = answering.listener;
    const end = await bench.ends({ trickles: true }).webrtc();
    const { offer } = await client.request('session/get_offer', { session_id });
    const answer = { sdp: await end.answer(offer.sdp), trickle_ice: true };
    await client.request('session/set_answer', { session_id, answer });
    await grows('media that comes', () => end.bytesIn(), 1000);
  });

  test('what is no address is no error of a WebRTC client, but Janus never hears of it', () =>
    neverReaches(bench, noAddresses));
});

describe('where loopback is listed', () => {
  let bench: Waiting;
  beforeAll(async () => {
    bench = await startWaiting({ PATCHBAY_ALLOWED_NETWORKS: '127.0.0.0/8' });
  });
  afterAll(() => bench?.stop());

  test('plain RTP flows there, and Janus is given the candidates there', async () => {
    const { client, stack } = bench;
    const caller = new Caller(client, async (end, session_id, request) => {
      const reply = await request();
      const candidate = { sdpMLineIndex: 0, candidate: candidateAt('127.0.0.1') };
      if (end.sdpType === 'webrtc') await client.request('session/set_candidate', { session_id, ...candidate });
      return reply;
    });
    for (const kind of ['proxy, WebRTC to RTP', 'proxy, RTP to WebRTC'] as const) {
      for (const { end } of await callKinds[kind](caller, bench.ends({ trickles: true }))) {
        await grows('media that comes', () => end.bytesIn(), 1000);
        if (!(end instanceof WebrtcEnd)) continue;
        expect(await candidatesGiven(stack.janus, end.ufrag)).toEqual([expect.stringContaining(' 127.0.0.1 ')]);
      }
    }
  });

  test('but not to any other place that is not', async () => {
    const others = forbidden.filter(([, why]) => why !== 'loopback');
    for (const [address, why] of [...others, ['::1', 'loopback'] as const]) {
      for (const at of Object.values(rtpLines)) await sdpIsRefused(bench, 'rtp', at(address), address, `(${why})`);
      await candidateIsRefused(bench, address, why);
    }
  });
});

describe('where Janus is given no candidates of clients', () => {
  let bench: Waiting;
  beforeAll(async () => {
    bench = await startWaiting({ PATCHBAY_ALLOWED_NETWORKS: elsewhere, PATCHBAY_CLIENT_CANDIDATES: 'none' });
  });
  afterAll(() => bench?.stop());

  test('they may say whatever they like', () =>
    neverReaches(bench, [...forbidden.map(([address]) => address), ...noAddresses]));

  test('plain RTP is refused all the same', async () => {
    for (const [address, why] of forbidden) {
      for (const at of Object.values(rtpLines)) await sdpIsRefused(bench, 'rtp', at(address), address, `(${why})`);
    }
  });
});
