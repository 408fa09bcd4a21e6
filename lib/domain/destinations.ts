import type { Candidate } from '../protocol/candidate.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { Description } from '../protocol/session.ts';
import type { AddressRules } from './addresses.ts';
import { candidateAddress } from './candidate-address.ts';
import { parseAddress } from './ip-address.ts';
import { withCrlf } from './sdp.ts';

/**
 * Where a client asks media to be sent to: docs/protocol.md#identity-and-access. What engines are given of it, see
 * `engine-sdp.ts`.
 */

/**
 * Old-style hold (RFC 3264 section 8.4) and what stands for "not known yet" in `a=rtcp`: engines send nothing there.
 * In this spelling only: to a socket 0.0.0.0 is the machine itself, and engines compare the text.
 */
const nowhere = '0.0.0.0';

/**
 * Of the SDP as engines get it: what `withCrlf` cuts off at its end may make a candidate of what was none. They end lines
 * at CR, LF or both, and some pass over blanks before them.
 */
const linesOf = (sdp: string): string[] =>
  withCrlf(sdp)
    .split(/\r\n|\r|\n/)
    .map((line) => line.trimStart());

/**
 * Checks that an SDP sends media to no place where it must not go: of plain RTP each `c=`, `a=rtcp` and candidate, of
 * WebRTC each candidate. A WebRTC candidate that is no IP address (an mDNS name) is no error: no engine gets it.
 *
 * @param path what it is called in the error, such as `data.offer`
 * @throws PatchbayError invalid_value, which names the line
 */
export function checkDestinations(description: Description, path: string, rules: AddressRules): void {
  const lines = linesOf(description.sdp);
  const check = description.sdp_type === 'rtp' ? rtpFault : candidateFault;
  for (const [index, line] of lines.entries()) {
    const fault = check(line, rules);
    if (fault !== undefined) throw refused(`${path}.sdp line ${index + 1}`, line, fault);
  }
  if (description.sdp_type === 'rtp') checkConnections(lines, `${path}.sdp`);
}

/**
 * The same for candidates that come one by one.
 *
 * @param path what they are called in the error: `data.candidates` or, for one that came alone, `data`
 * @throws PatchbayError invalid_value, which names the candidate, as in `data.candidates[2].candidate`
 */
export function checkCandidates(candidates: readonly Candidate[], path: string, rules: AddressRules): void {
  for (const [index, { candidate }] of candidates.entries()) {
    const fault = candidateFault(candidate.startsWith('a=') ? candidate : `a=${candidate}`, rules);
    const where = path.endsWith('candidates') ? `${path}[${index}].candidate` : `${path}.candidate`;
    if (fault !== undefined) throw refused(where, candidate, fault);
  }
}

const refused = (where: string, line: string, fault: string) =>
  new PatchbayError('invalid_value', `${where} (${line.length > 80 ? `${line.slice(0, 80)}…` : line}): ${fault}`);

function candidateFault(line: string, rules: AddressRules): string | undefined {
  const address = candidateAddress(line);
  return address !== undefined && parseAddress(address) ? addressFault(address, rules) : undefined;
}

function rtpFault(line: string, rules: AddressRules): string | undefined {
  if (/^c\s*=/i.test(line)) return connectionFault(/^c=(.*)$/s.exec(line)?.[1] ?? '', rules);
  const rtcp = /^a\s*=\s*rtcp\s*:\s*(.*)$/is.exec(line)?.[1];
  // With a port alone it goes where the media goes.
  if (rtcp !== undefined && !/^\d{1,5}\s*$/.test(rtcp)) {
    return connectionFault(/^\d{1,5} (.*)$/s.exec(rtcp)?.[1] ?? '', rules);
  }
  if (!/^a\s*=\s*candidate\s*:/i.test(line)) return undefined;
  const address = candidateAddress(line);
  return address === undefined ? 'is no candidate' : addressFault(address, rules);
}

/** `IN IP4 192.0.2.1`, of multicast with its scope: `IN IP4 233.252.0.1/127`. RFC 8866 section 5.7, RFC 3605. */
function connectionFault(text: string, rules: AddressRules): string | undefined {
  const [, version, address = '', scope] = /^IN IP([46]) ([^\s/]+)(\/[0-9/]{1,11})?\s*$/.exec(text) ?? [];
  if (version === undefined) return 'must be IN IP4 or IN IP6 and an address';
  if (address === nowhere && version === '4' && scope === undefined) return undefined;
  const fault = addressFault(address, rules);
  if (fault !== undefined) return fault;
  return address.includes(':') === (version === '6') ? undefined : `${address} is no IPv${version} address`;
}

function addressFault(address: string, rules: AddressRules): string | undefined {
  const why = rules.refusal(address);
  if (why === undefined) return undefined;
  return why === 'no IP address' ? `${address} is ${why}` : `media is not sent to ${address} (${why})`;
}

/** RFC 8866 section 5.7: one for the session, or one for each medium. */
function checkConnections(lines: readonly string[], path: string): void {
  let isGiven = false;
  let open: number | undefined;
  let isGivenForAll = false;
  for (const [index, line] of [...lines, 'm='].entries()) {
    if (line.startsWith('m=')) {
      if (open === undefined) isGivenForAll = isGiven;
      else if (!isGiven) throw new PatchbayError('invalid_value', `${path} line ${open} has no c= line`);
      open = index + 1;
      isGiven = isGivenForAll;
    } else if (line.startsWith('c=')) isGiven = true;
  }
}
