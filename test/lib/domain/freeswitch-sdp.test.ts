import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forClient, forFreeswitch, hasVideo } from '../../../lib/domain/freeswitch-sdp.ts';
import type { Description } from '../../../lib/protocol/session.ts';

const folder = new URL('../../fixtures/sdp/', import.meta.url);
const corpus = new Map(
  readdirSync(folder).map((name) => [name.replace(/\.sdp$/, ''), readFileSync(new URL(name, folder), 'utf8')]),
);
const sdpOf = (name: string) => {
  const sdp = corpus.get(name);
  if (sdp === undefined) throw new Error(`there is no ${name}`);
  return sdp;
};
const described = (sdp: string): Description => ({
  sdp,
  sdp_type: sdp.includes('a=ice-ufrag') ? 'webrtc' : 'rtp',
  trickle_ice: false,
});
const shown = (name: string) => forFreeswitch(described(sdpOf(name)));
const lines = (sdp: string, pattern: RegExp) => sdp.split('\r\n').filter((line) => pattern.test(line));
const mediaLines = (sdp: string) => lines(sdp, /^m=/);
const directions = (sdp: string) => lines(sdp, /^a=(sendrecv|sendonly|recvonly|inactive)/).map((line) => line.slice(2));
const publicAddress = '198.51.100.7';
const engineAnswer = sdpOf('freeswitch-answer');
const answerTo = (name: string) => forClient(engineAnswer, { publicAddress, offer: sdpOf(name) });

const clients = [...corpus.keys()].filter((name) => !name.startsWith('freeswitch'));
const offers = clients.filter((name) => name.endsWith('-offer'));

