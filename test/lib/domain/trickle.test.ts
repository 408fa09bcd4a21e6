import { parse } from 'sdp-transform';
import { describe, expect, test } from 'vitest';
import { withCandidates } from '../../../lib/domain/trickle.ts';
import type { Description } from '../../../lib/protocol/session.ts';
import { reason, refusal } from '../../support/errors.ts';

const sdp = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE first second',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 0.0.0.0',
  'a=mid:first',
  'a=x-unknown:kept as it is',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 0.0.0.0',
  'a=mid:second',
];
const trickling: Description = { sdp: `${sdp.join('\r\n')}\r\n`, sdp_type: 'webrtc', trickle_ice: true };
const line = (port: number) => `candidate:1 1 udp 2122194687 192.0.2.7 ${port} typ host`;
const ports = (description: Description) =>
  parse(description.sdp).media.map(({ candidates }) => (candidates ?? []).map(({ port }) => port));

describe('withCandidates', () => {
  test('puts each candidate on the m-line that its index names', () => {
    const made = withCandidates(trickling, [
      { candidate: line(1001), sdpMLineIndex: 0 },
      { candidate: line(1002), sdpMLineIndex: 1 },
    ]);
    expect(ports(made)).toEqual([[1001], [1002]]);
    expect(made.trickle_ice).toBe(false);
  });

  test('goes by sdpMid where both are given, by the index where no line has that mid', () => {
    const made = withCandidates(trickling, [
      { candidate: line(1001), sdpMid: 'second', sdpMLineIndex: 0 },
      { candidate: line(1002), sdpMid: 'nowhere', sdpMLineIndex: 0 },
      { candidate: line(1003), sdpMid: 'first' },
    ]);
    expect(ports(made)).toEqual([[1002, 1003], [1001]]);
  });

  test('takes a candidate that names no line for the first one', () => {
    expect(ports(withCandidates(trickling, [{ candidate: line(1001) }]))).toEqual([[1001], []]);
  });

  test('ends each line that has candidates with end-of-candidates, once', () => {
    const once = withCandidates(trickling, [{ candidate: line(1001), sdpMLineIndex: 1 }]);
    const twice = withCandidates(once, []);
    expect(parse(twice.sdp).media.map(({ endOfCandidates }) => endOfCandidates)).toEqual([
      undefined,
      'end-of-candidates',
    ]);
    expect(twice.sdp.match(/a=end-of-candidates/g)).toHaveLength(1);
  });

  test('takes a= in front, and the same candidate only once', () => {
    const made = withCandidates(trickling, [
      { candidate: `a=${line(1001)}`, sdpMLineIndex: 0 },
      { candidate: line(1001), sdpMLineIndex: 0 },
    ]);
    expect(ports(made)).toEqual([[1001], []]);
  });

  test('leaves every other line as it is, and makes CRLF of LF', () => {
    const made = withCandidates({ ...trickling, sdp: sdp.join('\n') }, [{ candidate: line(1001), sdpMLineIndex: 0 }]);
    const lines = made.sdp.split('\r\n');
    expect(lines.filter((one) => !one.includes('candidate')).slice(0, -1)).toEqual(sdp);
    expect(made.sdp.endsWith('\r\n')).toBe(true);
  });

  test('is content with candidates that were in the SDP already', () => {
    const full = { ...trickling, sdp: `${trickling.sdp}a=${line(1009)}\r\n` };
    expect(ports(withCandidates(full, []))).toEqual([[], [1009]]);
  });

  test('of no candidate at all is no_ice_candidates', () => {
    expect(refusal(() => withCandidates(trickling, []))).toMatchObject(reason('no_ice_candidates'));
  });
});

test('an SDP that its candidates make too large for a message is message_too_large', () => {
  const many = Array.from({ length: 200 }, (_, n) => ({
    candidate: `${line(n)} ${'x'.repeat(900)}`,
    sdpMLineIndex: 0,
  }));
  expect(refusal(() => withCandidates(trickling, many))).toMatchObject(reason('message_too_large'));
});
