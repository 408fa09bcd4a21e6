import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCursor, writeCursor } from '../../../lib/command/cursor.ts';
import { reason, refusal } from '../../support/errors.ts';

test('a cursor comes back as it was written, whatever the ids hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (nodeId, after) => {
      expect(readCursor(writeCursor({ nodeId, after }))).toEqual({ nodeId, after });
    }),
  );
});

test('a cursor of two full ids is as long as get_list takes', () => {
  expect(writeCursor({ nodeId: 'n'.repeat(64), after: 'a'.repeat(129) }).length).toBeLessThanOrEqual(512);
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
test.each(['', 'nonsense', encode({}), encode(['a']), encode(['a', 1]), encode(['a', 'b', 'c']), encode(null)])(
  '%j is invalid_value',
  (text) => {
    expect(refusal(() => readCursor(text))).toMatchObject(reason('invalid_value'));
  },
);
