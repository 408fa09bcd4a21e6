import { expect, test } from 'vitest';
import { EventLog } from '../../../lib/controller/event-log.ts';

const nowMs = Date.UTC(2030, 0, 1);
const seqs = (events: readonly { seq: number }[]) => events.map(({ seq }) => seq);

test('events are numbered from 1 without a gap', () => {
  const log = new EventLog('session', 's');
  expect(log.seq).toBe(0);
  expect(log.append('created', { a: 1 }, nowMs)).toEqual({
    class: 'media',
    subclass: 'session',
    type: 'created',
    obj_id: 's',
    body: { a: 1 },
    seq: 1,
    time: '2030-01-01T00:00:00.000Z',
  });
  expect(log.append('answer', {}, nowMs).seq).toBe(2);
  expect(log.seq).toBe(2);
});

test('the last 64 are kept', () => {
  const log = new EventLog('session', 's');
  for (let count = 0; count < 100; count += 1) log.append('status', {}, nowMs);
  expect(log.seq).toBe(100);
  expect(seqs(log.since(0))).toEqual(Array.from({ length: 64 }, (_, at) => at + 37));
});

test('since gives what came after a number, oldest first', () => {
  const log = new EventLog('session', 's');
  for (let count = 0; count < 5; count += 1) log.append('status', {}, nowMs);
  expect(seqs(log.since(3))).toEqual([4, 5]);
  expect(log.since(5)).toEqual([]);
  expect(log.since(99)).toEqual([]);
});
