import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MediaSession } from '../../lib/backends/backend.ts';
import type { JanusBackend } from '../../lib/backends/janus/backend.ts';
import type { Description, SdpType } from '../../lib/protocol/session.ts';
import { WebrtcEnd } from '../support/call-ends.ts';
import { reason, rejection } from '../support/errors.ts';
import { janusHandles } from '../support/janus-admin.ts';
import { type JanusBench, KeptSink, mediaSpec, startJanusBench } from '../support/janus-backend.ts';
import { phoneOffer } from '../support/sdp.ts';
import { until } from '../support/until.ts';
import { openTone, type Tone } from '../support/wrtc.ts';

let bench: JanusBench;
let janus: JanusBackend;
let tone: Tone;
let peerConnections: RTCPeerConnection[];

beforeAll(async () => {
  bench = await startJanusBench();
  janus = await bench.connect();
  tone = openTone();
});
afterAll(async () => {
  tone?.stop();
  await bench?.stop();
});
beforeEach(() => {
  peerConnections = [];
});
afterEach(async () => {
  for (const peerConnection of peerConnections) peerConnection.close();
  await until('nothing is left in Janus', async () => (await janusHandles(bench.janus)).length === 0);
});

const describeSdp = (sdp: string, sdp_type: SdpType): Description => ({ sdp, sdp_type, trickle_ice: false });
/** A phone that nobody plays: what it says is enough. */
const phone = phoneOffer.replaceAll('192.0.2.20', '127.0.0.1');

function openEnd(): WebrtcEnd {
  const end = new WebrtcEnd(tone);
  peerConnections.push(end.peerConnection);
  return end;
}

async function offer(kind: SdpType): Promise<Description> {
  if (kind === 'rtp') return describeSdp(phone, kind);
  return describeSdp(await openEnd().offer(), kind);
}

async function answer(offered: Description): Promise<Description> {
  if (offered.sdp_type === 'rtp') return describeSdp(phone, 'rtp');
  return describeSdp(await openEnd().answer(offered.sdp), 'webrtc');
}

interface Proxy {
  readonly master: MediaSession;
  readonly slave: MediaSession;
  readonly sinks: readonly [KeptSink, KeptSink];
}

function open(near: SdpType, far: SdpType): Proxy {
  const sinks = [new KeptSink(), new KeptSink()] as const;
  const master = janus.open(mediaSpec({ type: 'proxy', kinds: { near, far } }), sinks[0]);
  return { master, slave: janus.open(mediaSpec({ type: 'proxy', master }), sinks[1]), sinks };
}

/** Lets a slave's client answer, and returns the answer for the master. */
async function answerOf(slave: MediaSession): Promise<Description | undefined> {
  const offered = await slave.makeOffer?.();
  if (!offered) throw new Error('no offer');
  return slave.acceptAnswer?.(await answer(offered));
}

async function connect({ master, slave }: Proxy, near: SdpType): Promise<void> {
  await master.acceptOffer?.(await offer(near));
  expect(await answerOf(slave)).toMatchObject({ sdp_type: near });
}

/** How two sessions may be closed. */
const orders: Readonly<Record<string, (proxy: Proxy) => Promise<unknown>>> = {
  'the master first': async ({ master, slave }) => {
    await master.close();
    await slave.close();
  },
  'the slave first': async ({ master, slave }) => {
    await slave.close();
    await master.close();
  },
  'both at once, and again': async ({ master, slave }) => {
    await Promise.all([slave.close(), master.close(), slave.close(), master.close()]);
  },
};

describe.each([
  ['webrtc', 'webrtc'],
  ['webrtc', 'rtp'],
  ['rtp', 'webrtc'],
] as const)('a proxy from %s to %s leaves nothing', (near, far) => {
  describe.each(Object.entries(orders))('when it is closed, %s', (_, close) => {
    test('before anything', async () => {
      await close(open(near, far));
    });

    test('while it is being offered: who waits for that hears why', async () => {
      const proxy = open(near, far);
      const offering = proxy.master.acceptOffer?.(await offer(near)).catch((error: unknown) => error);
      const waiting = rejection(proxy.slave.makeOffer?.() ?? Promise.resolve());
      await close(proxy);
      await offering;
      expect(['peer_stopped', 'janus_session_down']).toContain((await waiting).reason);
    });

    test('once it is connected: nobody is told of the end twice', async () => {
      const proxy = open(near, far);
      await connect(proxy, near);
      await close(proxy);
      for (const { ends } of proxy.sinks) expect(ends).toBeLessThanOrEqual(1);
    });
  });
});

test('a slave that was closed without an answer leaves the proxy to the next one, also when it is closed again', async () => {
  const {
    master,
    slave: first,
    sinks: [, firstSink],
  } = open('webrtc', 'webrtc');
  await master.acceptOffer?.(await offer('webrtc'));
  const sink = new KeptSink();
  const second = janus.open(mediaSpec({ type: 'proxy', master }), sink);
  await first.close();
  await answerOf(second);
  await first.close();
  await until('the far side is up', () => sink.statuses.length > 0);
  peerConnections.at(-1)?.close();
  await until('the far side has ended', () => sink.why);
  await second.close();
  await master.close();
  expect([firstSink, sink]).toMatchObject([
    { statuses: [], ends: 0 },
    { why: reason('session_stop'), ends: 1 },
  ]);
});

test.each(['hello', phone.replace('c=IN IP4 127.0.0.1', 'c=IN IP4'), phone.replace('49170 RTP', 'x RTP')])(
  'an RTP description that Janus cannot read is invalid_value: %j',
  async (sdp) => {
    const { master } = open('rtp', 'webrtc');
    const refused = master.acceptOffer?.(describeSdp(sdp, 'rtp')) ?? Promise.resolve();
    expect(await rejection(refused)).toMatchObject(reason('invalid_value'));
    await master.close();
  },
);
