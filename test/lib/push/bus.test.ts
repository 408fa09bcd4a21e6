import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Log, silentLog } from '../../../lib/domain/log.ts';
import type { PatchbayEvent } from '../../../lib/protocol/events.ts';
import { EventBus, maxQueuedEvents } from '../../../lib/push/bus.ts';
import { eventBridgeSender } from '../../../lib/push/bus-sender.ts';
import { impatient, ManualClock } from '../../support/clock.ts';
import { FakeEventBridge } from '../../support/fake-event-bridge.ts';

let bridge: FakeEventBridge;
let bus: EventBus;
let errors: string[];
const log: Log = { ...silentLog, error: (_, message) => void errors.push(message) };
beforeEach(async () => {
  bridge = await new FakeEventBridge().start();
  errors = [];
  bus = open();
});
afterEach(() => bridge.stop());

const open = (clock = impatient) =>
  new EventBus({ sender: eventBridgeSender('calls', bridge.url), clock, random: () => 0, log });
const event = (type: string, body: PatchbayEvent['body'] = {}, subclass: 'session' | 'room' = 'session') => ({
  class: 'media' as const,
  subclass,
  type,
  obj_id: 's1',
  body,
  seq: 1,
  time: '2030-01-01T00:00:00.500Z',
});
const numbered = (count: number) => {
  for (let at = 0; at < count; at += 1) bus.send(`recording.${at}`, { at });
};
const closed = () => bus.close(60_000);

describe('an event', () => {
  test('is on the bus with its source, type, time and tenant', async () => {
    bus.event('acme', event('destroyed', { reason: 'user_stop', duration: 3 }));
    await closed();
    expect(bridge.entries).toMatchObject([
      {
        EventBusName: 'calls',
        Source: 'patchbay',
        DetailType: 'session.destroyed',
        Time: Date.UTC(2030, 0, 1) / 1000 + 0.5,
      },
    ]);
    expect(bridge.details('session.destroyed')).toEqual([
      { tenant: 'acme', ...event('destroyed', { reason: 'user_stop', duration: 3 }) },
    ]);
  });

  test.each(['offer', 'answer', 'candidate', 'candidate_end'])('%s of a session does not go there', async (type) => {
    bus.event('acme', event(type));
    bus.event('acme', event('type'));
    await closed();
    expect(bridge.types).toEqual(['session.type']);
  });

  test('has no SDP, candidate, token or secret in it, however deep, and of an info only that it was sent', async () => {
    const secrets = { sdp: 'v=0', candidates: ['c'], resume_token: 't', Token: 't', client_secret: 's', password: 'p' };
    bus.event(
      'acme',
      event('created', { type: 'echo', order: 7, ...secrets, more: [{ answer: 'v=0', kept: true }, 5] }),
    );
    bus.event('acme', event('info', { info: 'hello', data: { card: '4111' } }, 'room'));
    await closed();
    expect(bridge.details('session.created')).toMatchObject([
      { body: { type: 'echo', order: 7, more: [{ kept: true }, 5] } },
    ]);
    expect(JSON.stringify(bridge.entries)).not.toMatch(/v=0|4111|token|secret|password|candidates/i);
    expect(bridge.details('room.info')).toMatchObject([{ body: { info: 'hello' } }]);
  });
});

describe('many events', () => {
  test('go in batches of ten, in their order', async () => {
    numbered(25);
    await closed();
    expect(bridge.batches).toEqual([10, 10, 5]);
    expect(bridge.types).toEqual(Array.from({ length: 25 }, (_, at) => `recording.${at}`));
  });

  test('that are large go in as many batches as they need', async () => {
    for (let at = 0; at < 5; at += 1) bus.send('big', { text: 'ü'.repeat(50_000) });
    await closed();
    expect(bridge.batches).toEqual([2, 2, 1]);
    expect(bridge.entries).toHaveLength(5);
  });

  test('that come one after another come all', async () => {
    for (let at = 0; at < 5; at += 1) {
      bus.send('one', { at });
      await expect.poll(() => bus.pending).toBe(0);
    }
    await closed();
    expect(bridge.batches).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('what is not taken is tried again:', () => {
  test('of a batch only what was refused', async () => {
    bridge.faults.push({ refused: [1, 3] }, { refused: [0] });
    numbered(5);
    await closed();
    expect(bridge.batches).toEqual([5, 2, 1]);
    expect(bridge.types).toEqual([0, 2, 4, 3, 1].map((at) => `recording.${at}`));
    expect([bus.dropped, errors]).toEqual([0, []]);
  });

  test.each([{ status: 500, code: 'InternalException' }, { status: 400, code: 'ThrottlingException' }, 'cut'] as const)(
    'all of it after %s',
    async (fault) => {
      bridge.faults.push(fault, fault);
      numbered(3);
      await closed();
      expect([bridge.batches, bus.dropped]).toEqual([[3], 0]);
    },
  );

  test('for half a minute, then it is dropped and counted, and the next have their turn', async () => {
    bridge.faults.push(...Array.from({ length: 8 }, () => ({ status: 403, code: 'AccessDeniedException' })));
    numbered(11);
    await closed();
    expect(bridge.types).toEqual(['recording.10']);
    expect([bus.dropped, errors]).toEqual([10, ['events dropped: they are not on the bus']]);
  });
});

test('a full queue drops what comes, counts it, and says so once', async () => {
  bus = open(new ManualClock());
  numbered(maxQueuedEvents + 100);
  expect([bus.pending, bus.dropped, errors]).toEqual([
    maxQueuedEvents,
    100,
    ['events dropped: too many wait for the bus'],
  ]);
});

test('to close waits no longer than it was told, drops what is left, and takes no more', async () => {
  const clock = new ManualClock();
  bus = open(clock);
  bridge.faults.push(...Array.from({ length: 20 }, () => ({ status: 500, code: 'InternalException' })));
  numbered(30);
  const closing = bus.close(2000);
  await expect.poll(() => clock.advance(2000).then(() => errors.length), { interval: 5 }).toBeGreaterThan(0);
  await closing;
  expect([bus.pending, bus.dropped, clock.pending]).toEqual([0, 30, 0]);
  numbered(1);
  expect([bus.pending, bus.dropped]).toEqual([0, 31]);
});
