import { addressRules } from './addresses.ts';
import { parseAddress } from './ip-address.ts';

/**
 * Networks that are not the Internet's, beside those to which media never goes: private, shared by a provider's customers
 * (RFC 6598), of a protocol, of benchmarks, reserved. https://www.iana.org/assignments/iana-ipv4-special-registry/
 */
const notPublic = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  ...['100.64.0.0/10', '192.0.0.0/24', '198.18.0.0/15', '240.0.0.0/4'],
];
const rules = addressRules({ own: notPublic, allowed: [] });

/** Whether it is an IPv4 address, in its one spelling, at which somebody on the Internet may be reached. */
export const isPublicIpv4 = (text: string): boolean =>
  !text.includes(':') && parseAddress(text)?.version === 4 && rules.refusal(text) === undefined;
