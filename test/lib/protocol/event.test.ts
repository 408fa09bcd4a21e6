import { describe, expect, test } from 'vitest';
import { check } from '../../../lib/protocol/check.ts';
import { noData, subscription } from '../../../lib/protocol/event.ts';
import { refusal } from '../../support/errors.ts';

const read = (value: unknown) => check(subscription, value, 'data');

describe('a subscription', () => {
  test('is of everything of its subclass where nothing else is said', () => {
    expect(read({ subclass: 'session' })).toEqual({ class: 'media', subclass: 'session', type: '*', obj_id: '*' });
    expect(read({ subclass: 'room' })).toMatchObject({ subclass: 'room' });
  });

  test.each([
    { type: 'candidate_end' },
    { obj_id: 'mine:1.a-b_c' },
    { obj_id: '6b0cc2c4-9b7e-4a41-8f3b-0a3d7f2b9a10@ip-10-0-1-23.ec2.internal' },
  ])('may be of %j only', (change) => {
    expect(read({ subclass: 'session', ...change })).toMatchObject(change);
  });

  test('is written the same way whatever the order of its fields was: it is kept as text', () => {
    const one = read({ obj_id: 's', type: 'created', subclass: 'session', class: 'media' });
    const other = read({ class: 'media', subclass: 'session', type: 'created', obj_id: 's' });
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
  });

  test.each<[string, unknown]>([
    ['class', 'core'],
    ['class', '*'],
    ['subclass', 'node'],
    ['subclass', '*'],
    ['subclass', 5],
    ['type', ''],
    ['type', '**'],
    ['type', 'a*'],
    ['type', 'a b'],
    ['type', 'created\n'],
    ['type', '\u0000'],
    ['type', 'Created'],
    ['type', 'x'.repeat(33)],
    ['type', null],
    ['obj_id', ''],
    ['obj_id', 'a b'],
    ['obj_id', 'a\n'],
    ['obj_id', 'a\u0000'],
    ['obj_id', 'a#S#b'],
    ['obj_id', 'a@b@c'],
    ['obj_id', 'x'.repeat(65)],
    ['obj_id', ['*']],
  ])('whose %s is %j is invalid_value', (field, value) => {
    expect(refusal(() => read({ subclass: 'session', [field]: value }))).toMatchObject({
      reason: 'invalid_value',
      message: expect.stringContaining(`data.${field}`),
    });
  });

  test('without a subclass is missing_field; with a field nobody knows, a syntax_error with the nearest name', () => {
    expect(refusal(() => read({}))).toMatchObject({ reason: 'missing_field', message: 'data.subclass is missing' });
    expect(refusal(() => read({ subclass: 'session', objid: 'x' }))).toMatchObject({
      reason: 'syntax_error',
      message: 'unknown field data.objid, did you mean obj_id',
    });
  });
});

test('a command without data takes none', () => {
  expect(check(noData, {}, 'data')).toEqual({});
  expect(refusal(() => check(noData, { a: 1 }, 'data')).reason).toBe('syntax_error');
});
