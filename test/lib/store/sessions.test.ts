import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shardOf } from '../../../lib/store/on-node.ts';
import { type SessionRecord, SessionStore } from '../../../lib/store/sessions.ts';
import { openTable } from '../../../lib/store/table.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';

let table: TestTable;
let sessions: SessionStore;
beforeAll(async () => {
  table = await startTable();
  sessions = new SessionStore(table);
});
afterAll(() => table.stop());

const expiresAt = 2_000_000_000;
const nowMs = 1_900_000_000_000;
let count = 0;
function session(change: Partial<SessionRecord> = {}): SessionRecord {
  count += 1;
  return {
    tenant: 'acme',
    sessionId: `session-${count}`,
    nodeId: 'node-1',
    attempt: 1,
    requestId: 'request-1',
    userId: 'ann',
    connectionId: 'connection-1',
    type: 'echo',
    state: 'wait',
    createdAt: '2030-01-01T00:00:00.000Z',
    ...change,
  };
}
async function claimed(change: Partial<SessionRecord> = {}): Promise<SessionRecord> {
  const record = session(change);
  expect(await sessions.claim(record, expiresAt)).toBe(true);
  return record;
}

describe('claim', () => {
  test('puts the record', async () => {
    const record = await claimed();
    expect(await sessions.get(record)).toEqual(record);
  });

  test('of a live id is false and changes nothing', async () => {
    const record = await claimed();
    expect(await sessions.claim({ ...record, nodeId: 'node-2', userId: 'bob' }, expiresAt)).toBe(false);
    expect(await sessions.get(record)).toEqual(record);
  });

  test('by many at once is had by one', async () => {
    const record = session();
    const claims = [1, 2, 3, 4].map((attempt) => sessions.claim({ ...record, attempt }, expiresAt));
    expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
  });

  test('of an id that was released is true again', async () => {
    const record = await claimed();
    expect(await sessions.release(record, Date.now())).toBe(true);
    expect(await sessions.claim(record, expiresAt)).toBe(true);
  });

  test('of the same id in another tenant is another session', async () => {
    const record = await claimed();
    const other = { ...record, tenant: 'globex', userId: 'bob' };
    expect(await sessions.claim(other, expiresAt)).toBe(true);
    expect(await sessions.get(record)).toEqual(record);
    expect(await sessions.get(other)).toEqual(other);
  });

  test('says when the record may be collected', async () => {
    const { tenant, sessionId } = await claimed();
    const { Item } = await table.client.send(
      new GetCommand({ TableName: table.name, Key: { pk: `T#${tenant}#S#${sessionId}`, sk: 'S' } }),
    );
    expect(Item).toMatchObject({ expires_at: expiresAt });
  });
});

test('a session that never was is undefined', async () => {
  expect(await sessions.get({ tenant: 'acme', sessionId: 'nobody' })).toBeUndefined();
});

test('update writes state and owner, and nothing else', async () => {
  const record = await claimed();
  const now = { ...record, state: 'ready', userId: 'bob', connectionId: 'connection-2' } as const;
  expect(await sessions.update({ ...now, type: 'park', createdAt: 'later' })).toBe(true);
  expect(await sessions.get(record)).toEqual(now);
});

describe.each(['update', 'release'] as const)('%s', (write) => {
  const ready = (record: SessionRecord) => ({ ...record, state: 'ready' }) as const;

  test('is true for the node and attempt that hold the session', async () => {
    const record = await claimed();
    expect(await sessions[write](ready(record), nowMs)).toBe(true);
    expect(await sessions.get(record)).toEqual(write === 'release' ? undefined : ready(record));
  });

  test.each([{ nodeId: 'node-2' }, { attempt: 2 }, { attempt: 0 }, { requestId: 'another' }])(
    'is false for %j, and changes nothing',
    async (other) => {
      const record = await claimed();
      expect(await sessions[write]({ ...ready(record), ...other }, nowMs)).toBe(false);
      expect(await sessions.get(record)).toEqual(record);
    },
  );

  test('is false for a session that is gone, and makes none', async () => {
    const record = session();
    expect(await sessions[write](ready(record), nowMs)).toBe(false);
    expect(await sessions.get(record)).toBeUndefined();
  });

  test('is false for a session that is only fenced, and leaves the fence', async () => {
    const record = session();
    await sessions.fence(record, 2, record.requestId, nowMs);
    expect(await sessions[write](ready(record), nowMs)).toBe(false);
    expect(await sessions.claim(record, expiresAt)).toBe(false);
  });
});

