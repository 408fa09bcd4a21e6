import type { Candidate } from '../protocol/candidate.ts';
import type { AddressRules } from './addresses.ts';
import { candidateAddress } from './candidate-address.ts';
import { parseAddress } from './ip-address.ts';
import { isCandidateLine, sdpLines } from './sdp.ts';

/**
 * What an engine gets of a client's candidates: those with an IP address, and one that may be sent to. Janus looks up
 * whatever holds `.local` by DNS, and others might look up any name; a candidate that breaks the grammar may say to an
 * engine what we did not read. A call loses nothing by it: engines find a client by its own checks.
 */
function isForEngine(line: string, rules: AddressRules | undefined): boolean {
  const address = candidateAddress(line);
  if (address === undefined || !parseAddress(address)) return false;
  return rules?.refusal(address) === undefined;
}

/** The SDP without the candidates that are not for engines. Other lines stay as they are, line ends too. */
export function engineSdp(sdp: string, rules?: AddressRules): string {
  return sdpLines(sdp)
    .filter((line) => !isCandidateLine(line) || isForEngine(line.replace(/[\r\n]+$/, ''), rules))
    .join('');
}

/** Without `a=` in front, which Janus would take for a part of the foundation. An empty one, which is the end, stays. */
export function engineCandidates(candidates: readonly Candidate[], rules?: AddressRules): Candidate[] {
  return candidates
    .filter(({ candidate }) => candidate === '' || isForEngine(candidate, rules))
    .map((one) => ({ ...one, candidate: one.candidate.replace(/^a=/, '') }));
}
