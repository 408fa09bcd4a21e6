import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { outsideAddress } from '../../lib/engines/media-addresses.ts';
import type { SdpType } from '../../lib/protocol/session.ts';
import { absentEnd, type CallEnd, rtpEnd, WebrtcEnd } from '../support/call-ends.ts';
import { Caller, callKindNames, callKinds, type Side } from '../support/call-kinds.ts';
import { engines, freeSwitchTypes } from '../support/freeswitch-stack.ts';
import { HeardEvents } from '../support/heard-events.ts';
import { behindNat } from '../support/nat.ts';
import { NodeContainers } from '../support/node-containers.ts';
import { NodeStack } from '../support/node-stack.ts';
import { openPicture, type Picture } from '../support/picture.ts';
import { openRtpEndpoint, type RtpEndpoint } from '../support/rtp-endpoint.ts';
import { addressesIn } from '../support/sdp-tap.ts';
import { grows, until } from '../support/until.ts';
import { openTone, type Tone } from '../support/wrtc.ts';

/**
 * A node whose public address is made up, run as on AWS: whatever SDP leaves it, of whatever engine and type, that is the
 * address in it, and there is no other. Its clients get there all the same, as through a one-to-one NAT.
 */

const publicAddress = '198.51.100.7';
/** What phones say of themselves that is nobody else's business. */
const privateLines = ['a=rtcp:49171 IN IP4 10.1.2.3', 'a=candidate:1 1 udp 1 10.1.2.3 49170 typ host'];

let tone: Tone;
beforeAll(async () => {
  await NodeContainers.bundled();
  tone = openTone();
});
afterAll(() => tone?.stop());