describe.each(clients)("FreeSWITCH's view of %s", (name) => {
  test('has no candidate but one that leads nowhere, in each part of a WebRTC client', () => {
    const sdp = shown(name);
    const used = mediaLines(sdp).filter((line) => !/^m=\S+ 0 /.test(line));
    const dummy = 'a=candidate:1 1 udp 1 192.0.2.99 9 typ host';
    const isWebrtc = sdp.includes('a=ice-ufrag');
    expect(lines(sdp, /candidate/)).toEqual(isWebrtc ? used.map(() => dummy) : []);
    if (isWebrtc) {
      expect(new Set(lines(sdp, /^c=/))).toEqual(new Set(['c=IN IP4 192.0.2.99']));
      expect(lines(sdp, /^a=(rtcp|group):|192\.168|203\.0\.113|\.local|2001:|fd00/)).toEqual([]);
    }
  });

  test('has one audio at the most, in both directions, and one video', () => {
    const sdp = shown(name);
    const kinds = mediaLines(sdp).map((line) => /^m=(\S+)/.exec(line)?.[1] ?? '');
    expect(new Set(kinds).size).toBe(kinds.length);
    expect(kinds.every((kind) => kind === 'audio' || kind === 'video')).toBe(true);
    const [session = '', ...media] = sdp.split(/(?=^m=)/m);
    expect(directions(session)).toEqual([]);
    const audio = media.find((part) => part.startsWith('m=audio')) ?? '';
    expect(directions(audio)).toEqual(['sendrecv']);
  });

  test('is the same of lines that end otherwise, and of itself', () => {
    const sdp = shown(name);
    for (const end of ['\r\n', '\r', '\n\n']) {
      expect(forFreeswitch(described(sdpOf(name).replaceAll('\n', end)))).toBe(sdp);
    }
    expect(forFreeswitch(described(sdp))).toBe(sdp);
    expect(sdp.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });
});

describe("FreeSWITCH's view of a client", () => {
  test.each([
    ['chromium-offer', 'sendrecv'],
    ['firefox-offer', 'sendonly'],
    ['two-cameras-offer', 'sendonly'],
  ])('of %s keeps the direction of its video', (name, direction) => {
    expect(directions(shown(name)).at(-1)).toBe(direction);
  });

  test('keeps where a phone is, but for one on hold', () => {
    expect(shown('phone-offer')).toContain('c=IN IP4 192.168.7.20\r\n');
    expect(shown('phone-offer')).toContain('a=rtcp:49171 IN IP4 192.168.7.20\r\n');
    expect(shown('phone-hold-offer')).toContain('c=IN IP4 192.0.2.99\r\n');
  });

  test('keeps a part that an answer rejects', () => {
    expect(mediaLines(shown('chromium-answer'))).toEqual(['m=audio 9 RTP/SAVPF 102 0 101', 'm=video 0 RTP/SAVPF 103']);
  });

  test('is of the second camera when the first is rejected', () => {
    expect(mediaLines(shown('two-cameras-offer'))).toEqual([
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
    ]);
    expect(shown('two-cameras-offer')).toContain('a=mid:2');
  });
});

describe.each(offers)('the answer to %s', (name) => {
  test('has a part for each that was offered, in their order', () => {
    const [offered, answered] = [mediaLines(sdpOf(name).replaceAll('\n', '\r\n')), mediaLines(answerTo(name))];
    expect(answered.map((line) => line.split(' ')[0])).toEqual(offered.map((line) => line.split(' ')[0]));
  });

  test('has no address but the public one', () => {
    const sdp = answerTo(name);
    const addresses = [...sdp.matchAll(/\b\d+\.\d+\.\d+\.\d+\b/g)].map(([address]) => address);
    expect(new Set(addresses)).toEqual(new Set([publicAddress]));
    expect(forClient(sdp, { publicAddress })).toBe(sdp);
    expect(forClient(sdp, { publicAddress, offer: sdpOf(name) })).toBe(sdp);
  });

  test('keeps the addresses of a FreeSWITCH that is elsewhere, and is otherwise the same', () => {
    const sdp = forClient(engineAnswer, { publicAddress: undefined, offer: sdpOf(name) });
    expect(forClient(sdp, { publicAddress })).toBe(answerTo(name));
    const own = [...engineAnswer.matchAll(/^c=IN IP4 (\S+)/gm)].map(([, address]) => address);
    expect(own.length).toBeGreaterThan(0);
    for (const [, address] of sdp.matchAll(/^c=IN IP4 (\S+)/gm)) expect(own).toContain(address);
  });
});

describe('an answer', () => {
  const parts = (sdp: string) => sdp.split(/(?=^m=)/m).slice(1);

  test('rejects what FreeSWITCH does not do', () => {
    expect(parts(answerTo('chromium-offer')).at(-1)).toBe('m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n');
    expect(mediaLines(answerTo('two-cameras-offer')).map((line) => line.split(' ')[1])).toEqual([
      '16402',
      '0',
      '16404',
      '0',
    ]);
  });

  test('is turned round with the offer', () => {
    expect(mediaLines(answerTo('safari-offer')).map((line) => line.split(' ')[0])).toEqual(['m=video', 'm=audio']);
  });

  test.each([
    ['sendrecv', []],
    ['sendonly', ['recvonly']],
    ['recvonly', ['sendonly']],
    ['inactive', ['inactive']],
  ])('to %s says %j, of audio and video alike, whether it was said for all or for each', (direction, said) => {
    const offer = (session: string, each: string) =>
      `v=0\n${session}m=audio 9 RTP/AVP 0\n${each}m=video 9 RTP/AVP 96\n${each}`;
    for (const text of [
      offer(`a=${direction}\n`, ''),
      offer('', `a=${direction}\n`),
      offer('a=inactive\n', `a=${direction}\n`),
    ]) {
      const sdp = forClient(engineAnswer, { publicAddress, offer: text });
      expect(parts(sdp).map(directions)).toEqual([said, said]);
    }
  });

  test('carries an IPv6 address as one', () => {
    const sdp = forClient(engineAnswer, { publicAddress: '2001:db8::7' });
    expect(sdp).toContain('c=IN IP6 2001:db8::7\r\n');
    expect(sdp).toContain('o=FreeSWITCH 1700000000 1700000001 IN IP6 2001:db8::7\r\n');
    expect(sdp).toContain('a=rtcp:16402 IN IP6 2001:db8::7\r\n');
    expect(sdp).toContain('a=candidate:5313 1 udp 1694498815 2001:db8::7 16402 typ srflx raddr 2001:db8::7 rport');
    expect(sdp).not.toContain('10.0.3');
  });
});

test.each([
  ['chromium-offer', true],
  ['chromium-answer', false],
  ['phone-offer', false],
  ['two-cameras-offer', true],
])('%s has video: %s', (name, has) => {
  expect(hasVideo(sdpOf(name))).toBe(has);
});

test('no candidate of a client gets through, wherever it stands and however it is written', () => {
  const line = fc.constantFrom(
    'a=candidate:1 1 udp 1 10.1.2.3 5000 typ host',
    ' a=candidate:1 1 udp 1 10.1.2.3 5000 typ host',
    'A=CANDIDATE:1 1 udp 1 10.1.2.3 5000 typ host',
    'a = candidate : 1 1 udp 1 10.1.2.3 5000 typ host',
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...offers),
      fc.nat(),
      line,
      fc.constantFrom('\n', '\r\n', '\r'),
      (name, at, one, end) => {
        const all = sdpOf(name).trimEnd().split('\n');
        all.splice(1 + (at % all.length), 0, one);
        const sdp = forFreeswitch({ sdp: all.join(end) + end, sdp_type: 'webrtc', trickle_ice: false });
        expect(sdp).not.toContain('10.1.2.3');
      },
    ),
  );
});
