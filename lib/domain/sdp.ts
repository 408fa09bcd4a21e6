import { parse, type SessionDescription } from 'sdp-transform';
import { PatchbayError } from '../protocol/errors.ts';
import type { Description, SdpType } from '../protocol/session.ts';

/**
 * Checks that a description's SDP can be read and is of the kind that it says: fingerprint and ufrag ⇔ webrtc.
 *
 * @param path what it is called in the error, such as `data.offer`
 * @throws PatchbayError invalid_value
 */
export function checkDescription(description: Description, path: string): void {
  const session = parseSdp(description.sdp, `${path}.sdp`);
  const kind = sdpKind(session);
  if (kind === description.sdp_type) return;
  const found =
    kind === undefined
      ? 'has only one of a=fingerprint and a=ice-ufrag'
      : kind === 'webrtc'
        ? 'has a fingerprint and ICE'
        : 'has neither fingerprint nor ICE';
  throw new PatchbayError('invalid_value', `${path}.sdp ${found}, but sdp_type is ${description.sdp_type}`);
}

function parseSdp(sdp: string, path: string): SessionDescription {
  let session: SessionDescription;
  try {
    session = parse(sdp);
  } catch (cause) {
    throw new PatchbayError('invalid_value', `${path} is not SDP`, { cause });
  }
  if (session.media.length === 0) throw new PatchbayError('invalid_value', `${path} has no m= line`);
  return session;
}

/** What kind of SDP it is by what it holds; undefined when it contradicts itself. */
function sdpKind(session: SessionDescription): SdpType | undefined {
  const has = (attribute: 'fingerprint' | 'iceUfrag') =>
    session[attribute] !== undefined || session.media.some((media) => media[attribute] !== undefined);
  if (has('fingerprint') !== has('iceUfrag')) return undefined;
  return has('fingerprint') ? 'webrtc' : 'rtp';
}

/** Lines end in CRLF, as RFC 8866 wants it and engines expect it; clients may send LF. */
export const withCrlf = (sdp: string): string => `${sdp.replace(/\r?\n/g, '\r\n').trimEnd()}\r\n`;

/** An SDP's lines with their ends, which to some parsers is a CR alone. */
export const sdpLines = (sdp: string): string[] => sdp.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];

/** Some parsers pass over blanks. */
export const isCandidateLine = (line: string): boolean => /^\s*a\s*=\s*candidate\s*:/i.test(line);

/** Without ICE candidates: for engines that learn where the client is from its own checks. */
export const withoutCandidates = (sdp: string): string =>
  sdpLines(sdp)
    .filter((line) => !isCandidateLine(line) && !line.startsWith('a=end-of-candidates'))
    .join('');

/**
 * A line of an engine's SDP with another address in the places that hold one: RFC 8866 `o=` and `c=`, RFC 8839
 * candidates (`raddr` too), RFC 3605 `a=rtcp`.
 */
export function withAddress(line: string, address: string): string {
  if (/^(o=|c=|a=rtcp:)/.test(line)) {
    const kind = address.includes(':') ? 'IP6' : 'IP4';
    return line.replace(/\bIN IP[46] \S+(?=\s*$)/, `IN ${kind} ${address}`);
  }
  if (!line.startsWith('a=candidate:')) return line;
  return line.replace(/^(a=candidate:\S+ \d+ \S+ \d+ )\S+/, `$1${address}`).replace(/ raddr \S+/, ` raddr ${address}`);
}

/**
 * With the address of the media in its origin, too: an engine that makes an SDP of one client's for another one leaves
 * that client's there, or one of nobody.
 */
export function withOwnOrigin(sdp: string): string {
  const [, address] = /^c=IN IP[46] (\S+)/m.exec(sdp) ?? [];
  if (address === undefined) return sdp;
  return sdpLines(sdp)
    .map((line) => (line.startsWith('o=') ? withAddress(line, address) : line))
    .join('');
}
