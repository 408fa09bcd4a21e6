import type { Description } from '../protocol/session.ts';
import { isCandidateLine, sdpLines, withAddress } from './sdp.ts';

/**
 * What FreeSWITCH is shown of a client, and a client of FreeSWITCH. Pure: an SDP in, an SDP out.
 *
 * FreeSWITCH has no trickle ICE, but learns where a client is from the client's own checks: one candidate that leads nowhere
 * is enough for it. Each change of a call with one-way audio makes it negotiate anew, with a client that is not there for
 * it: so it is shown audio in both directions always. And it answers one audio and one video only, whatever was offered:
 * so it is shown no more. What the client really said goes into what the client gets.
 */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** TEST-NET-1 (RFC 5737): nobody is there. */
const nowhere = '192.0.2.99';
const dummyCandidate = `a=candidate:1 1 udp 1 ${nowhere} 9 typ host`;

type Lines = readonly string[];

/** An SDP's session part and its m-sections, each a list of lines without their ends. */
function sections(sdp: string): [session: Lines, ...media: Lines[]] {
  const session: string[] = [];
  const media: string[][] = [];
  for (const line of sdpLines(sdp).map((text) => text.replace(/[\r\n]+$/, ''))) {
    if (line === '') continue;
    if (line.startsWith('m=')) media.push([]);
    (media.at(-1) ?? session).push(line);
  }
  return [session, ...media];
}

const join = (parts: readonly Lines[]): string => `${parts.flat().join('\r\n')}\r\n`;

const directionLine = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/;
const isDirection = (line: string) => directionLine.test(line);
const kindOf = ([line = '']: Lines) => /^m=(\S+)/.exec(line)?.[1] ?? '';
const isRejected = ([line = '']: Lines) => /^m=\S+ 0(\/\d+)?\s/.test(line);

const directionOf = (lines: Lines): Direction | undefined => {
  for (const line of lines) {
    const [, direction] = directionLine.exec(line) ?? [];
    if (direction) return direction as Direction;
  }
  return undefined;
};

/** Whether it has video that was not rejected. */
export const hasVideo = (sdp: string): boolean =>
  sections(sdp)
    .slice(1)
    .some((lines) => kindOf(lines) === 'video' && !isRejected(lines));

/** What FreeSWITCH takes part in: one of each, the first that is not rejected. */
function isForFreeswitch(lines: Lines, all: readonly Lines[]): boolean {
  const kind = kindOf(lines);
  if (kind !== 'audio' && kind !== 'video') return false;
  const same = all.filter((other) => kindOf(other) === kind);
  return (same.find((other) => !isRejected(other)) ?? same[0]) === lines;
}

/** A client's offer or answer, as FreeSWITCH is to see it. */
export function forFreeswitch({ sdp, sdp_type }: Description): string {
  const [session, ...media] = sections(sdp);
  const isWebrtc = sdp_type === 'webrtc';
  const shown = media.filter((lines) => isForFreeswitch(lines, media));
  return join([
    session
      .filter((line) => !isDirection(line) && !isCandidateLine(line) && !line.startsWith('a=group:'))
      .map((line) => withPlace(line, isWebrtc)),
    ...shown.map((lines) => mediaFor(lines, directionOf(lines) ?? directionOf(session) ?? 'sendrecv', isWebrtc)),
  ]);
}

function mediaFor(lines: Lines, direction: Direction, isWebrtc: boolean): string[] {
  const kept = lines
    .filter((line) => !isDirection(line) && !isCandidateLine(line) && !line.startsWith('a=end-of-candidates'))
    .filter((line) => !(isWebrtc && line.startsWith('a=rtcp:')))
    .map((line) => withPlace(line, isWebrtc));
  if (isRejected(lines)) return kept;
  const shown = kindOf(lines) === 'audio' ? 'sendrecv' : direction;
  return [...kept, `a=${shown}`, ...(isWebrtc ? [dummyCandidate] : [])];
}

/** Of WebRTC the place is nowhere; of plain RTP what the client says, but for old-style hold. */
function withPlace(line: string, isWebrtc: boolean): string {
  if (!/^c\s*=/.test(line)) return line;
  return isWebrtc || /\s0\.0\.0\.0\b/.test(line) ? `c=IN IP4 ${nowhere}` : line;
}

const inverse: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

export interface ClientView {
  /** Where media reaches FreeSWITCH from outside; undefined: where FreeSWITCH says. */
  readonly publicAddress: string | undefined;
  /** Of an answer: what the client offered, as the client wrote it. */
  readonly offer?: string;
}

/** FreeSWITCH's offer or answer, as a client is to see it: with the node's address, and an answer to what the client asked. */
export function forClient(sdp: string, { publicAddress, offer }: ClientView): string {
  const [session, ...media] = sections(sdp);
  const answered = offer === undefined ? media : answersTo(offer, media);
  const shown = [session, ...answered];
  if (publicAddress === undefined) return join(shown);
  return join(shown.map((lines) => lines.map((line) => withAddress(line, publicAddress))));
}

/** An m-section for each of the offer's, in their order: RFC 3264 section 6. */
function answersTo(offer: string, media: readonly Lines[]): Lines[] {
  const [session, ...offered] = sections(offer);
  const answers = media.filter((lines) => isForFreeswitch(lines, media));
  return offered.map((lines) => {
    const answer = isForFreeswitch(lines, offered) && answers.find((other) => kindOf(other) === kindOf(lines));
    if (!answer || isRejected(lines)) return [rejection(lines)];
    const wanted = directionOf(lines) ?? directionOf(session) ?? 'sendrecv';
    if (wanted === 'sendrecv' || isRejected(answer)) return answer;
    return [...answer.filter((line) => !isDirection(line)), `a=${inverse[wanted]}`];
  });
}

const rejection = ([line = '']: Lines): string => line.replace(/^(m=\S+) \S+/, '$1 0');
