import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type Counted, type CountedCalls, countedCalls } from '../../bench/cost/counted.ts';
import { filled, prose } from '../../bench/cost/document.ts';
import { billOf, controlItems, idleItems, nodeHour, operationsOf, times, total } from '../../bench/cost/formula.ts';
import { assumptions, prices } from '../../bench/cost/prices.ts';
import { exactly, tables, usd } from '../../bench/cost/tables.ts';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const results = async () => countedCalls.parse(JSON.parse(await read('bench/results/cost.json')));

const call: Counted = {
  connections: 2,
  sessions: 2,
  commands: 8,
  replies: 8,
  callbacks: 10,
  functionMs: 860,
  writeUnits: 18,
  readUnits: 2,
  busEvents: 8,
  logBytes: 2000,
};
const one = { ...prices, ...Object.fromEntries(Object.keys(prices).map((name) => [name, 1])) };
const counted = { heartbeatWriteUnits: 1, nodeListReadUnits: 0.5 } as CountedCalls;

describe('docs/cost.md', () => {
  test('has the numbers of the bench and the prices: npm run docs:cost puts them there', async () => {
    const page = await read('docs/cost.md');
    expect(page).toBe(filled(page, tables(await results(), prices)));
  });

  test('names no price outside of its tables', async () => {
    expect(prose(await read('docs/cost.md'))).not.toMatch(/\$\d/);
  });

  test('counts with what the client library and the node do', async () => {
    expect(await read('lib/client/connection.ts')).toContain(`pingIntervalMs = ${assumptions.pingMinutes} * 60_000`);
    const [, heartbeatMs] = /heartbeatMs = ([\d_]+)/.exec(await read('lib/controller/registration.ts')) ?? [];
    expect(3_600_000 / Number(heartbeatMs?.replace('_', ''))).toBe(assumptions.heartbeatsPerHour);
  });
});

test('a place without a table, and a table without a place, are faults', () => {
  const page = 'a\n<!-- begin x -->\nold\n<!-- end -->\nb';
  expect(filled(page, { x: 'new' })).toBe('a\n<!-- begin x -->\nnew\n<!-- end -->\nb');
  expect(() => filled(page, {})).toThrow('there is no table x');
  expect(() => filled(page, { x: '', y: '' })).toThrow('there is no place for y');
  expect(prose(page)).toBe('a\n\nb');
});

describe('a call', () => {
  test('of four minutes has no ping: what was counted, and its connections’ minutes', () => {
    expect(operationsOf(call, 4, 0.5)).toEqual({
      messages: 26,
      connectionMinutes: 8,
      invocations: 14,
      gbSeconds: 0.5,
      writeUnits: 18,
      readUnits: 6,
      busEvents: 8,
      logGb: (2000 + 14 * 350) / 1e9,
    });
  });

  test('of an hour has twelve pings of each connection, each of two messages and a run', () => {
    expect(operationsOf(call, 60, 0.5)).toMatchObject({
      messages: 26 + 48,
      invocations: 14 + 24,
      connectionMinutes: 120,
    });
  });

  test('costs what its operations cost, each once', () => {
    const items = controlItems(operationsOf(call, 4, 0.5), one);
    expect(Object.fromEntries(items.map(({ name, dollars }) => [name, dollars]))).toMatchObject({
      'API Gateway': 34,
      Lambda: 14.5,
      DynamoDB: 24,
      EventBridge: 8,
    });
    expect(total(items)).toBeCloseTo(80.5, 4);
  });

  test('with twice the parties costs twice as much', () => {
    const sum = (what: Counted) => total(controlItems(operationsOf(what, 30, 0.5), prices));
    expect(sum(times(call, 2))).toBeCloseTo(2 * sum(call), 12);
  });
});

describe('a month', () => {
  const use = { calls: 1000, minutes: 6, call, parties: 2, streamsOut: 2, kbps: 100, activeHours: 100, peak: 2 };

  test('has the nodes of its busiest moment, for the hours with calls', () => {
    // 12,000 session minutes in 6,000: 2 at once, 4 at the busiest.
    const nodes = (sessionsPerNode: number) => billOf({ ...use, sessionsPerNode }, counted, prices).nodes;
    expect([nodes(100), nodes(4), nodes(3), nodes(1)]).toEqual([1, 1, 2, 4]);
  });

  test('pays for the bytes that leave the node, and Chime for each attendee’s minutes', () => {
    const { items, chime } = billOf({ ...use, sessionsPerNode: 100 }, counted, one);
    const named = Object.fromEntries(items.map(({ name, dollars }) => [name, dollars]));
    // 1000 × 360 s × 2 × 100 kbit/s
    expect(named['media to the internet']).toBeCloseTo(9, 9);
    expect(chime).toBe(12_000);
  });

  test('in which nobody calls costs nodes only where some are kept', () => {
    const [none, two] = [idleItems(0, counted, prices), idleItems(2, counted, prices)];
    const nodes = (items: typeof none) => items.find(({ name }) => name === 'media nodes')?.dollars;
    expect([nodes(none), nodes(two)]).toEqual([0, 2 * 730 * nodeHour(prices)]);
    expect(total(none)).toBeLessThan(0.05);
  });
});

test.each([
  [0, '$0'],
  [0.000_071_6, '$0.000072'],
  [0.0099, '$0.0099'],
  [0.25, '$0.25'],
  [1, '$1.00'],
  [1234.567, '$1,234.57'],
])('a sum of %d is written %s', (dollars, text) => {
  expect(usd(dollars)).toBe(text);
});

test.each([
  [1, '$1.00'],
  [0.2, '$0.20'],
  [0.625, '$0.625'],
  [0.0000133334, '$0.0000133334'],
])('a price of %d is written %s', (dollars, text) => {
  expect(exactly(dollars)).toBe(text);
});