describe.each(engines)('with the %s FreeSWITCH', (engine) => {
  let node: NodeStack;
  let heard: HeardEvents;
  let pictures: Picture[];
  let webrtc: WebrtcEnd[];
  let phones: RtpEndpoint[];
  /** Of the SDPs before this test. */
  let before: number;

  beforeAll(async () => {
    // What is allowed is where the test's phones are.
    node = await NodeStack.start(engine, {
      PATCHBAY_PUBLIC_IP: publicAddress,
      PATCHBAY_ALLOWED_NETWORKS: '127.0.0.0/8,10.1.2.3',
    });
    heard = new HeardEvents(node.client);
  });
  afterAll(() => node?.stop());
  beforeEach(() => {
    [pictures, webrtc, phones] = [[], [], []];
    before = node.tap.seen.length;
  });
  afterEach(async () => {
    for (const { peerConnection } of webrtc) peerConnection.close();
    for (const phone of phones) await phone.close();
    for (const picture of pictures) picture.stop();
    const { sessions } = await node.client.request('session/get_list', {});
    for (const { session_id } of sessions) {
      await node.client.request('session/destroy', { session_id }).catch(() => {});
    }
  });

  function openWebrtc({ hasPicture = false } = {}): WebrtcEnd {
    const picture = hasPicture ? openPicture() : undefined;
    if (picture) pictures.push(picture);
    const end = new WebrtcEnd(tone, { trickles: false });
    if (picture) end.peerConnection.addTrack(picture.track);
    webrtc.push(end);
    return end;
  }

  /** A phone that says more of itself than it must. */
  async function openPhone(): Promise<CallEnd> {
    const phone = await openRtpEndpoint();
    phones.push(phone);
    const saying = (sdp: string) => sdp.replace('a=ptime', `${privateLines.join('\r\n')}\r\na=ptime`);
    const end = rtpEnd(phone);
    return { ...end, offer: async () => saying(phone.sdp), answer: async (offer) => saying(await end.answer(offer)) };
  }

  /** Every description that one may get of a session; each has been there before, when it was made. */
  async function askAll(sessionId: string): Promise<void> {
    const session = { session_id: sessionId };
    await node.client.request('session/get_info', session);
    for (const cmd of ['session/get_offer', 'session/get_answer', 'session/get_proxy_offer'] as const) {
      await node.client
        .request(cmd, { ...session, ...(cmd !== 'session/get_proxy_offer' && { timeout: 1 }) })
        .catch(() => {});
    }
  }

  /** What has left since the beginning of the test, and that all of it is clean. */
  function check(atLeast: number): void {
    const seen = node.tap.seen.slice(before);
    expect(seen.length).toBeGreaterThanOrEqual(atLeast);
    for (const { sdp, path } of seen) {
      expect(addressesIn(sdp), `${path}\n${sdp}`).toEqual([publicAddress]);
      expect(sdp, path).toMatch(/^o=.* IN IP4 198\.51\.100\.7\r?$/m);
      expect(sdp, path).toMatch(/^c=IN IP4 198\.51\.100\.7\r?$/m);
      const kind = sdp.includes('a=fingerprint') ? 'webrtc' : 'rtp';
      if (kind === 'webrtc') expect(sdp, path).toMatch(/^a=candidate:\S+ 1 udp \d+ 198\.51\.100\.7 \d+ typ/im);
    }
  }

  const hearsSomething = ({ end }: Side) => grows('what it hears', () => end.bytesIn(), 500);

  describe('Janus', () => {
    const natted = (end: CallEnd) => behindNat(end, publicAddress, outsideAddress());
    const ends = { webrtc: async () => natted(openWebrtc()), rtp: async () => natted(await openPhone()) };

    test.each(callKindNames)('%s: no other address leaves, and media comes through', async (kind) => {
      const sides = await callKinds[kind](new Caller(node.client), ends);
      await Promise.all(sides.filter(({ hears }) => hears).map(hearsSomething));
      for (const { sessionId } of sides) await askAll(sessionId);
      // One for each side by a reply or an event, once more by get_info and by get_answer or get_offer.
      check(3 * sides.length);
    });

    test('a listener that is offered anew is told no other address either', async () => {
      const caller = new Caller(node.client);
      const voice = await caller.offer(natted(openWebrtc()), { type: 'publish' });
      await voice.answered;
      const { room_id } = await node.client.request('session/get_info', { session_id: voice.sessionId });
      const film = await caller.offer(natted(openWebrtc({ hasPicture: true })), { type: 'publish', room_id });
      await film.answered;
      const listener = openWebrtc();
      const side = await caller.answer(natted(listener), { type: 'listen', publisher_id: voice.sessionId });
      await hearsSomething(side);
      const session = { session_id: side.sessionId };
      await node.client.request('session/set_type', { ...session, type: 'listen', publisher_id: film.sessionId });
      const { body } = await until('a new offer', () =>
        heard.of(side.sessionId).find(({ type, body: { offer } }) => type === 'offer' && hasVideo(offer)),
      );
      const answer = { sdp: await natted(listener).answer(sdpOf(body.offer)), sdp_type: 'webrtc' } as const;
      await node.client.request('session/set_answer', { ...session, answer });
      await hearsSomething(side);
      await askAll(side.sessionId);
      check(6);
    });
  });

  describe('FreeSWITCH', () => {
    const roles = ['offeree', 'offerer'] as const;
    const kinds: readonly SdpType[] = ['webrtc', 'rtp'];
    /** The double has media of phones only, and on loopback. */
    const isThere = (kind: SdpType) => engine === 'real' || kind === 'rtp';
    const localAddress = engine === 'real' ? outsideAddress() : '127.0.0.1';

    async function open(type: string, kind: SdpType, role: (typeof roles)[number], fields: object = {}): Promise<Side> {
      const end = !isThere(kind) ? absentEnd() : kind === 'rtp' ? await openPhone() : openWebrtc();
      const data = { type, backend: 'freeswitch', ...fields } as Parameters<Caller['offer']>[1];
      const caller = new Caller(node.client);
      const natted = behindNat(end, publicAddress, localAddress);
      if (role === 'offerer') return caller.answer(natted, { ...data, sdp_type: kind });
      const side = await caller.offer(natted, data);
      await side.answered;
      return side;
    }

    const cases = freeSwitchTypes.flatMap((type) =>
      roles.flatMap((role) => kinds.map((kind) => [type, role, kind] as const)),
    );
    test.each(cases)('%s, patchbay as %s, %s: no other address leaves', async (type, role, kind) => {
      const peer = type === 'bridge' ? await open('park', 'rtp', 'offeree') : undefined;
      const side = await open(type, kind, role, peer && { peer_id: peer.sessionId });
      if (isThere(kind) && type !== 'park' && type !== 'mcu') await hearsSomething(side);
      await askAll(side.sessionId);
      check(3);
      const { offer, answer } = await node.client.request('session/get_info', { session_id: side.sessionId });
      expect(addressesIn((role === 'offerer' ? offer : answer)?.sdp ?? '')).toEqual([publicAddress]);
    });

    test('a call that goes through all types is described anew nowhere', async () => {
      const side = await open('park', isThere('webrtc') ? 'webrtc' : 'rtp', 'offeree');
      const peer = await open('park', 'rtp', 'offeree');
      const session_id = side.sessionId;
      for (const to of [{ type: 'echo' }, { type: 'mcu' }, { type: 'bridge', peer_id: peer.sessionId }] as const) {
        await node.client.request('session/set_type', { session_id, ...to });
      }
      await askAll(session_id);
      check(4);
    });
  });
});

const sdpOf = (description: unknown): string => {
  const sdp = typeof description === 'object' && description !== null ? Reflect.get(description, 'sdp') : undefined;
  return typeof sdp === 'string' ? sdp : '';
};
const hasVideo = (description: unknown) => /^m=video [1-9]/m.test(sdpOf(description));
