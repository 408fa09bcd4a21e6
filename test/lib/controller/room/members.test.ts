import { beforeEach, describe, expect, test } from 'vitest';
import { RoomMembers } from '../../../../lib/controller/room/members.ts';
import type { LiveSession } from '../../../../lib/controller/session/live-session.ts';
import { caller } from '../../../support/callers.ts';
import { offer } from '../../../support/sdp.ts';
import { TestNode } from '../../../support/test-node.ts';

let members: RoomMembers;
let publisher: LiveSession;
let listener: LiveSession;
beforeEach(async () => {
  const node = new TestNode();
  members = new RoomMembers();
  publisher = await node.session('p', { type: 'echo', offer });
  listener = await node.session('l', { type: 'echo', offer }, caller({ userId: 'bob' }));
  members.add(publisher, 'publisher', undefined);
  members.add(listener, 'listener', publisher);
});

describe('a member', () => {
  test('counts as soon as it is made, and is seen once it is ready', () => {
    expect([members.size, members.publishers, members.seen]).toEqual([2, 1, []]);
    expect(members.find('p')).toBeUndefined();
    expect(members.start(publisher)).toEqual({ session_id: 'p', role: 'publisher', user_id: 'ann' });
    expect(members.seen).toEqual([{ session_id: 'p', role: 'publisher', user_id: 'ann' }]);
    expect(members.find('p')).toBe(publisher);
  });

  test('is told of once', () => {
    members.start(publisher);
    expect(members.start(publisher)).toBeUndefined();
  });

  test('names the publisher that it hears, the newest one', () => {
    expect(members.start(listener)).toMatchObject({ peer_id: 'p', user_id: 'bob' });
    members.move(listener, listener);
    expect(members.seen).toMatchObject([{ peer_id: 'l' }]);
  });

  test('that leaves is told of only if it was seen', () => {
    members.start(publisher);
    expect(members.remove(publisher)).toEqual({
      was: true,
      seen: { session_id: 'p', role: 'publisher', user_id: 'ann' },
    });
    expect(members.remove(listener)).toEqual({ was: true, seen: undefined });
    expect(members.remove(listener)).toEqual({ was: false, seen: undefined });
    expect([members.size, members.publishers]).toEqual([0, 0]);
  });

  test('that has left can neither start nor move', () => {
    members.remove(listener);
    expect(members.start(listener)).toBeUndefined();
    members.move(listener, publisher);
    expect(members.listenersOf(publisher)).toEqual([]);
  });
});

test('the listeners of a publisher are those that hear it now', () => {
  expect(members.listenersOf(publisher)).toEqual([listener]);
  members.move(listener, listener);
  expect(members.listenersOf(publisher)).toEqual([]);
});

test('a room is there for its publishers and members, not for its listeners', () => {
  expect(members.carriers).toBe(1);
  members.add(listener, 'member', undefined);
  expect(members.carriers).toBe(2);
  expect(members.start(listener)).toEqual({ session_id: 'l', role: 'member', user_id: 'bob' });
  members.remove(publisher);
  members.remove(listener);
  expect(members.carriers).toBe(0);
});
