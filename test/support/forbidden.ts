import { ownNetworks } from '../../lib/controller/own-networks.ts';
import { addressRules } from '../../lib/domain/addresses.ts';
import { chromiumOffer, phoneOffer } from './sdp.ts';

/** Where media may go as far as anybody can tell: nobody is there, and nobody's network has it. RFC 5737. */
export const elsewhere = '198.51.100.20';

/** Addresses to which media must not go, and why: in every spelling, and carried by IPv6 in every way. */
export const forbidden: readonly (readonly [address: string, why: string])[] = [
  ['127.0.0.1', 'loopback'],
  ['127.255.8.9', 'loopback'],
  ['::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::FFFF:7F00:1', 'loopback'],
  ['::127.0.0.1', 'loopback'],
  ['64:ff9b::127.0.0.1', 'loopback'],
  ['64:ff9b:1::7f00:1', 'loopback'],
  ['2002:7f00:1::', 'loopback'],
  ['2001:0:c633:6414:0:0:80ff:fffe', 'loopback'],
  ['169.254.170.2', 'link-local'],
  ['169.254.169.254', 'link-local'],
  ['fe80::1', 'link-local'],
  ['fd00:ec2::254', 'link-local'],
  ['::ffff:169.254.170.2', 'link-local'],
  ['64:ff9b::a9fe:aa02', 'link-local'],
  ['2002:a9fe:aa02::1', 'link-local'],
  ['224.0.0.251', 'multicast'],
  ['239.255.255.250', 'multicast'],
  ['ff02::fb', 'multicast'],
  ['::ffff:224.0.0.251', 'multicast'],
  ['0.0.0.1', 'unspecified'],
  ['::', 'unspecified'],
  ['255.255.255.255', 'broadcast'],
  ...ownAddresses().map((address) => [address, "the node's network"] as const),
];

/** What a resolver or `inet_aton` would make an address of. */
export const noAddresses = [
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.0.0.01',
  '127.0.0.1.',
  'localhost',
  'metadata.internal',
  'phone.local',
  'fe80::1%lo',
  '[::1]',
  `127.0.0.1,${elsewhere}`,
];

export const phone = phoneOffer.replaceAll('192.0.2.20', elsewhere);
/** Without a candidate. */
export const browser = chromiumOffer.replace(/a=(candidate:|end-of-candidates).*\r\n/g, '');
export const candidateAt = (address: string) => `candidate:1 1 udp 2122194687 ${address} 40000 typ host`;

const version = (address: string) => (address.includes(':') ? 6 : 4);
const withConnection = (line: string) => phone.replace(/^c=.*$/m, line);
const inMedium = (line: string) => phone.replace('a=sendrecv', `${line}\r\na=sendrecv`);

/** Every line of plain RTP that says where media goes. */
export const rtpLines: Readonly<Record<string, (address: string) => string>> = {
  'c= of the session': (at) => withConnection(`c=IN IP${version(at)} ${at}`),
  'c= of a medium': (at) => inMedium(`c=IN IP${version(at)} ${at}`),
  'c= of a later medium': (at) => `${phone}m=video 49172 RTP/AVP 96\r\nc=IN IP${version(at)} ${at}\r\n`,
  'a=rtcp': (at) => inMedium(`a=rtcp:49171 IN IP${version(at)} ${at}`),
  'a=candidate': (at) => inMedium(`a=${candidateAt(at)}`),
};

/** Ways of plain RTP to write 127.0.0.1 that one reader takes for an address and another one might not. */
export const writings: Readonly<Record<string, string>> = {
  'two c= lines for the session': withConnection(`c=IN IP4 ${elsewhere}\r\nc=IN IP4 127.0.0.1`),
  'two c= lines for a medium': inMedium(`c=IN IP4 ${elsewhere}\r\nc=IN IP4 127.0.0.1`),
  'c= with a TTL': withConnection('c=IN IP4 127.0.0.1/127'),
  'c= of another version': withConnection('c=IN IP6 127.0.0.1'),
  'C= in upper case': withConnection(`c=IN IP4 ${elsewhere}\r\nC=IN IP4 127.0.0.1`),
  'in ip4 in lower case': withConnection('c=in ip4 127.0.0.1'),
  'a blank before c=': withConnection(`c=IN IP4 ${elsewhere}\r\n c=IN IP4 127.0.0.1`),
  'a blank after c': withConnection(`c=IN IP4 ${elsewhere}\r\nc =IN IP4 127.0.0.1`),
  'a tab for a blank': withConnection('c=IN\tIP4\t127.0.0.1'),
  'a tab after c=': withConnection('c=\tIN IP4 127.0.0.1'),
  'two blanks for one': withConnection('c=IN IP4  127.0.0.1'),
  'two addresses': withConnection(`c=IN IP4 ${elsewhere} 127.0.0.1`),
  'c= after a CR': withConnection(`c=IN IP4 ${elsewhere}\rc=IN IP4 127.0.0.1`),
  'c= after LF and CR': withConnection(`c=IN IP4 ${elsewhere}\n\rc=IN IP4 127.0.0.1`),
  'c= before a CR': withConnection(`c=IN IP4 127.0.0.1\rc=IN IP4 ${elsewhere}`),
  'c= as the last line, without an end': `${phone}c=IN IP4 127.0.0.1`,
  'a=RTCP in upper case': inMedium('a=RTCP:49171 IN IP4 127.0.0.1'),
  'a blank within a=rtcp': inMedium('a=rtcp: 49171 IN IP4 127.0.0.1'),
  'a line separator after a=rtcp': inMedium('a=rtcp:49171 IN IP4 127.0.0.1\u2028'),
  'a candidate in upper case': inMedium('A=CANDIDATE:1 1 UDP 1 127.0.0.1 9 TYP HOST'),
  'a candidate with two blanks': inMedium('a=candidate:1 1  udp 1 127.0.0.1 9 typ host'),
};

/** The same for a candidate of WebRTC's. */
export const candidateWritings: Readonly<Record<string, string>> = {
  'a candidate as the last line, without an end': `${browser}a=${candidateAt('127.0.0.1')}`,
  'a candidate with a tab at the very end': `${browser}a=${candidateAt('127.0.0.1')}\t`,
  'a candidate with a blank of Unicode at the very end': `${browser}a=${candidateAt('127.0.0.1')}\u00a0\r\n`,
  'a candidate after a CR': browser.replace('a=mid:0', `a=mid:0\ra=${candidateAt('127.0.0.1')}`),
  'a candidate behind a blank': browser.replace('a=mid:0', ` a=${candidateAt('127.0.0.1')}\r\na=mid:0`),
  'a candidate of the session': browser.replace('t=0 0', `t=0 0\r\na=${candidateAt('127.0.0.1')}`),
  'a candidate in upper case': browser.replace('a=mid:0', `a=${candidateAt('127.0.0.1').toUpperCase()}\r\na=mid:0`),
};

/** This machine's own, but for those that are loopback or link-local. */
function ownAddresses(): string[] {
  const rules = addressRules({ own: [], allowed: [] });
  const own = ownNetworks().map((network) => network.split('/')[0] ?? '');
  return own.filter((address) => rules.refusal(address) === undefined);
}
