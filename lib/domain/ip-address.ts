/**
 * IP addresses and networks, read by hand: `node:net` is I/O to this layer, and its `BlockList` neither tells which of
 * its rules matched nor looks into the IPv4 addresses that IPv6 ones carry.
 */
export interface IpAddress {
  readonly version: 4 | 6;
  /** 32 or 128 bits. An IPv4-mapped address (::ffff:192.0.2.1) is the IPv4 address: that is where packets to it go. */
  readonly bits: bigint;
}

export interface IpNetwork extends IpAddress {
  /** How many of the leading bits count. */
  readonly prefix: number;
}

export const widthOf = (version: 4 | 6): number => (version === 4 ? 32 : 128);

/**
 * An address in the spelling that `inet_pton` takes: four decimal numbers without leading zeros, or RFC 4291's groups.
 * Anything else, a zone (`fe80::1%eth0`) and the spellings of `inet_aton` (`127.1`, `0x7f000001`) among it, is none.
 */
export function parseAddress(text: string): IpAddress | undefined {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return { version: 4, bits: v4 };
  const v6 = parseIpv6(text);
  if (v6 === undefined) return undefined;
  return v6 >> 32n === 0xffffn ? { version: 4, bits: v6 & 0xffff_ffffn } : { version: 6, bits: v6 };
}

/** `192.0.2.0/24`, `2001:db8::/32`, or an address alone; bits after the prefix are passed over. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const [addressText = '', prefixText, more] = text.split('/');
  const address = parseAddress(addressText);
  if (!address || more !== undefined) return undefined;
  const width = widthOf(address.version);
  if (prefixText === undefined) return { ...address, prefix: width };
  if (!/^(0|[1-9]\d{0,2})$/.test(prefixText)) return undefined;
  const isMapped = address.version === 4 && addressText.includes(':');
  const prefix = Number(prefixText) - (isMapped ? 96 : 0);
  return prefix >= 0 && prefix <= width ? { ...address, prefix } : undefined;
}

export function isIn(address: IpAddress, network: IpNetwork): boolean {
  if (address.version !== network.version) return false;
  const rest = BigInt(widthOf(network.version) - network.prefix);
  return address.bits >> rest === network.bits >> rest;
}

const decimal = /^(0|[1-9]\d{0,2})$/;

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => decimal.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

/** RFC 4291 section 2.2: eight groups, `::` once for those that are zero, the last two perhaps as an IPv4 address. */
function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (!text.includes(':') || halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, at) => groupsOf(half, at === halves.length - 1));
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...(tail ?? [])];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

function groupsOf(half: string, isLast: boolean): number[] | undefined {
  if (half === '') return [];
  const groups: number[] = [];
  const parts = half.split(':');
  for (const [at, part] of parts.entries()) {
    const v4 = isLast && at === parts.length - 1 ? parseIpv4(part) : undefined;
    if (v4 !== undefined) groups.push(Number(v4 >> 16n), Number(v4 & 0xffffn));
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
