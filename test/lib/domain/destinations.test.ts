import fc from 'fast-check';
import { parse } from 'sdp-transform';
import { describe, expect, test } from 'vitest';
import { addressRules } from '../../../lib/domain/addresses.ts';
import { checkCandidates, checkDestinations } from '../../../lib/domain/destinations.ts';
import { engineSdp } from '../../../lib/domain/engine-sdp.ts';
import { withCrlf } from '../../../lib/domain/sdp.ts';
import type { SdpType } from '../../../lib/protocol/session.ts';
import { refusal } from '../../support/errors.ts';
import { chromiumOffer, phoneOffer } from '../../support/sdp.ts';

const rules = addressRules({ own: ['10.20.0.7/16'], allowed: [] });
const check = (sdp: string, sdp_type: SdpType) =>
  checkDestinations({ sdp, sdp_type, trickle_ice: false }, 'data.offer', rules);
const refused = (sdp: string, sdp_type: SdpType) => refusal(() => check(sdp, sdp_type)).message;

const candidate = (address: string, more = '') => `candidate:1 1 udp 2122194687 ${address} 40000 typ host${more}`;
const phoneAt = (connection: string) => phoneOffer.replace('c=IN IP4 192.0.2.20', connection);
const phoneWith = (line: string) => phoneOffer.replace('a=sendrecv', `${line}\r\na=sendrecv`);

describe('plain RTP', () => {
  test('may go to any other address', () => {
    expect(() => check(phoneOffer, 'rtp')).not.toThrow();
    expect(() => check(phoneAt('c=IN IP6 2001:db8::5'), 'rtp')).not.toThrow();
    expect(() => check(phoneWith('a=rtcp:49171'), 'rtp')).not.toThrow();
    expect(() => check(phoneWith('a=rtcp:49171 IN IP4 192.0.2.21'), 'rtp')).not.toThrow();
  });

  test('may be on hold, in the old style', () => {
    expect(() => check(phoneAt('c=IN IP4 0.0.0.0'), 'rtp')).not.toThrow();
    expect(() => check(phoneWith('a=rtcp:9 IN IP4 0.0.0.0'), 'rtp')).not.toThrow();
  });

  test('is told the line that is refused, and why', () => {
    expect(refused(phoneAt('c=IN IP4 169.254.170.2'), 'rtp')).toBe(
      'data.offer.sdp line 4 (c=IN IP4 169.254.170.2): media is not sent to 169.254.170.2 (link-local)',
    );
    expect(refused(phoneWith('a=rtcp:9 IN IP4 127.0.0.1'), 'rtp')).toBe(
      'data.offer.sdp line 10 (a=rtcp:9 IN IP4 127.0.0.1): media is not sent to 127.0.0.1 (loopback)',
    );
    expect(refused(phoneWith(`a=${candidate('10.20.1.1')}`), 'rtp')).toContain("10.20.1.1 (the node's network)");
  });

  test.each([
    'c=IN IP4 127.0.0.1',
    'c=IN IP4 224.1.1.1/127',
    'c=IN IP4 224.1.1.1/127/3',
    'c=IN IP4 127.0.0.1/127',
    'c=IN IP6 ff15::101/3',
    'c=IN IP6 ::ffff:127.0.0.1',
    'c=IN IP6 ::',
    'c=IN IP6 0.0.0.0',
    'c=IN IP4 0.0.0.0/127',
    'c=IN IP4 0.0.0.1',
    'c=IN IP4 127.1',
    'c=IN IP4 localhost',
    'c=IN IP4 192.0.2.020',
    'c=IN IP4 ::ffff:192.0.2.20',
    'c=IN IP6 192.0.2.20',
    'c=IN  IP4 192.0.2.20',
    'c=IN\tIP4 192.0.2.20',
    'c=in ip4 192.0.2.20',
    'c=IN IP4 192.0.2.20 127.0.0.1',
    'c=IN IP4',
    'c=',
    'C=IN IP4 127.0.0.1',
    'c =IN IP4 127.0.0.1',
  ])('is not taken with %j', (line) => {
    expect(refused(phoneAt(line), 'rtp')).toContain('data.offer.sdp line 4');
  });

  test('has every line looked at: of each medium, after other ones, after any line end', () => {
    expect(refused(`${phoneOffer}c=IN IP4 127.0.0.1\r\n`, 'rtp')).toContain('line 11');
    expect(refused(phoneWith('a=x\rc=IN IP4 127.0.0.1'), 'rtp')).toContain('loopback');
    expect(refused(phoneWith('  a=RTCP:9 IN IP4 127.0.0.1'), 'rtp')).toContain('loopback');
    expect(refused(phoneWith('a=rtcp:9 IN IP4 127.0.0.1\u2028'), 'rtp')).toContain('loopback');
    expect(refused(phoneWith('a=candidate:1 1 udp 1 phone.local 9 typ host'), 'rtp')).toContain('no IP address');
    expect(refused(phoneWith('a=candidate:1 1  udp 1 192.0.2.1 9 typ host'), 'rtp')).toContain('is no candidate');
  });

  test('needs a c= line for each medium, or one for all', () => {
    const without = phoneOffer.replace('c=IN IP4 192.0.2.20\r\n', '');
    expect(refused(without, 'rtp')).toBe('data.offer.sdp line 5 has no c= line');
    const own = without.replace('a=sendrecv', 'c=IN IP4 192.0.2.20\r\na=sendrecv');
    expect(() => check(own, 'rtp')).not.toThrow();
    expect(refused(`${own}m=video 9 RTP/AVP 96\r\n`, 'rtp')).toBe('data.offer.sdp line 11 has no c= line');
    expect(() => check(`${phoneOffer}m=video 9 RTP/AVP 96\r\n`, 'rtp')).not.toThrow();
  });
});

