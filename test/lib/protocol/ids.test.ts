import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from '../../../lib/protocol/check.ts';
import { clientId, makeId, nodeOfId, objectId } from '../../../lib/protocol/ids.ts';
import { refusal } from '../../support/errors.ts';

describe('an id that a client gives', () => {
  test.each(['a', 'room-1', 'A.b:c_d-9', 'x'.repeat(64)])('%s is taken', (id) => {
    expect(check(clientId, id, 'id')).toBe(id);
    expect(check(objectId, id, 'id')).toBe(id);
  });

  test.each(['', 'x'.repeat(65), 'a b', 'a/b', 'a#b', 'ü', 'a\n', 'a\nb', '\u0000'])('%j is invalid_value', (id) => {
    expect(refusal(() => check(clientId, id, 'id'))).toMatchObject({ reason: 'invalid_value' });
    expect(refusal(() => check(objectId, id, 'id'))).toMatchObject({ reason: 'invalid_value' });
  });

  test('has no node', () => {
    expect(refusal(() => check(clientId, 'a@b', 'id'))).toMatchObject({ reason: 'invalid_value' });
    expect(nodeOfId('a')).toBeUndefined();
  });
});

describe('an id that the server makes', () => {
  test.each(['node-1', 'local', 'ip-10-0-1-23.ec2.internal', 'my_host'])('names its node %s', (node) => {
    const id = makeId(randomUUID(), node);
    expect(check(objectId, id, 'id')).toBe(id);
    expect(nodeOfId(id)).toBe(node);
  });

  test.each(['a@', '@b', 'a@b@c', 'a@b/../c', 'a@b c', `a@${'n'.repeat(65)}`])('%j is none', (id) => {
    expect(refusal(() => check(objectId, id, 'id'))).toMatchObject({ reason: 'invalid_value' });
  });

  test('never holds what separates the parts of a key in the table', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        try {
          check(objectId, id, 'id');
        } catch {
          return;
        }
        expect(id).not.toMatch(/[#/\s]/);
      }),
    );
  });
});
