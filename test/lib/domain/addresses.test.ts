import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressRules } from '../../../lib/domain/addresses.ts';

const own = ['10.20.0.7/16', '2001:db8:5::7/64', '172.31.9.1/32'];
const rules = addressRules({ own, allowed: [] });

/** Node's own judgement of the same networks. */
const oracle = new BlockList();
const networks = ['127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '0.0.0.0/8', '255.255.255.255/32', ...own];
const networks6 = ['::1/128', '::/128', 'fe80::/10', 'fd00:ec2::/32', 'ff00::/8'];
for (const network of [...networks, ...networks6]) {
  const [address = '', prefix] = network.split('/');
  oracle.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4');
}
const isBlocked = (text: string) => oracle.check(text, isIP(text) === 6 ? 'ipv6' : 'ipv4');

/** One of the refused IPv4 networks, with any last bits. */
const refusedV4 = fc.tuple(fc.constantFrom(...networks), fc.nat(0xffff_ffff)).map(([network, low]) => {
  const [address = '', prefix] = network.split('/');
  const base = address.split('.').reduce((bits, part) => bits * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  return base - (base % size) + (low % size);
});
const dotted = (bits: number) => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
const hex = (bits: number) => `${(bits >>> 16).toString(16)}:${(bits & 0xffff).toString(16)}`;
const inverted = (bits: number) => ~bits >>> 0;

/** Every way that leads to an IPv4 address. */
const spellings: readonly ((bits: number) => string)[] = [
  dotted,
  (bits) => `::ffff:${dotted(bits)}`,
  (bits) => `::FFFF:${hex(bits).toUpperCase()}`,
  (bits) => `0:0:0:0:0:ffff:${hex(bits)}`,
  (bits) => `0000:0000::0000:0000:ffff:${dotted(bits)}`,
  (bits) => `0::0:ffff:${hex(bits)}`,
  (bits) => `::${dotted(bits)}`,
  (bits) => `::ffff:0:${dotted(bits)}`,
  (bits) => `64:ff9b::${dotted(bits)}`,
  (bits) => `0064:ff9b:0::0:${hex(bits)}`,
  (bits) => `64:ff9b:1::${dotted(bits)}`,
  (bits) =>
    `64:ff9b:1:${(bits >>> 16).toString(16)}:${((bits >>> 8) & 255).toString(16)}:${((bits & 255) << 8).toString(16)}::`,
  (bits) => `2002:${hex(bits)}::1`,
  (bits) => `2001:0:c000:201::${hex(inverted(bits))}`,
  (bits) => `2001:db8:9::5efe:${dotted(bits)}`,
  (bits) => `2001:db8:9::200:5efe:${hex(bits)}`,
];

const v6 = fc
  .tuple(
    fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }),
    fc.constantFrom('', '::1', '::', 'fe80:', 'febf:', 'ff02:', 'fd00:ec2:', '2001:db8:5:0:', '64:ff9b::', '::ffff:'),
    fc.boolean(),
  )
  .map(([groups, start, upper]) => {
    const lead = start.split(':').filter((part) => part !== '').length;
    const rest = groups.slice(lead).map((group) => group.toString(16));
    const text = start.includes('::')
      ? `${start}${start === '::1' || start === '::' ? '' : rest.slice(-2).join(':')}`
      : `${start}${rest.join(':')}`;
    return upper ? text.toUpperCase() : text;
  });

describe('address rules', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['169.254.170.2', 'link-local'],
    ['fe80::1', 'link-local'],
    ['fd00:ec2::254', 'link-local'],
    ['64:ff9b::169.254.169.254', 'link-local'],
    ['224.1.1.1', 'multicast'],
    ['ff02::fb', 'multicast'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['255.255.255.255', 'broadcast'],
    ['10.20.200.1', "the node's network"],
    ['2001:db8:5::ffff', "the node's network"],
    ['::ffff:10.20.0.1', "the node's network"],
  ])('refuse %s: %s', (address, why) => {
    expect(rules.refusal(address)).toBe(why);
  });

  test.each(['192.0.2.1', '10.21.0.1', '172.31.9.2', '203.0.113.5', '2001:db8::1', '::ffff:192.0.2.1', '2600::1'])(
    'let %s pass',
    (address) => {
      expect(rules.refusal(address)).toBeUndefined();
    },
  );

  test.each([
    '',
    'localhost',
    'example.local',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '192.0.2.01',
    '192.0.2.256',
    '192.0.2.1.',
    ' 192.0.2.1',
    '192.0.2.1\n',
    '192.0.2.1/32',
    '١٩٢.0.2.1',
    '[2001:db8::1]',
    '2001:db8::1%eth0',
    'fe80::1%eth0',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '::192.0.2.1:1',
    '::12345',
  ])('take %j for no IP address', (text) => {
    expect(rules.refusal(text)).toBe('no IP address');
  });

  test('let nothing pass that is refused, in whatever spelling', () => {
    fc.assert(
      fc.property(refusedV4, fc.constantFrom(...spellings), (bits, spell) => {
        expect(isIP(spell(bits))).toBeGreaterThan(0);
        expect(rules.refusal(spell(bits))).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });

  test('judge as node:net does', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), refusedV4.map(dotted), v6), (text) => {
        if (isIP(text) === 0) expect(rules.refusal(text)).toBe('no IP address');
        else if (isBlocked(text)) expect(rules.refusal(text)).toBeDefined();
        expect(rules.refusal(text) === 'no IP address').toBe(isIP(text) === 0);
      }),
      { numRuns: 2000 },
    );
  });

  test('take for an address only what node:net takes for one', () => {
    const parts = fc.array(
      fc.constantFrom('0', '1', '01', '127', '255', '256', 'f', 'FFFF', '.', ':', '::', '%', ' ', 'x'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          parts.map((all) => all.join('')),
        ),
        (text) => {
          if (rules.refusal(text) !== 'no IP address') expect(isIP(text)).toBeGreaterThan(0);
        },
      ),
      { numRuns: 5000 },
    );
  });

  test('let pass what the operator lists, and nothing beside it', () => {
    const listed = addressRules({ own, allowed: ['127.0.0.1', '10.20.3.0/24', 'fe80::/64', '::ffff:172.31.9.0/120'] });
    const verdicts = ['127.0.0.1', '::ffff:127.0.0.1', '10.20.3.9', 'fe80::2', '172.31.9.1', '64:ff9b::127.0.0.1'];
    expect(verdicts.map((address) => listed.refusal(address))).toEqual(verdicts.map(() => undefined));
    expect(listed.refusal('127.0.0.2')).toBe('loopback');
    expect(listed.refusal('10.20.4.9')).toBe("the node's network");
    expect(listed.refusal('::1')).toBe('loopback');
  });

  test('of all IPv6 does not list IPv4', () => {
    const listed = addressRules({ own, allowed: ['::/0'] });
    expect(listed.refusal('fe80::1')).toBeUndefined();
    expect(listed.refusal('::ffff:127.0.0.1')).toBe('loopback');
  });

  test.each([
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/08',
    '::ffff:10.0.0.0/95',
    '300.0.0.1',
  ])('cannot be made with %j', (entry) => {
    expect(() => addressRules({ own: [], allowed: [entry] })).toThrow(
      `${entry} is neither an IP address nor a network`,
    );
  });
});
