import type { Candidate } from '../protocol/candidate.ts';
import { PatchbayError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import type { Description } from '../protocol/session.ts';
import { withCrlf } from './sdp.ts';

/**
 * A candidate that comes so long after the end was signalled still counts: messages overtake each other.
 * docs/protocol.md#messages.
 */
export const lateCandidateMs = 1000;

/**
 * A description that holds its candidates, for whoever cannot trickle: each on its m-line, by `sdpMid` or else by
 * `sdpMLineIndex`, followed by `a=end-of-candidates`. The rest of the SDP stays as it is, byte by byte.
 *
 * @throws PatchbayError no_ice_candidates when there are none, neither collected nor in the SDP; message_too_large
 */
export function withCandidates(description: Description, candidates: readonly Candidate[]): Description {
  const sections = sectionsOf(withCrlf(description.sdp));
  const [session = [], ...media] = sections;
  for (const candidate of candidates) {
    const line = attributeLine(candidate);
    const section = media[lineIndexOf(candidate, media)];
    if (section && !section.includes(line)) section.push(line);
  }
  if (!media.some((section) => section.some((line) => line.startsWith('a=candidate:')))) {
    throw new PatchbayError('no_ice_candidates', 'no ICE candidates came, and there are none in the SDP');
  }
  for (const section of media) {
    const has = section.some((line) => line.startsWith('a=candidate:'));
    if (has && !section.includes('a=end-of-candidates')) section.push('a=end-of-candidates');
  }
  const sdp = `${[session, ...media].flat().join('\r\n')}\r\n`;
  if (sdp.length > limits.sdpChars) {
    throw new PatchbayError('message_too_large', `the SDP with its candidates is over ${limits.sdpChars} characters`);
  }
  return { ...description, sdp, trickle_ice: false };
}

/** The lines before the first m= line, then those of each m-section. */
function sectionsOf(sdp: string): string[][] {
  const sections: string[][] = [[]];
  for (const line of sdp.trimEnd().split('\r\n')) {
    if (line.startsWith('m=')) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections;
}

function lineIndexOf({ sdpMid, sdpMLineIndex }: Candidate, media: readonly string[][]): number {
  const byMid = sdpMid == null ? -1 : media.findIndex((section) => section.includes(`a=mid:${sdpMid}`));
  return byMid >= 0 ? byMid : (sdpMLineIndex ?? 0);
}

const attributeLine = ({ candidate }: Candidate): string => (candidate.startsWith('a=') ? candidate : `a=${candidate}`);
