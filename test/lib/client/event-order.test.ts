import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EventGap, EventOrder } from '../../../lib/client/event-order.ts';
import { lastSeq } from '../../../lib/protocol/events.ts';
import { numberedEvent } from './fake-server.ts';

const holdMs = 2000;
let seen: string[];
let gaps: EventGap[];
let order: EventOrder;

beforeEach(() => {
  vi.useFakeTimers();
  seen = [];
  gaps = [];
  order = new EventOrder(
    { deliver: ({ obj_id, seq }) => seen.push(`${obj_id}${seq}`), gap: (gap) => gaps.push(gap) },
    holdMs,
  );
});
afterEach(() => {
  vi.useRealTimers();
});

const receive = (...names: string[]) => {
  for (const name of names) order.receive(numberedEvent(name.slice(0, 1), Number(name.slice(1))));
};

describe('a session that is followed', () => {
  beforeEach(() => order.follow('a', 0));

  it('gets each event once', () => {
    receive('a1', 'a2', 'a1', 'a2', 'a3');
    expect(seen).toEqual(['a1', 'a2', 'a3']);
    expect(order.last('a')).toBe(3);
  });

  it('holds an event back until those before it have come, and not those of others', () => {
    order.follow('b', 0);
    receive('a1', 'a4', 'a3', 'b1', 'a4');
    expect(seen).toEqual(['a1', 'b1']);
    receive('a2');
    expect(seen).toEqual(['a1', 'b1', 'a2', 'a3', 'a4']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives a missing event up after a while and reports the gap; the late one is dropped', () => {
    receive('a1', 'a4', 'a5', 'a8');
    vi.advanceTimersByTime(holdMs - 1);
    expect(seen).toEqual(['a1']);
    vi.advanceTimersByTime(1);
    expect(seen).toEqual(['a1', 'a4', 'a5']);
    vi.advanceTimersByTime(holdMs);
    receive('a2', 'a9');
    expect(seen).toEqual(['a1', 'a4', 'a5', 'a8', 'a9']);
    expect(gaps).toEqual([
      { subclass: 'session', objectId: 'a', from: 2, to: 3 },
      { subclass: 'session', objectId: 'a', from: 6, to: 7 },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('reports at once what is known not to come', () => {
    receive('a1', 'a10');
    order.giveUp('a', 8);
    expect(gaps).toEqual([{ subclass: 'session', objectId: 'a', from: 2, to: 8 }]);
    receive('a9');
    expect(seen).toEqual(['a1', 'a9', 'a10']);
  });

  it('goes on from what was heard of it before', () => {
    receive('c1', 'c2');
    order.follow('c', 0);
    receive('c2', 'c4', 'c3');
    expect(seen).toEqual(['c1', 'c2', 'c3', 'c4']);
  });

  it('begins in midstream with whatever comes first', () => {
    order.follow('d');
    receive('d7', 'd9', 'd8');
    expect(seen).toEqual(['d7', 'd8', 'd9']);
  });

  it('hands out what it held when it is followed no more', () => {
    receive('a3', 'a2');
    order.unfollow('a');
    expect(seen).toEqual(['a2', 'a3']);
    expect([gaps, vi.getTimerCount()]).toEqual([[], 0]);
  });
});

describe('an object that is only heard of', () => {
  it('is not waited for, as a subscription may bring one event in ten', () => {
    receive('a3', 'a7', 'a7', 'a4', 'a9');
    expect(seen).toEqual(['a3', 'a7', 'a9']);
    expect(gaps).toEqual([]);
  });

  it('begins anew when another one of its id is made', () => {
    const event = (seq: number, type: string, second: number) => ({
      ...numberedEvent('a', seq, type),
      time: `2026-01-01T00:00:0${second}.000Z`,
    });
    order.receive(event(1, 'created', 1));
    order.receive(event(2, 'destroyed', 2));
    order.receive(event(1, 'created', 1));
    expect(seen).toEqual(['a1', 'a2']);
    expect(order.isOver('a')).toBe(true);
    order.receive(event(1, 'created', 3));
    expect(seen).toEqual(['a1', 'a2', 'a1']);
    expect(order.isOver('a')).toBe(false);
  });
});

describe('while two connections bring events', () => {
  it('waits as long as that takes, and gives up gaps only afterwards', () => {
    order.follow('a', 0);
    const end = order.merge();
    receive('a3');
    vi.advanceTimersByTime(10 * holdMs);
    expect(seen).toEqual([]);
    receive('a1', 'a2');
    expect(seen).toEqual(['a1', 'a2', 'a3']);
    receive('a5');
    end();
    vi.advanceTimersByTime(holdMs);
    expect(gaps).toEqual([{ subclass: 'session', objectId: 'a', from: 4, to: 4 }]);
  });

  it('puts the events of other objects into order too, and hands them out at the end', () => {
    receive('a5');
    const end = order.merge();
    receive('a7', 'b4', 'a6', 'b3', 'a9');
    expect(seen).toEqual(['a5', 'a6', 'a7']);
    end();
    expect(seen).toEqual(['a5', 'a6', 'a7', 'a9', 'b3', 'b4']);
    expect(gaps).toEqual([]);
  });
});

describe('the end of a session whose node was lost', () => {
  const lost = (id: string) => order.receive(numberedEvent(id, lastSeq, 'destroyed'));
  beforeEach(() => order.follow('a', 0));

  it('is handed out at once, once: nothing that is missing will come', () => {
    receive('a1', 'a2');
    lost('a');
    lost('a');
    expect(seen).toEqual(['a1', 'a2', `a${lastSeq}`]);
    expect([order.isOver('a'), gaps.length, vi.getTimerCount()]).toEqual([true, 0, 0]);
    receive('a3');
    expect(seen).toHaveLength(3);
  });

  it('comes after what was held back', () => {
    receive('a1', 'a4', 'a3');
    lost('a');
    expect(seen).toEqual(['a1', 'a3', 'a4', `a${lastSeq}`]);
    expect(gaps).toEqual([{ subclass: 'session', objectId: 'a', from: 2, to: 2 }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is handed out while connections are changed', () => {
    const end = order.merge();
    receive('a2');
    lost('a');
    expect(seen).toEqual(['a2', `a${lastSeq}`]);
    end();
    expect(seen).toHaveLength(2);
  });

  it('is dropped when the node has told the end itself', () => {
    order.receive(numberedEvent('a', 1, 'destroyed'));
    lost('a');
    expect(seen).toEqual(['a1']);
  });

  it('does not stand in the way of another session of that id', () => {
    lost('a');
    const created = { ...numberedEvent('a', 1, 'created'), time: new Date(Date.now() + 1000).toISOString() };
    order.receive(created);
    receive('a2');
    expect(seen).toEqual([`a${lastSeq}`, 'a1', 'a2']);
  });

  it('reaches who only hears of it', () => {
    lost('z');
    lost('z');
    expect(seen).toEqual([`z${lastSeq}`]);
  });
});

it('remembers a bounded number of objects', () => {
  order.follow('x', 0);
  for (let index = 0; index < 10_050; index += 1) order.receive(numberedEvent(`n${index}`, 5));
  expect(order.last('x')).toBe(0);
  expect(order.last('n0')).toBeUndefined();
  expect(order.last('n10049')).toBe(5);
});
