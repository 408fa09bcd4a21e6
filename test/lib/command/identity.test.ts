import { describe, expect, test } from 'vitest';
import { identify } from '../../../lib/command/identity.ts';
import { reason, refusal } from '../../support/errors.ts';
import { identity, messageEvent } from '../../support/functions.ts';

const nowMs = Date.UTC(2030, 0, 1);
const caller = (change: Record<string, unknown> = {}) =>
  identify(messageEvent('', { authorizer: { ...identity, ...change } }), nowMs);

test('a caller is what the authorizer said, on the connection that asked', () => {
  expect(caller({ scope: 'media:room media:session', rooms: 'lobby stage', batch: '1' })).toEqual({
    tenant: 'acme',
    userId: 'ann',
    scopes: ['media:session', 'media:room'],
    rooms: ['lobby', 'stage'],
    connectionId: 'connection-1',
    batch: true,
  });
});

describe('scopes', () => {
  test.each(['', 'openid', 'media:sessions', 'MEDIA:ADMIN', 'media:session,media:admin'])('%j gives none', (scope) => {
    expect(caller({ scope }).scopes).toEqual([]);
  });
});

test('an empty claim of rooms allows none, a missing one allows all', () => {
  expect(caller({ rooms: '' }).rooms).toEqual([]);
  expect(caller().rooms).toBeUndefined();
});

describe('not_authenticated is a message', () => {
  test.each([0, -1])('whose token ended %i s from now', (seconds) => {
    expect(refusal(() => caller({ exp: String(nowMs / 1000 + seconds) }))).toMatchObject({
      ...reason('not_authenticated'),
      message: 'the token has expired: connect again with a new one',
    });
  });

  test.each<[string, Record<string, unknown> | undefined]>([
    ['without a context', undefined],
    ['without a tenant', { ...identity, tenant: undefined }],
    ['without a sub', { ...identity, sub: undefined }],
    ['without a scope', { ...identity, scope: undefined }],
    ['with an end that is no number', { ...identity, exp: 'soon' }],
  ])('%s', (_, authorizer) => {
    expect(refusal(() => identify(messageEvent('', { authorizer }), nowMs))).toMatchObject(reason('not_authenticated'));
  });
});

test('an end in the future is fine, and so is none', () => {
  expect(caller({ exp: String(nowMs / 1000 + 1) }).userId).toBe('ann');
  expect(caller({ exp: nowMs / 1000 + 1 }).userId).toBe('ann');
});