/** Attempt 1 went to a node that did not accept it in time; the function fences it off and sends attempt 2 elsewhere. */
describe('a fence', () => {
  const fence = (record: SessionRecord, attempt: number) => sessions.fence(record, attempt, record.requestId, nowMs);
  const at = (record: SessionRecord, attempt: number) => ({ ...record, attempt, nodeId: `node-${attempt}` });

  test('keeps the late node out, and lets the next one in', async () => {
    const late = session();
    expect(await fence(late, 2)).toBe(true);
    expect(await sessions.claim(late, expiresAt)).toBe(false);
    expect(await sessions.claim(at(late, 2), expiresAt)).toBe(true);
    expect(await sessions.get(late)).toEqual(at(late, 2));
    expect(await sessions.claim(late, expiresAt)).toBe(false);
  });

  test('is refused where the node has accepted the session after all, which stays as it is', async () => {
    const record = await claimed();
    expect(await fence(record, 2)).toBe(false);
    expect(await sessions.get(record)).toEqual(record);
    expect(await sessions.claim(at(record, 2), expiresAt)).toBe(false);
  });

  test('is refused where another request has a session of this id alive', async () => {
    const theirs = await claimed({ requestId: 'another' });
    expect(await fence({ ...theirs, requestId: 'mine' }, 2)).toBe(false);
    expect(await sessions.get(theirs)).toEqual(theirs);
  });

  test('can be moved on, as node after node is too late: none of them gets in', async () => {
    const record = session();
    expect(await fence(record, 2)).toBe(true);
    expect(await fence(record, 3)).toBe(true);
    expect(await sessions.claim(at(record, 1), expiresAt)).toBe(false);
    expect(await sessions.claim(at(record, 2), expiresAt)).toBe(false);
    expect(await sessions.claim(at(record, 3), expiresAt)).toBe(true);
  });

  test('is never moved back', async () => {
    const record = session();
    await fence(record, 3);
    expect(await fence(record, 2)).toBe(false);
    expect(await sessions.claim(at(record, 2), expiresAt)).toBe(false);
  });

  test('lets a later attempt in, too: one in between may have gone to a node that was full or away', async () => {
    const record = session();
    await fence(record, 2);
    expect(await sessions.claim(at(record, 3), expiresAt)).toBe(true);
  });

  test('and the late claim at the same moment: just one of them is made, whichever was first', async () => {
    for (let round = 0; round < 10; round += 1) {
      const record = session();
      const [fenced, accepted] = await Promise.all([fence(record, 2), sessions.claim(record, expiresAt)]);
      expect([fenced, accepted].filter(Boolean)).toHaveLength(1);
      expect((await sessions.get(record))?.attempt).toBe(accepted ? 1 : undefined);
    }
  });

  test('is no session: get finds none, and no list of its node has it', async () => {
    const record = session({ nodeId: 'fenced' });
    await fence(record, 2);
    expect(await sessions.get(record)).toBeUndefined();
    expect(await sessions.onNode('fenced')).toEqual([]);
  });

  test('does not outlive its request by much: the id is free for whoever asks next', async () => {
    const record = session();
    await fence(record, 2);
    const next = { ...record, requestId: 'another', userId: 'bob' };
    expect(await sessions.claim(next, expiresAt)).toBe(true);
    expect(await sessions.claim(at(record, 2), expiresAt)).toBe(false);
    expect(await sessions.get(record)).toEqual(next);
  });

  test("of another request is not taken away: that one's late node stays out", async () => {
    const record = session();
    await fence(record, 2);
    expect(await fence({ ...record, requestId: 'another' }, 2)).toBe(false);
    expect(await sessions.claim(record, expiresAt)).toBe(false);
  });

  test('of an id counts in its tenant only', async () => {
    const record = session();
    await fence(record, 2);
    expect(await sessions.claim({ ...record, tenant: 'globex' }, expiresAt)).toBe(true);
  });

  test('says when it may be collected', async () => {
    const { tenant, sessionId, ...record } = session();
    await fence({ ...record, tenant, sessionId }, 2);
    const { Item } = await table.client.send(
      new GetCommand({ TableName: table.name, Key: { pk: `T#${tenant}#S#${sessionId}`, sk: 'S' } }),
    );
    expect(Item).toMatchObject({ state: 'fenced', expires_at: nowMs / 1000 + 300 });
  });

  test('stays in the place of a session that was an attempt after it: a late node cannot make a ghost of it', async () => {
    const late = session();
    const next = { ...late, attempt: 2, nodeId: 'node-2' };
    expect(await sessions.fence(late, 2, late.requestId, nowMs)).toBe(true);
    expect(await sessions.claim(next, expiresAt)).toBe(true);
    expect(await sessions.release(next, nowMs)).toBe(true);
    expect(await sessions.get(late)).toBeUndefined();
    expect(await sessions.onNode('node-2')).not.toContainEqual({ tenant: late.tenant, sessionId: late.sessionId });
    expect(await sessions.claim(late, expiresAt)).toBe(false);
    expect(await sessions.claim({ ...late, requestId: 'a later request' }, expiresAt)).toBe(true);
  });

  /** Every order in which a late node, the fence and the next node can come to the table. */
  test.each([
    ['fence', 'late', 'next'],
    ['fence', 'next', 'late'],
    ['late', 'fence', 'next'],
    ['late', 'next', 'fence'],
    ['next', 'fence', 'late'],
    ['next', 'late', 'fence'],
  ] as const)('%s, %s, %s: one session, and whoever holds it knows', async (...order) => {
    const record = session();
    const steps = {
      fence: () => fence(record, 2),
      late: () => sessions.claim(record, expiresAt),
      next: () => sessions.claim(at(record, 2), expiresAt),
    };
    const done: string[] = [];
    for (const step of order) if (await steps[step]()) done.push(step);
    const holders = done.filter((step) => step !== 'fence');
    expect(holders).toHaveLength(1);
    expect(await sessions.get(record)).toMatchObject({ attempt: holders[0] === 'late' ? 1 : 2 });
    if (order.indexOf('fence') < order.indexOf('late')) expect(holders).toEqual(['next']);
  });
});

