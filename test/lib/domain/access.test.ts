import { describe, expect, test } from 'vitest';
import {
  callerSchema,
  isAdmin,
  mayControl,
  requireControl,
  requireRoom,
  requireScope,
  scopes,
} from '../../../lib/domain/access.ts';
import { check } from '../../../lib/protocol/check.ts';
import { admin, caller } from '../../support/callers.ts';
import { refusal } from '../../support/errors.ts';

const session = { tenant: 'acme', userId: 'ann' };

describe('control of a session', () => {
  test.each([
    ['its owner', caller()],
    ['its owner on another connection', caller({ connectionId: 'connection-2' })],
    ['an admin of its tenant', admin()],
  ])('is with %s', (_, who) => {
    expect(mayControl(who, session)).toBe(true);
    expect(() => requireControl(who, session, 's')).not.toThrow();
  });

  test.each([
    ['another user', caller({ userId: 'bob' })],
    ['another user with every scope but admin', caller({ userId: 'bob', scopes: scopes.slice(0, 3) })],
  ])('is not with %s: unauthorized', (_, who) => {
    expect(mayControl(who, session)).toBe(false);
    expect(refusal(() => requireControl(who, session, 's'))).toMatchObject({
      reason: 'unauthorized',
      message: 'session s belongs to another user',
    });
  });

  test.each([
    ['a user of the same name', caller({ tenant: 'globex' })],
    ['an admin', admin({ tenant: 'globex' })],
  ])('of another tenant: for %s it does not exist', (_, who) => {
    expect(mayControl(who, session)).toBe(false);
    expect(refusal(() => requireControl(who, session, 's'))).toMatchObject({
      reason: 'session_not_found',
      message: 'no session s',
    });
  });
});

describe('scopes', () => {
  test.each(scopes)('%s is had by who has it, and by an admin', (scope) => {
    expect(() => requireScope(caller({ scopes: [scope] }), scope)).not.toThrow();
    expect(() => requireScope(admin(), scope)).not.toThrow();
    expect(isAdmin(caller({ scopes: [scope] }))).toBe(scope === 'media:admin');
  });

  test.each(scopes)('%s is missed by name: unauthorized', (scope) => {
    const others = scopes.filter((one) => one !== scope && one !== 'media:admin');
    expect(refusal(() => requireScope(caller({ scopes: others }), scope))).toMatchObject({
      reason: 'unauthorized',
      message: `this needs the scope ${scope}`,
    });
  });

  test('that nobody knows make no caller', () => {
    const unknown = { ...caller(), scopes: ['media:root'] };
    expect(refusal(() => check(callerSchema, unknown, 'caller')).reason).toBe('invalid_value');
  });
});

describe('a room', () => {
  test.each([
    ['who has no claim', caller()],
    ['who has it in the claim', caller({ rooms: ['attic', 'lobby'] })],
    ['an admin who has it in the claim', admin({ rooms: ['lobby'] })],
  ])('may be used by %s', (_, who) => {
    expect(() => requireRoom(who, 'lobby')).not.toThrow();
  });

  test.each([
    ['whose claim has others', caller({ rooms: ['attic', 'lobb'] })],
    ['whose claim is empty', caller({ rooms: [] })],
    ['an admin whose claim has others', admin({ rooms: ['attic'] })],
  ])('may not be used by one %s: unauthorized', (_, who) => {
    expect(refusal(() => requireRoom(who, 'lobby'))).toMatchObject({
      reason: 'unauthorized',
      message: 'this token may not use room lobby',
    });
  });

  test('that is yet to get its id is in no claim, and free for who has none', () => {
    expect(() => requireRoom(caller(), undefined)).not.toThrow();
    expect(refusal(() => requireRoom(caller({ rooms: ['lobby'] }), undefined))).toMatchObject({
      reason: 'unauthorized',
      message: expect.stringContaining('data.room_id'),
    });
  });
});
