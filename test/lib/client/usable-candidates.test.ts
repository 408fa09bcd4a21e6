import { expect, test } from 'vitest';
import { withUsableCandidates } from '../../../lib/client/usable-candidates.ts';

const sdpWith = (...addresses: string[]) =>
  [
    'v=0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    ...addresses.map((address) => `a=candidate:1 1 udp 1 ${address} 9 typ host`),
    'a=mid:0',
    '',
  ].join('\r\n');

test('an offer for an engine has no link-local candidates, and loopback ones only where there are no others', () => {
  expect(withUsableCandidates(sdpWith('169.254.3.4', '127.0.0.1', 'fe80::1', '192.0.2.1', 'a.local'))).toBe(
    sdpWith('192.0.2.1', 'a.local'),
  );
  expect(withUsableCandidates(sdpWith('169.254.3.4', '127.0.0.1', '::1'))).toBe(sdpWith('127.0.0.1', '::1'));
  expect(withUsableCandidates(sdpWith())).toBe(sdpWith());
});
