import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { Ownership } from '../../../../lib/controller/session/ownership.ts';
import { admin, caller } from '../../../support/callers.ts';
import { reason, refusal } from '../../../support/errors.ts';

let ownership: Ownership;
beforeEach(() => {
  ownership = new Ownership(caller());
});
const bob = caller({ userId: 'bob', connectionId: 'connection-2' });
const unauthorized = reason('unauthorized');

describe('a resume token', () => {
  test('has 256 bits, is new each time, and is not kept', () => {
    const tokens = [ownership.newToken(), ownership.newToken()];
    for (const token of tokens) {
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      expect(inspect(ownership, { depth: 9, showHidden: true })).not.toContain(token);
      expect(JSON.stringify(ownership)).not.toContain(token);
    }
    expect(tokens[0]).not.toBe(tokens[1]);
  });

  test('lets another user take over; the one before does not', () => {
    const first = ownership.newToken();
    expect(() => ownership.requireTakeover(bob, first)).not.toThrow();
    const second = ownership.newToken();
    expect(refusal(() => ownership.requireTakeover(bob, first))).toMatchObject(unauthorized);
    expect(() => ownership.requireTakeover(bob, second)).not.toThrow();
  });

  test('is no match for anything else, its own hash included', () => {
    const token = ownership.newToken();
    const hashed = createHash('sha256').update(token).digest();
    for (const wrong of ['', 'x', `${token} `, token.slice(1), hashed.toString('base64url'), hashed.toString()]) {
      expect(refusal(() => ownership.requireTakeover(bob, wrong))).toMatchObject(unauthorized);
    }
  });

  test('that was never given is unauthorized, not a fault', () => {
    expect(refusal(() => ownership.requireTakeover(bob, 'guess'))).toMatchObject(unauthorized);
    expect(refusal(() => ownership.requireTakeover(bob, ''))).toMatchObject(unauthorized);
  });
});

describe('taking over', () => {
  test('needs no token of the same user, on whatever connection', () => {
    ownership.newToken();
    expect(() => ownership.requireTakeover(caller({ connectionId: 'new' }), undefined)).not.toThrow();
    expect(() => ownership.requireTakeover(caller({ connectionId: 'new' }), 'old token')).not.toThrow();
  });

  test.each([bob, admin()])('without a token is unauthorized for anyone else', (who) => {
    ownership.newToken();
    expect(refusal(() => ownership.requireTakeover(who, undefined))).toMatchObject(unauthorized);
  });

  test('makes the new one the owner, who is there', () => {
    ownership.setGone();
    expect(ownership.isGone).toBe(true);
    ownership.takeOver(bob);
    expect(ownership).toMatchObject({ owner: bob, userId: 'bob', connectionId: 'connection-2', isGone: false });
    expect(refusal(() => ownership.requireTakeover(caller(), undefined))).toMatchObject(unauthorized);
  });
});
