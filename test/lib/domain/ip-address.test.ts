import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type IpAddress, isIn, parseAddress, parseNetwork, widthOf } from '../../../lib/domain/ip-address.ts';

/** For addresses and networks that a test spells right. */
function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`${text} is no address`);
  return parsed;
}
const contains = (network: string, text: string): boolean => {
  const parsed = parseNetwork(network);
  if (!parsed) throw new Error(`${network} is no network`);
  return isIn(address(text), parsed);
};

describe('an address', () => {
  test.each<[string, IpAddress]>([
    ['0.0.0.0', { version: 4, bits: 0n }],
    ['192.0.2.1', { version: 4, bits: 0xc000_0201n }],
    ['255.255.255.255', { version: 4, bits: 0xffff_ffffn }],
    ['::', { version: 6, bits: 0n }],
    ['::1', { version: 6, bits: 1n }],
    ['2001:DB8::a', { version: 6, bits: 0x2001_0db8_0000_0000_0000_0000_0000_000an }],
    ['1:2:3:4:5:6:7:8', { version: 6, bits: 0x0001_0002_0003_0004_0005_0006_0007_0008n }],
    ['::2:3', { version: 6, bits: 0x2_0003n }],
    ['64:ff9b::192.0.2.1', { version: 6, bits: 0x0064_ff9b_0000_0000_0000_0000_c000_0201n }],
    ['::ffff:192.0.2.1', { version: 4, bits: 0xc000_0201n }],
    ['::ffff:c000:201', { version: 4, bits: 0xc000_0201n }],
  ])('%s is read', (text, parsed) => {
    expect(parseAddress(text)).toEqual(parsed);
  });

  test('has the bits that it was written with, in each spelling', () => {
    const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, fc.boolean(), (parts, isUpper) => {
        const bits = parts.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n);
        const isMapped = bits >> 32n === 0xffffn;
        const expected = isMapped ? { version: 4, bits: bits & 0xffff_ffffn } : { version: 6, bits };
        const plain = parts.map((part) => part.toString(16)).join(':');
        const long = parts.map((part) => part.toString(16).padStart(4, '0')).join(':');
        for (const text of [plain, long, plain.replace(/(?<=:)0(:0)+(?=:)/, '')]) {
          expect(parseAddress(isUpper ? text.toUpperCase() : text)).toEqual(expected);
        }
      }),
    );
  });

  test('is one exactly where node:net says so, but for zones', () => {
    const piece = fc.constantFrom('0', '1', '01', '127', '255', '256', 'f', 'FFFF', '.', ':', '::', ' ', 'x', '/');
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (one) => {
        expect(parseAddress(one) !== undefined).toBe(isIP(one) !== 0);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a network', () => {
  test.each([
    ['192.0.2.0/24', 4, 24],
    ['192.0.2.9', 4, 32],
    ['0.0.0.0/0', 4, 0],
    ['2001:db8::/32', 6, 32],
    ['::1', 6, 128],
    ['::ffff:192.0.2.0/120', 4, 24],
    ['::ffff:192.0.2.0', 4, 32],
  ])('%s is read', (text, version, prefix) => {
    expect(parseNetwork(text)).toMatchObject({ version, prefix });
  });

  test.each(['', '/8', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/8/8', '::/129', 'x/8'])(
    '%j is none',
    (text) => {
      expect(parseNetwork(text)).toBeUndefined();
    },
  );

  test('has in it what its prefix says, and nothing of the other version', () => {
    expect(contains('192.0.2.200/25', '192.0.2.128')).toBe(true);
    expect(contains('192.0.2.200/25', '192.0.2.127')).toBe(false);
    expect(contains('0.0.0.0/0', '255.255.255.255')).toBe(true);
    expect(contains('0.0.0.0/0', '::1')).toBe(false);
    expect(contains('::/0', '192.0.2.1')).toBe(false);
    expect(contains('::ffff:192.0.2.0/120', '192.0.2.9')).toBe(true);
    expect([widthOf(4), widthOf(6)]).toEqual([32, 128]);
  });

  test('has in it what node:net has in it', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.ipV4(), fc.nat(32), fc.constant('ipv4' as const));
    const v6 = fc.tuple(fc.ipV6(), fc.ipV6(), fc.nat(128), fc.constant('ipv6' as const));
    fc.assert(
      fc.property(fc.oneof(v4, v6), fc.boolean(), ([base, other, prefix, version], isSame) => {
        const text = isSame ? base : other;
        // node:net takes an IPv4-mapped address for IPv6 where the network is, and for IPv4 elsewhere.
        fc.pre(version === 'ipv4' || (address(base).version === 6 && address(text).version === 6));
        const list = new BlockList();
        list.addSubnet(base, prefix, version);
        expect(contains(`${base}/${prefix}`, text)).toBe(list.check(text, version));
      }),
      { numRuns: 2000 },
    );
  });
});
