import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { handler as create } from '../../functions/session/create.ts';
import { P2pBackend } from '../../lib/backends/p2p/backend.ts';
import type { WebSocketEvent } from '../../lib/command/websocket-event.ts';
import { type RunningNode, startNode } from '../../lib/controller/node.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import { silentLog } from '../../lib/domain/log.ts';
import { variables } from '../../lib/env.ts';
import type { PatchbayEvent } from '../../lib/protocol/events.ts';
import { ConnectionStore } from '../../lib/store/connections.ts';
import { SessionStore } from '../../lib/store/sessions.ts';
import { openTable, type Table } from '../../lib/store/table.ts';
import { startTable, type TestTable } from '../support/dynamodb.ts';
import { offer } from '../support/sdp.ts';
import { testFiles, testRules } from '../support/world.ts';

/** Longer than a function waits for a node to accept a session. */
const lateMs = 6000;

let db: TestTable;
const nodes: RunningNode[] = [];
const p2p = { slow: new P2pBackend(), quick: new P2pBackend() };
const events: PatchbayEvent[] = [];

beforeAll(async () => {
  db = await startTable();
  process.env[variables.table] = db.name;
  process.env[variables.dynamodbEndpoint] = db.endpoint;
  const connection = {
    connectionId: 'connection',
    tenant: 'acme',
    userId: 'ann',
    connectedAt: new Date().toISOString(),
  };
  await new ConnectionStore(db).put(connection, Date.now());
});

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await db.stop();
});

async function start(nodeId: 'slow' | 'quick', table: Table): Promise<void> {
  const node = await startNode({
    nodeId,
    host: '127.0.0.1',
    port: 0,
    release: 'test',
    capacity: 100,
    drainMs: 60_000,
    ecsAgent: undefined,
    onLost: () => {},
    table,
    files: testFiles(),
    rules: testRules,
    poster: {
      post: async (_connectionId, text) => {
        events.push(...[JSON.parse(text).data].flat());
        return 'sent';
      },
      disconnect: async () => {},
    },
    backends: () => [p2p[nodeId]],
    clock: systemClock,
    log: silentLog,
    random: Math.random,
  });
  nodes.push(node);
}

/** A table whose puts of sessions arrive when nobody waits for them any more. */
function slowTable(): Table {
  const table = openTable(db.name, db.endpoint);
  table.client.middlewareStack.add(
    (next) => async (args) => {
      const input: object = args.input;
      if ('Item' in input && JSON.stringify(input.Item).includes('"attempt"')) {
        await new Promise((resolve) => setTimeout(resolve, lateMs));
      }
      return next(args);
    },
    { step: 'initialize' },
  );
  return table;
}

/** Sends a `create` as API Gateway would, and gives the reply. */
async function send(data: Record<string, unknown>) {
  const event: WebSocketEvent = {
    requestContext: {
      connectionId: 'connection',
      routeKey: 'session/create',
      eventType: 'MESSAGE',
      requestId: randomUUID(),
      connectedAt: Date.now(),
      authorizer: { tenant: 'acme', sub: 'ann', scope: 'media:session' },
    },
    body: JSON.stringify({ class: 'media', subclass: 'session', cmd: 'create', data, tid: 1 }),
  };
  const reply = await create(event, { awsRequestId: randomUUID() } as Context);
  return JSON.parse(reply.body ?? '{}');
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a create whose first node accepts too late lives once: on the second node, told once, with nothing left over', async () => {
  await start('slow', slowTable());
  const creating = Promise.all([send({ type: 'p2p', offer }), send({ type: 'p2p', offer, session_id: 'chosen' })]);
  // The only node that there is when the create begins is the slow one.
  await sleep(1500);
  expect(p2p.slow.engine().sessions).toBe(2);
  await start('quick', db);

  const [made, chosen] = await creating;
  expect(made).toMatchObject({ result: 'ok', data: { session_id: expect.stringMatching(/@quick$/) } });
  expect(chosen).toMatchObject({ result: 'ok', data: { session_id: 'chosen' } });
  // Until the slow node's puts have arrived, and been refused.
  await sleep(lateMs - 3000);
  expect(p2p.slow.engine().sessions).toBe(0);
  expect(p2p.quick.engine().sessions).toBe(2);

  const created = events.filter(({ type }) => type === 'created').map(({ obj_id }) => obj_id);
  expect(created.sort()).toEqual([made.data.session_id, 'chosen'].sort());
  expect(events.filter(({ type }) => type === 'destroyed')).toEqual([]);

  const records = new SessionStore(db);
  expect(await records.onNode('slow')).toEqual([]);
  expect((await records.onNode('quick')).map(({ sessionId }) => sessionId).sort()).toEqual(created);
  expect(await records.get({ tenant: 'acme', sessionId: 'chosen' })).toMatchObject({ nodeId: 'quick', attempt: 2 });
}, 30_000);
