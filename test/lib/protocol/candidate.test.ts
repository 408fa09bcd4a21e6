import { describe, expect, test } from 'vitest';
import { candidate, maxCandidates } from '../../../lib/protocol/candidate.ts';
import { check } from '../../../lib/protocol/check.ts';
import { commands } from '../../../lib/protocol/commands.ts';
import { refusal } from '../../support/errors.ts';

const host = 'candidate:2999745851 1 udp 2122260223 192.0.2.10 51472 typ host generation 0 ufrag EsAw';
const read = (value: unknown) => check(candidate, value, 'data');

describe('a candidate', () => {
  test.each([
    ['as Chromium trickles it', { candidate: host, sdpMid: '0', sdpMLineIndex: 0 }],
    ['with a= in front', { candidate: `a=${host}`, sdpMLineIndex: 1 }],
    ['with sdpMid only', { candidate: host, sdpMid: 'video' }],
    ['with neither', { candidate: host }],
    ['with null for what the browser does not know', { candidate: host, sdpMid: null, sdpMLineIndex: null }],
    ['of IPv6', { candidate: 'candidate:1 1 UDP 1 2001:db8::1 9 typ host' }],
    ['of mDNS', { candidate: 'candidate:1 1 udp 1 6b0cc2c4-9b7e-4a41-8f3b-0a3d7f2b9a10.local 9 typ host' }],
    ['of TCP', { candidate: 'candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active' }],
    ['that is empty: there are no more', { candidate: '', sdpMid: '0', sdpMLineIndex: 0 }],
    ['with an empty sdpMid', { candidate: host, sdpMid: '' }],
    ['of 1024 characters', { candidate: `candidate:${'x'.repeat(1014)}` }],
  ])('%s is taken as it is', (_, value) => {
    expect(read(value)).toEqual(value);
  });

  test.each([
    ['a second line', `${host}\r\na=fingerprint:sha-256 00`],
    ['a line feed at the end', `${host}\n`],
    ['a carriage return', `${host}\r`],
    ['a line feed only', '\n'],
    ['a NUL', `${host}\0`],
    ['a NUL in the middle', 'candidate:1\u0000 1 udp'],
    ['a tab', 'candidate:1\t1 udp'],
    ['a line separator', `${host}\u2028a=x`],
    ['a letter beyond ASCII', 'candidate:ü'],
    ['half a surrogate pair', 'candidate:\ud800'],
    ['DEL', 'candidate:\u007f'],
    ['a space in front', ` ${host}`],
    ['only a space', ' '],
    ['another attribute', 'a=ice-ufrag:x'],
    ['nothing after the colon', 'candidate:'],
    ['its name in capitals', 'CANDIDATE:1 1 udp'],
    ['a= twice', `a=a=${host}`],
    ['an end of candidates', 'a=end-of-candidates'],
    ['1025 characters', `candidate:${'x'.repeat(1015)}`],
  ])('with %s is invalid_value', (_, text) => {
    expect(refusal(() => read({ candidate: text }))).toMatchObject({
      reason: 'invalid_value',
      message: expect.stringContaining('data.candidate'),
    });
  });

  test.each<[string, unknown]>([
    ['sdpMid', '0\n'],
    ['sdpMid', '0\r\na=x'],
    ['sdpMid', '\0'],
    ['sdpMid', 'a b'],
    ['sdpMid', ' '],
    ['sdpMid', 'ü'],
    ['sdpMid', 'x'.repeat(65)],
    ['sdpMid', 0],
    ['sdpMLineIndex', -1],
    ['sdpMLineIndex', 256],
    ['sdpMLineIndex', 0.5],
    ['sdpMLineIndex', '0'],
    ['candidate', null],
    ['candidate', 5],
    ['candidate', { toString: 'x', length: 1 }],
  ])('whose %s is %j is invalid_value', (field, value) => {
    expect(refusal(() => read({ candidate: host, [field]: value }))).toMatchObject({
      reason: 'invalid_value',
      message: expect.stringContaining(`data.${field}`),
    });
  });

  test('with a field nobody knows is a syntax_error', () => {
    expect(refusal(() => read({ candidate: host, usernameFragment: 'x' })).reason).toBe('syntax_error');
  });

  test('that is missing is missing_field', () => {
    expect(refusal(() => read({ sdpMid: '0' }))).toMatchObject({
      reason: 'missing_field',
      message: 'data.candidate is missing',
    });
  });
});

describe('set_candidate', () => {
  const send = (data: Record<string, unknown>) => check(commands['session/set_candidate'].data, data, 'data');

  test('takes one, or up to 50', () => {
    expect(maxCandidates).toBe(50);
    expect(send({ candidate: host })).toEqual({ candidate: host });
    const candidates = Array.from({ length: 50 }, () => ({ candidate: host }));
    expect(send({ candidates })).toEqual({ candidates });
  });

  test.each<[string, Record<string, unknown>, string, string]>([
    ['neither', {}, 'missing_field', 'candidate or candidates'],
    ['both', { candidate: host, candidates: [{ candidate: host }] }, 'invalid_parameters', 'both'],
    ['none in the list', { candidates: [] }, 'invalid_value', 'data.candidates'],
    ['51', { candidates: Array.from({ length: 51 }, () => ({ candidate: host })) }, 'invalid_value', 'at most 50'],
    ['a list of texts', { candidates: [host] }, 'invalid_value', 'data.candidates.0'],
    [
      'a wrong one among others',
      { candidates: [{ candidate: host }, { candidate: 'x\n' }] },
      'invalid_value',
      'data.candidates.1.candidate',
    ],
  ])('with %s is refused, and names it', (_, data, reason, words) => {
    expect(refusal(() => send(data))).toMatchObject({ reason, message: expect.stringContaining(words) });
  });
});