describe('onNode', () => {
  test('lists more than 100 sessions over all shards, and not those that ended', async () => {
    const records = Array.from({ length: 130 }, () => session({ nodeId: 'big' }));
    await Promise.all(records.map((record) => sessions.claim(record, expiresAt)));
    await claimed({ nodeId: 'small' });
    expect(new Set(records.map(({ sessionId }) => shardOf('big', sessionId))).size).toBe(8);
    const ids = (keys: readonly { sessionId: string }[]) => keys.map(({ sessionId }) => sessionId).sort();
    expect(ids(await sessions.onNode('big'))).toEqual(ids(records));

    const ended = records.slice(0, 60);
    await Promise.all(ended.map((record) => sessions.release(record, Date.now())));
    expect(ids(await sessions.onNode('big'))).toEqual(ids(records.slice(60)));
  });

  test('lists all of a shard, in however many pages that comes', async () => {
    const records = Array.from({ length: 40 }, () => session({ nodeId: 'paged' }));
    await Promise.all(records.map((record) => sessions.claim(record, expiresAt)));
    const paged = openTable(table.name, table.endpoint);
    let pages = 0;
    paged.client.middlewareStack.add(
      (next) => (args) => {
        pages += 1;
        return next({ ...args, input: { ...args.input, Limit: 2 } });
      },
      { step: 'initialize', priority: 'high' },
    );
    expect(await new SessionStore(paged).onNode('paged')).toHaveLength(40);
    expect(pages).toBeGreaterThan(20);
    paged.client.destroy();
  });

  test('gives keys that lead to the records, whatever an id may hold', async () => {
    const odd = [
      { tenant: 'a.b:c', sessionId: 'S:1' },
      { tenant: 'S', sessionId: '6b0c@node.local' },
    ];
    for (const key of odd) await claimed({ ...key, nodeId: 'odd' });
    expect(await sessions.onNode('odd')).toEqual(expect.arrayContaining(odd));
    for (const key of await sessions.onNode('odd')) expect(await sessions.get(key)).toMatchObject(key);
  });

  test('of a node without sessions is empty', async () => {
    expect(await sessions.onNode('idle')).toEqual([]);
  });
});
