import { describe, expect, test } from 'vitest';
import { maxSkewMs, type Signed, sign, verify } from '../../../lib/domain/signature.ts';

const nowMs = Date.UTC(2030, 0, 1);
const message: Signed = { method: 'POST', path: '/v1/session/create', timeMs: nowMs, body: '{"a":1}' };
const signature = sign(message, 'key');

test('a signature is valid for what was signed', () => {
  expect(verify(message, signature, ['key'], nowMs)).toBe(true);
});

describe('a signature is worth nothing', () => {
  test.each<[string, Partial<Signed>]>([
    ['method', { method: 'PUT' }],
    ['path', { path: '/v1/session/destroy' }],
    ['query', { path: '/v1/session/create?a=1' }],
    ['body', { body: '{"a":2}' }],
    ['time', { timeMs: nowMs + 1 }],
    ['cut between time and body', { timeMs: nowMs, body: '\n{"a":1}' }],
  ])('with another %s', (_, change) => {
    expect(verify({ ...message, ...change }, signature, ['key'], nowMs)).toBe(false);
  });

  test('by another key, or where there is none', () => {
    expect(verify(message, signature, ['other'], nowMs)).toBe(false);
    expect(verify(message, signature, [], nowMs)).toBe(false);
  });

  test.each(['', 'x', `${signature}=`, signature.slice(1), signature.toLowerCase(), 'ü'.repeat(40)])(
    'as %j',
    (given) => {
      expect(verify(message, given, ['key'], nowMs)).toBe(false);
    },
  );

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('at the time %d', (timeMs) => {
    const odd = { ...message, timeMs };
    expect(verify(odd, sign(odd, 'key'), ['key'], nowMs)).toBe(false);
  });
});

test('clocks may differ by 60 s, to either side', () => {
  expect(maxSkewMs).toBe(60_000);
  for (const skew of [-60_000, 60_000]) expect(verify(message, signature, ['key'], nowMs + skew)).toBe(true);
  for (const skew of [-60_001, 60_001]) expect(verify(message, signature, ['key'], nowMs + skew)).toBe(false);
});

test('the key of the boot before counts beside the new one', () => {
  expect(verify(message, signature, ['new', 'key'], nowMs)).toBe(true);
});
