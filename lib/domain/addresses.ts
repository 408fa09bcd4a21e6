import { type IpAddress, type IpNetwork, isIn, parseAddress, parseNetwork } from './ip-address.ts';
import { carriedBy } from './ip-tunnels.ts';

/** Why media never goes to an address. docs/protocol.md#identity-and-access. */
export type Refusal =
  | 'no IP address'
  | 'loopback'
  | 'link-local'
  | 'multicast'
  | 'unspecified'
  | 'broadcast'
  | "the node's network";

export interface AddressRules {
  /** Why media must not go there; undefined where it may. What is no IP literal is refused, too. */
  refusal(address: string): Refusal | undefined;
}

const special: readonly (readonly [Refusal, readonly IpNetwork[]])[] = [
  ['loopback', networks('127.0.0.0/8', '::1')],
  // The last is the link-local range of AWS for IPv6: fd00:ec2::254 serves a machine's credentials.
  ['link-local', networks('169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32')],
  ['multicast', networks('224.0.0.0/4', 'ff00::/8')],
  // To Linux 0.0.0.0 and :: are this machine.
  ['unspecified', networks('0.0.0.0/8', '::')],
  ['broadcast', networks('255.255.255.255')],
];

/**
 * @param own CIDRs of the node's interfaces
 * @param allowed CIDRs or addresses that the operator lists: they overrule everything else
 * @throws Error that names the entry which is neither
 */
export function addressRules({ own, allowed }: { own: readonly string[]; allowed: readonly string[] }): AddressRules {
  const listed = networks(...allowed);
  const rows = [...special, ["the node's network", networks(...own)] as const];
  const isListed = (address: IpAddress) => listed.some((network) => isIn(address, network));
  return {
    refusal(text) {
      const address = parseAddress(text);
      if (!address) return 'no IP address';
      if (isListed(address)) return undefined;
      for (const place of [address, ...carriedBy(address)]) {
        const row = rows.find(([, ranges]) => ranges.some((network) => isIn(place, network)));
        if (row && !isListed(place)) return row[0];
      }
      return undefined;
    },
  };
}

function networks(...texts: readonly string[]): IpNetwork[] {
  return texts.map((text) => {
    const network = parseNetwork(text);
    if (!network) throw new Error(`${text} is neither an IP address nor a network such as 192.0.2.0/24`);
    return network;
  });
}