describe('WebRTC', () => {
  test('may go where its candidates are; c= lines and raddr say nothing about that', () => {
    expect(() => check(chromiumOffer, 'webrtc')).not.toThrow();
    expect(() => check(chromiumOffer.replaceAll('raddr 192.0.2.10', 'raddr 10.20.1.1'), 'webrtc')).not.toThrow();
  });

  test('is told the candidate that is refused', () => {
    const sdp = chromiumOffer.replace('203.0.113.5', '127.0.0.1');
    expect(refused(sdp, 'webrtc')).toMatch(
      /^data\.offer\.sdp line 12 \(a=candidate:842163049 .*127\.0\.0\.1 \(loopback\)$/,
    );
  });

  test.each(['\t', ' \t ', '\u00a0', '\u2028', '\r', '\v\n\t'])(
    'hides none behind what is cut off at the end, %j',
    (blank) => {
      const sdp = `${chromiumOffer}a=${candidate('127.0.0.1')}${blank}`;
      expect(refused(sdp, 'webrtc')).toContain('media is not sent to 127.0.0.1 (loopback)');
    },
  );

  test('may have candidates that are no addresses: engines do not get them', () => {
    expect(() => check(chromiumOffer.replace('203.0.113.5', 'a1b2.local'), 'webrtc')).not.toThrow();
  });
});

describe('candidates that come one by one', () => {
  const good = { candidate: candidate('192.0.2.1') };

  test('are named by their place', () => {
    const all = [good, good, { candidate: candidate('::ffff:127.0.0.1') }];
    expect(refusal(() => checkCandidates(all, 'data.candidates', rules)).message).toMatch(
      /^data\.candidates\[2\]\.candidate \(candidate:1 .*: media is not sent to ::ffff:127\.0\.0\.1 \(loopback\)$/,
    );
    expect(refusal(() => checkCandidates(all.slice(2), 'data', rules)).message).toMatch(/^data\.candidate \(/);
  });

  test('may be the end, a name, or behind a=', () => {
    const all = [
      good,
      { candidate: '' },
      { candidate: candidate('x.local') },
      { candidate: `a=${candidate('192.0.2.1')}` },
    ];
    expect(() => checkCandidates(all, 'data.candidates', rules)).not.toThrow();
    const behind = [{ candidate: `a=${candidate('127.0.0.1')}` }];
    expect(refusal(() => checkCandidates(behind, 'data.candidates', rules)).reason).toBe('invalid_value');
  });
});

/** Addresses of every kind, and what is none. */
const anyAddress = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.domain(),
  fc.constantFrom('127.0.0.1', '::1', '169.254.170.2', '10.20.3.4', '::ffff:7f00:1', '224.0.0.1', '0.0.0.0', '127.1'),
);
const lineEnd = fc.constantFrom('\r\n', '\n', '\r');
/** What comes after the last line. */
const tail = fc.constantFrom('\r\n', '', '\t', ' ', '\u00a0', '\r\n\u2028');
const blank = fc.constantFrom(' ', ' ', ' ', '  ', '\t');
const lines = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom('4', '6'), anyAddress, blank).map(([v, at, gap]) => `c=IN${gap}IP${v} ${at}`),
    fc.tuple(fc.constantFrom('4', '6'), anyAddress, blank).map(([v, at, gap]) => `a=rtcp:9${gap}IN IP${v} ${at}`),
    fc.tuple(anyAddress, blank).map(([at, gap]) => `a=${candidate(at).replace(' udp', `${gap}udp`)}`),
    fc.constantFrom('a=sendrecv', 'm=audio 9 RTP/AVP 0', ' a=x', 'a=mid:0'),
  ),
);
const sdps = fc
  .tuple(lines, lineEnd, tail)
  .map(([rest, end, last]) =>
    ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'm=audio 9 RTP/AVP 0', ...rest].join(end).concat(last),
  );

describe('random SDPs', () => {
  test('of plain RTP that pass have none but permitted addresses, by another parser too', () => {
    fc.assert(
      fc.property(sdps, (sdp) => {
        try {
          check(sdp, 'rtp');
        } catch {
          return;
        }
        const { media, connection } = parse(sdp.replace(/\r\n|\r|\n/g, '\r\n'));
        const found = [connection, ...media.map((one) => one.connection)].flatMap((one) => (one ? [one.ip] : []));
        found.push(...media.flatMap((one) => (one.candidates ?? []).map(({ ip }) => ip)));
        found.push(...media.flatMap(({ rtcp }) => (rtcp?.address ? [rtcp.address] : [])));
        for (const ip of found) if (ip !== '0.0.0.0') expect(rules.refusal(ip)).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  test('of WebRTC that pass give engines none but permitted addresses, as Janus scans them', () => {
    fc.assert(
      fc.property(sdps, (sdp) => {
        try {
          check(sdp, 'webrtc');
        } catch {
          return;
        }
        for (const line of engineSdp(withCrlf(sdp)).split(/[\r\n]+/)) {
          // %32s %30u %3s %30u %49s %30u typ: fields end at blanks, or where they are full.
          const scanned = /^\s*a=candidate:\s*\S{1,32}\s*\d{1,30}\s*\S{1,3}\s*\d{1,30}\s*(\S{1,49})/.exec(line)?.[1];
          if (scanned !== undefined) expect(rules.refusal(scanned)).toBeUndefined();
        }
      }),
      { numRuns: 3000 },
    );
  });
});
