/**
 * Which of its candidates a client offers to an engine. Nobody can reach a link-local address from another network,
 * and patchbay refuses to send there: a laptop that has one (169.254.… by Windows' automatic addressing) calls without.
 * Peers of a `p2p` call may share that network, and get all.
 */
export type Reach = 'link-local' | 'loopback' | 'further';

export function reachOf(candidate: string): Reach {
  const address = candidate.split(' ')[4] ?? '';
  if (/^169\.254\./.test(address) || /^fe[89ab][0-9a-f]:/i.test(address)) return 'link-local';
  return /^127\./.test(address) || address === '::1' ? 'loopback' : 'further';
}

/** An SDP with the candidates that an engine can use; the loopback ones only where there are no others. */
export function withUsableCandidates(sdp: string): string {
  const lines = sdp.split(/(?<=\n)/);
  const isCandidate = (line: string) => line.startsWith('a=candidate:');
  const hasFurther = lines.some((line) => isCandidate(line) && reachOf(line) === 'further');
  const isUsable = (line: string) => reachOf(line) === 'further' || (reachOf(line) === 'loopback' && !hasFurther);
  return lines.filter((line) => !isCandidate(line) || isUsable(line)).join('');
}
