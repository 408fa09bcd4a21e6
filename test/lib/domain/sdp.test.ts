import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkDescription,
  isCandidateLine,
  sdpLines,
  withCrlf,
  withOwnOrigin,
  withoutCandidates,
} from '../../../lib/domain/sdp.ts';
import type { SdpType } from '../../../lib/protocol/session.ts';
import { refusal } from '../../support/errors.ts';
import { chromiumOffer, phoneOffer } from '../../support/sdp.ts';

const checked = (sdp: string, sdp_type: SdpType) =>
  checkDescription({ sdp, sdp_type, trickle_ice: false }, 'data.offer');
const refused = (sdp: string, sdp_type: SdpType) => refusal(() => checked(sdp, sdp_type));
const without = (sdp: string, start: string) =>
  sdp
    .split('\r\n')
    .filter((line) => !line.startsWith(start))
    .join('\r\n');

describe('a description', () => {
  test('is webrtc with fingerprint and ICE, rtp without both', () => {
    expect(() => checked(chromiumOffer, 'webrtc')).not.toThrow();
    expect(() => checked(phoneOffer, 'rtp')).not.toThrow();
  });

  test('may end its lines in LF', () => {
    expect(() => checked(chromiumOffer.replaceAll('\r\n', '\n'), 'webrtc')).not.toThrow();
  });

  test('may have its fingerprint for the whole session, as Firefox has it', () => {
    const print = /a=fingerprint:.*\r\n/.exec(chromiumOffer)?.[0] ?? '';
    const firefox = without(chromiumOffer, 'a=fingerprint').replace('t=0 0\r\n', `t=0 0\r\n${print}`);
    expect(() => checked(firefox, 'webrtc')).not.toThrow();
  });

  test.each([
    ['webrtc SDP called rtp', chromiumOffer, 'rtp', 'has a fingerprint and ICE, but sdp_type is rtp'],
    ['rtp SDP called webrtc', phoneOffer, 'webrtc', 'has neither fingerprint nor ICE, but sdp_type is webrtc'],
    [
      'ICE without a fingerprint',
      without(chromiumOffer, 'a=fingerprint'),
      'webrtc',
      'has only one of a=fingerprint and a=ice-ufrag, but sdp_type is webrtc',
    ],
    [
      'a fingerprint without ICE',
      without(chromiumOffer, 'a=ice-ufrag'),
      'rtp',
      'has only one of a=fingerprint and a=ice-ufrag, but sdp_type is rtp',
    ],
  ] as const)('is invalid_value for %s', (_, sdp, sdpType, message) => {
    expect(refused(sdp, sdpType)).toMatchObject({ reason: 'invalid_value', message: `data.offer.sdp ${message}` });
  });

  test.each(['', 'hello', 'v=0\r\n', '\u0000', 'm=', '{"sdp":1}'])('is invalid_value for %j', (sdp) => {
    expect(refused(sdp, 'webrtc').reason).toBe('invalid_value');
  });
});

describe('line ends', () => {
  test('LF becomes CRLF, and CRLF stays', () => {
    expect(withCrlf(chromiumOffer.replaceAll('\r\n', '\n'))).toBe(chromiumOffer);
    expect(withCrlf(chromiumOffer)).toBe(chromiumOffer);
  });

  test.each(['v=0\nm=x', 'v=0\r\nm=x\n\n', 'v=0\nm=x\r\n'])('%j ends in one CRLF', (sdp) => {
    expect(withCrlf(sdp)).toBe('v=0\r\nm=x\r\n');
  });
});

test('withoutCandidates leaves out the candidates and nothing else', () => {
  const stripped = withoutCandidates(chromiumOffer);
  expect(stripped).not.toMatch(/candidate/);
  expect(chromiumOffer.split('\r\n').filter((line) => !/^a=(candidate|end-of-candidates)/.test(line))).toEqual(
    stripped.split('\r\n'),
  );
  expect(() => checked(stripped, 'webrtc')).not.toThrow();
  expect(withoutCandidates(phoneOffer)).toBe(phoneOffer);
});

describe("an SDP's lines", () => {
  test.each([
    ['', []],
    ['v=0', ['v=0']],
    ['v=0\r\ns=-\nt=0 0\r\r\n', ['v=0\r\n', 's=-\n', 't=0 0\r', '\r\n']],
    ['\n\r\nv=0', ['\n', '\r\n', 'v=0']],
  ])('of %j keep their ends', (sdp, lines) => {
    expect(sdpLines(sdp)).toEqual(lines);
  });

  test('are all of it, whatever it is', () => {
    const text = fc
      .array(fc.constantFrom('v=0', '\r', '\n', '\r\n', ' ', 'a=candidate:1'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (sdp) => {
        expect(sdpLines(sdp).join('')).toBe(sdp);
        for (const line of sdpLines(sdp)) expect(line).toMatch(/^[^\r\n]*(?:\r\n|\r|\n|)$/);
      }),
    );
  });

  test.each(['a=candidate:1', ' a=candidate:1', 'A=Candidate:1', 'a =\tcandidate :1'])(
    '%j is a candidate, to some parser at least',
    (line) => {
      expect(isCandidateLine(line)).toBe(true);
    },
  );

  test.each(['a=candidates:1', 'a=end-of-candidates', 'a=x-candidate:1', 'candidate:1', 'a=remote-candidates:1'])(
    '%j is none',
    (line) => {
      expect(isCandidateLine(line)).toBe(false);
    },
  );
});

describe('the origin of an SDP that an engine made of another', () => {
  const made = (origin: string) => phoneOffer.replace(/^o=.*$/m, origin);

  test.each(['o=- 1 2 IN IP4 1.1.1.1', 'o=phone 3 4 IN IP4 10.1.2.3', 'o=- 5 6 IN IP6 fe80::1'])(
    'is where its media is: %s',
    (origin) => {
      const sdp = withOwnOrigin(made(origin));
      expect(sdp).toBe(made(origin.replace(/IN IP. .*/, 'IN IP4 192.0.2.20')));
    },
  );

  test('is that of its first medium where each has its own', () => {
    const [head = '', ...media] = phoneOffer.replace(/^c=.*\r\n/m, '').split(/(?=^m=)/m);
    const sdp = [head, ...media.map((one) => one.replace(/\r\n/, '\r\nc=IN IP4 198.51.100.7\r\n'))].join('');
    expect(withOwnOrigin(sdp)).toContain('o=phone 3747 3747 IN IP4 198.51.100.7\r\n');
  });

  test('stays as it is where there is no place of media', () => {
    const sdp = phoneOffer.replace(/^c=.*\r\n/m, '');
    expect(withOwnOrigin(sdp)).toBe(sdp);
  });
});
