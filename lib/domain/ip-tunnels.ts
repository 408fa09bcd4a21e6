import { type IpAddress, isIn, parseNetwork } from './ip-address.ts';

/** Kinds of IPv6 address that carry an IPv4 one, to which a translator or a tunnel may forward what is sent to them. */
const carriers: readonly (readonly [network: string, v4Of: (bits: bigint) => bigint])[] = [
  // IPv4-compatible, RFC 4291 section 2.5.5.1
  ['::/96', last32],
  // IPv4-translated, RFC 2765
  ['::ffff:0:0:0/96', last32],
  // NAT64, RFC 6052
  ['64:ff9b::/96', last32],
  // NAT64 within a network, RFC 8215: as /96, and as /48, where an octet of zeros is in the middle
  ['64:ff9b:1::/48', last32],
  ['64:ff9b:1::/48', (bits) => (((bits >> 64n) & 0xffffn) << 16n) | ((bits >> 40n) & 0xffffn)],
  // 6to4, RFC 3056
  ['2002::/16', (bits) => (bits >> 80n) & 0xffff_ffffn],
  // Teredo, RFC 4380: the client's address, inverted
  ['2001::/32', (bits) => last32(bits) ^ 0xffff_ffffn],
];

const rows = carriers.map(([text, v4Of]) => ({ network: parseNetwork(text), v4Of }));

/** ISATAP, RFC 5214: in any network, by the first half of the interface's identifier. */
const isIsatap = (bits: bigint) => ((bits >> 32n) & 0xfdff_ffffn) === 0x5efen;

/** The IPv4 addresses that an IPv6 address may lead to. */
export function carriedBy({ version, bits }: IpAddress): IpAddress[] {
  if (version === 4) return [];
  const found = rows.filter(({ network }) => network && isIn({ version, bits }, network)).map(({ v4Of }) => v4Of(bits));
  if (isIsatap(bits)) found.push(last32(bits));
  return found.map((v4) => ({ version: 4, bits: v4 }));
}

function last32(bits: bigint): bigint {
  return bits & 0xffff_ffffn;
}
