import { describe, expect, test } from 'vitest';
import { addressRules } from '../../../lib/domain/addresses.ts';
import { engineCandidates, engineSdp } from '../../../lib/domain/engine-sdp.ts';
import { chromiumOffer } from '../../support/sdp.ts';

const line = (address: string) => `candidate:1 1 udp 2122194687 ${address} 40000 typ host`;
const shift = `candidate:${'A'.repeat(32)}1 1 udp 127.0.0.1 192.0.2.1 9 typ host`;

describe('what engines get', () => {
  test('is the SDP as it is, line ends too, where all its candidates are addresses', () => {
    expect(engineSdp(chromiumOffer)).toBe(chromiumOffer);
    expect(engineSdp(chromiumOffer.replaceAll('\r\n', '\n'))).toBe(chromiumOffer.replaceAll('\r\n', '\n'));
    expect(engineSdp('v=0\r\nm=')).toBe('v=0\r\nm=');
  });

  test.each([
    line('6b0cc2c4-9b7e-4a41-8f3b-0a3d7f2b9a10.local'),
    line('host.example'),
    line('127.1'),
    line('2001:db8::1%eth0'),
    'candidate:1 1  udp 1 192.0.2.1 9 typ host',
    'candidate:1',
    shift,
  ])('has no candidate %j', (candidate) => {
    const sdp = chromiumOffer.replace('a=end-of-candidates', `a=${candidate}\r\na=end-of-candidates`);
    expect(engineSdp(sdp)).toBe(chromiumOffer);
    expect(engineCandidates([{ candidate }, { candidate: line('192.0.2.1'), sdpMid: '0' }])).toEqual([
      { candidate: line('192.0.2.1'), sdpMid: '0' },
    ]);
  });

  test('keeps the end of candidates, and loses a= in front', () => {
    expect(engineCandidates([{ candidate: `a=${line('192.0.2.1')}` }, { candidate: '' }])).toEqual([
      { candidate: line('192.0.2.1') },
      { candidate: '' },
    ]);
  });

  test('with rules, has no candidate that they refuse', () => {
    const rules = addressRules({ own: ['192.0.2.1/24'], allowed: [] });
    expect(engineCandidates([{ candidate: line('192.0.2.9') }], rules)).toEqual([]);
    expect(engineSdp(chromiumOffer, rules)).not.toContain('typ host');
    expect(engineSdp(chromiumOffer, rules)).toContain('203.0.113.5');
  });
});
