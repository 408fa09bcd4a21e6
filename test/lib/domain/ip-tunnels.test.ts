import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../lib/domain/ip-address.ts';
import { carriedBy } from '../../../lib/domain/ip-tunnels.ts';

/** The IPv4 addresses that an address carries, in dotted form. */
function carried(text: string): string[] {
  const address = parseAddress(text);
  if (!address) throw new Error(`${text} is no address`);
  return carriedBy(address).map(({ bits }) => [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.'));
}

describe('an IPv6 address carries an IPv4 one', () => {
  test.each([
    ['::192.0.2.33', 'IPv4-compatible'],
    ['::ffff:0:192.0.2.33', 'IPv4-translated'],
    ['64:ff9b::192.0.2.33', 'NAT64'],
    ['64:ff9b:1::192.0.2.33', 'NAT64 within a network, at the end'],
    // RFC 6052 section 2.4, for a prefix of /48.
    ['64:ff9b:1:c000:2:2100::', 'NAT64 within a network, in the middle'],
    ['2002:c000:221::1', '6to4'],
    // RFC 4380: the client's address is inverted.
    ['2001:0:4136:e378:8000:63bf:3fff:fdde', 'Teredo'],
    ['fe80::5efe:192.0.2.33', 'ISATAP'],
    ['2001:db8::200:5efe:192.0.2.33', 'ISATAP, globally unique'],
  ])('%s: %s', (text) => {
    expect(carried(text)).toContain('192.0.2.33');
  });

  test.each(['2001:db8::192.0.2.33', '2600::1', 'fe80::1', '64:ff9c::192.0.2.33', '2001:1::1', '::1:5efe:0:0'])(
    'but %s carries none',
    (text) => {
      expect(carried(text)).toEqual([]);
    },
  );

  test('and an IPv4 address carries itself only, mapped or not', () => {
    expect(carried('192.0.2.33')).toEqual([]);
    expect(carried('::ffff:192.0.2.33')).toEqual([]);
  });

  test('in 32 bits, always', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (bits) => {
        for (const found of carriedBy({ version: 6, bits })) {
          expect(found.version).toBe(4);
          expect(found.bits >> 32n).toBe(0n);
        }
      }),
    );
  });
});
