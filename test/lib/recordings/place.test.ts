import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyPrefix } from '../../../lib/recordings/place.ts';
import { madeAtMs, makeRecordingId } from '../../../lib/recordings/recording-id.ts';

test('an id is a UUID of version 7, which says when it was made', () => {
  const most = 2 ** 48 - 1;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: most }), fc.uint8Array({ minLength: 10, maxLength: 10 }), (nowMs, random) => {
      const id = makeRecordingId(nowMs, Buffer.from(random));
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(madeAtMs(id)).toBe(nowMs);
    }),
  );
  expect(makeRecordingId(0)).not.toBe(makeRecordingId(0));
});

test.each([
  [Date.UTC(2029, 11, 31, 23, 59, 59, 999), 'acme', 'acme/2029/12'],
  [Date.UTC(2030, 0, 1), 'acme', 'acme/2030/01'],
  [Date.UTC(2030, 0, 1), '.', '%2E/2030/01'],
  [Date.UTC(2030, 0, 1), '...', '%2E%2E%2E/2030/01'],
  [Date.UTC(2030, 0, 1), '..a', '..a/2030/01'],
])('what was asked for at %i by %s is in %s', (nowMs, tenant, folder) => {
  const id = makeRecordingId(nowMs);
  expect(keyPrefix(id, tenant)).toBe(`${folder}/${id}`);
});
