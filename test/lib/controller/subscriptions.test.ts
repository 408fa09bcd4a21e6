import { beforeEach, describe, expect, test } from 'vitest';
import { Subscriptions } from '../../../lib/controller/subscriptions.ts';
import type { Caller } from '../../../lib/domain/access.ts';
import { check } from '../../../lib/protocol/check.ts';
import { subscription } from '../../../lib/protocol/event.ts';
import type { PatchbayEvent } from '../../../lib/protocol/events.ts';
import { admin, caller } from '../../support/callers.ts';

let subscriptions: Subscriptions;
beforeEach(() => {
  subscriptions = new Subscriptions();
});

const wanted = (fields: Record<string, unknown> = {}) =>
  check(subscription, { subclass: 'session', ...fields }, 'data');
const event = (change: Partial<PatchbayEvent> = {}): PatchbayEvent => ({
  class: 'media',
  subclass: 'session',
  type: 'answer',
  obj_id: 'a',
  body: {},
  seq: 1,
  time: '',
  ...change,
});
const subject = (tenant: string, ...users: string[]) => ({ tenant, users: new Set(users) });
const ann = subject('acme', 'ann');
/** The connections that hear of an event. */
const hear = (change: Partial<PatchbayEvent> = {}, about = ann) =>
  [...subscriptions.match(event(change), about)].map(({ connectionId }) => connectionId);

describe('a pattern', () => {
  test.each<[Record<string, unknown>, Partial<PatchbayEvent>, boolean]>([
    [{}, {}, true],
    [{ type: '*', obj_id: '*' }, { type: 'destroyed', obj_id: 'z' }, true],
    [{ type: 'answer' }, {}, true],
    [{ type: 'answer' }, { type: 'offer' }, false],
    [{ obj_id: 'a' }, {}, true],
    [{ obj_id: 'a' }, { obj_id: 'ab' }, false],
    [{ type: 'answer', obj_id: 'a' }, { obj_id: 'b' }, false],
    [{ type: 'answer', obj_id: 'a' }, { type: 'offer' }, false],
    [{ subclass: 'room' }, {}, false],
    [{ subclass: 'room' }, { subclass: 'room' }, true],
  ])('%j and the event %j: %s', (fields, change, hears) => {
    subscriptions.add(caller(), wanted(fields));
    expect(hear(change)).toEqual(hears ? ['connection-1'] : []);
  });

  test('that fits twice brings an event once', () => {
    for (const fields of [{}, { type: 'answer' }, { obj_id: 'a' }]) subscriptions.add(caller(), wanted(fields));
    expect(hear()).toEqual(['connection-1']);
  });
});

describe('an event reaches', () => {
  test.each<[string, Caller, boolean]>([
    ['its own user', caller(), true],
    ['its own user on another connection', caller({ connectionId: 'c2' }), true],
    ['another user', caller({ userId: 'bob' }), false],
    ["the tenant's admin", admin(), true],
    ['a user of the same name in another tenant', caller({ tenant: 'globex' }), false],
    ["another tenant's admin", admin({ tenant: 'globex' }), false],
  ])('%s: by a subscription to everything', (_, who, hears) => {
    subscriptions.add(who, wanted());
    expect(hear()).toEqual(hears ? [who.connectionId] : []);
  });

  test('nobody by a subscription to one session of another user', () => {
    subscriptions.add(caller({ userId: 'bob' }), wanted({ obj_id: 'a' }));
    expect(hear()).toEqual([]);
  });

  test('every connection that may have it', () => {
    subscriptions.add(caller(), wanted());
    subscriptions.add(caller({ connectionId: 'c2' }), wanted({ type: 'answer' }));
    subscriptions.add(caller({ connectionId: 'c3' }), wanted({ type: 'offer' }));
    expect(hear()).toEqual(['connection-1', 'c2']);
  });
});

describe('a connection', () => {
  test('has what it asked for, each once', () => {
    subscriptions.add(caller(), wanted());
    subscriptions.add(caller(), wanted());
    subscriptions.add(caller(), wanted({ type: 'answer' }));
    expect(subscriptions.of('connection-1')).toEqual([wanted(), wanted({ type: 'answer' })]);
    expect(subscriptions.of('nobody')).toEqual([]);
  });

  test('loses just the one that it gives up', () => {
    subscriptions.add(caller(), wanted());
    subscriptions.add(caller(), wanted({ type: 'answer' }));
    subscriptions.remove('connection-1', wanted());
    expect(subscriptions.of('connection-1')).toEqual([wanted({ type: 'answer' })]);
    expect(hear({ type: 'offer' })).toEqual([]);
    subscriptions.remove('connection-1', wanted({ type: 'answer' }));
    subscriptions.remove('connection-1', wanted({ type: 'answer' }));
    subscriptions.remove('nobody', wanted());
    expect(hear()).toEqual([]);
  });

  test('that is gone has none', () => {
    subscriptions.add(caller(), wanted());
    subscriptions.add(caller({ connectionId: 'c2' }), wanted());
    subscriptions.connectionGone('connection-1');
    subscriptions.connectionGone('connection-1');
    expect(subscriptions.of('connection-1')).toEqual([]);
    expect(hear()).toEqual(['c2']);
  });
});
