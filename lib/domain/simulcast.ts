import { sdpLines } from './sdp.ts';

/** Simulcast layers' usual names (RFC 8852 leaves them to the client), each family from its lowest to its highest. */
const families = [
  ['l', 'm', 'h'],
  ['lo', 'mid', 'hi'],
  ['low', 'mid', 'high'],
  ['low', 'medium', 'high'],
  ['q', 'h', 'f'],
  ['quarter', 'half', 'full'],
  ['r0', 'r1', 'r2'],
  ['0', '1', '2'],
  ['1', '2', '3'],
];

/**
 * In which order a client lists the layers that it sends, `hml` from the highest or `lmh` from the lowest: an SDP does not
 * say which is which, but their names do. Undefined without layers, or with names that say nothing.
 */
export function layerOrder(sdp: string): 'hml' | 'lmh' | undefined {
  const names = sdpLines(sdp).flatMap((line) => /^a=rid:(\S+) send\b/.exec(line)?.[1] ?? []);
  if (names.length < 2) return undefined;
  const family = families.find((members) => names.every((name) => members.includes(name)));
  if (!family) return undefined;
  const ranks = names.map((name) => family.indexOf(name));
  const rises = ranks.slice(1).map((rank, at) => rank > (ranks[at] ?? 0));
  if (rises.every((up) => up)) return 'lmh';
  return rises.some((up) => up) ? undefined : 'hml';
}
