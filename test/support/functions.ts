import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RouteHandler } from '../../lib/command/command.ts';
import { services } from '../../lib/command/services.ts';
import type { WebSocketEvent } from '../../lib/command/websocket-event.ts';
import type { Node } from '../../lib/domain/placement.ts';
import { createLambdaContext } from '../../lib/local/gateway/lambda-context.ts';
import { PatchbayError } from '../../lib/protocol/errors.ts';
import { ConnectionStore } from '../../lib/store/connections.ts';
import { NodeRegister } from '../../lib/store/node-register.ts';
import { RoomStore } from '../../lib/store/rooms.ts';
import { SessionStore } from '../../lib/store/sessions.ts';
import { SubscriptionStore } from '../../lib/store/subscriptions.ts';
import { startTable, type TestTable } from './dynamodb.ts';
import { type FakeNode, startFakeNode } from './fake-node.ts';
import { listNode, node, unlistNode } from './nodes.ts';

/** What the authorizer said at `$connect`. */
export const identity = { tenant: 'acme', sub: 'ann', scope: 'media:session', batch: '0' };

export const messageEvent = (
  body: unknown,
  change: Partial<WebSocketEvent['requestContext']> = {},
): WebSocketEvent => ({
  requestContext: {
    connectionId: 'connection-1',
    routeKey: '$default',
    eventType: 'MESSAGE',
    requestId: 'request-1',
    connectedAt: Date.now(),
    authorizer: identity,
    ...change,
  },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

export const lambdaContext = () =>
  createLambdaContext({ functionName: 'test', deadlineAtMs: Date.now() + 29_000, now: Date.now });

/**
 * The functions' surroundings, for all tests of a file: a table, nodes that the test steers. Call it at the top of the
 * file; between two tests nodes, spies and what functions remember of nodes are gone.
 */
export function functionsUnderTest() {
  let table: TestTable;
  const running: { id: string; fake: FakeNode }[] = [];

  beforeAll(async () => {
    table = await startTable();
    vi.stubEnv('PATCHBAY_TABLE', table.name);
    vi.stubEnv('PATCHBAY_DYNAMODB_ENDPOINT', table.endpoint);
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const { id, fake } of running.splice(0)) {
      await fake.stop();
      await unlistNode(table, id);
      services().directory.forget(id);
    }
  });
  afterAll(async () => {
    await table.stop();
    vi.unstubAllEnvs();
  });

  return {
    get connections() {
      return new ConnectionStore(table);
    },
    get sessions() {
      return new SessionStore(table);
    },
    get rooms() {
      return new RoomStore(table);
    },
    get table() {
      return table;
    },
    /** Takes a node off the list. */
    unlist: (id: string): Promise<void> => unlistNode(table, id),
    get subscriptions() {
      return new SubscriptionStore(table);
    },
    /** A node that is up, listed and has its key. */
    async startNode(id: string, change: Partial<Node> = {}): Promise<FakeNode> {
      const fake = await startFakeNode([`key of ${id}`]);
      running.push({ id, fake });
      await new NodeRegister(table).putKeys(id, [`key of ${id}`]);
      await listNode(table, node(id, { url: fake.url, heartbeatAtMs: Date.now(), ...change }));
      services().directory.forget(id);
      return fake;
    },
    /** A connection's record, naming the nodes where it owns something. */
    async connect(connectionId: string, nodes: readonly string[] = []): Promise<void> {
      const store = new ConnectionStore(table);
      await store.put({ connectionId, tenant: 'acme', userId: 'ann', connectedAt: '' }, Date.now());
      for (const id of nodes) await store.addNode(connectionId, id);
    },
    /** Sends a message to a handler and reads its reply. */
    async send(handler: RouteHandler, message: unknown, change: Partial<WebSocketEvent['requestContext']> = {}) {
      const { statusCode, body } = await handler(messageEvent(message, change), lambdaContext());
      if (statusCode !== 200) throw new Error(`status ${statusCode}`);
      const reply: Reply | undefined = body === undefined ? undefined : JSON.parse(body);
      return reply;
    },
  };
}

export interface Reply {
  readonly result: 'ok' | 'error';
  readonly data?: Record<string, unknown>;
  readonly tid?: string | number;
}

export type Surroundings = ReturnType<typeof functionsUnderTest>;

/**
 * What every command that goes to its session's node has in common. `data` is all that the command needs besides
 * `session_id`.
 */
export function goesToTheSessionsNode(
  world: Surroundings,
  handler: RouteHandler,
  cmd: string,
  data: Record<string, unknown> = {},
): void {
  const session_id = '6b0cc2c4-9b7e-4a41-8f3b-0a3d7f2b9a10@n1';
  const ask = (more: Record<string, unknown> = {}, change: Partial<WebSocketEvent['requestContext']> = {}) =>
    world.send(
      handler,
      { class: 'media', subclass: 'session', cmd, data: { session_id, ...data, ...more }, tid: 1 },
      change,
    );

  describe('goes to the node of its session', () => {
    test('which is in the id, with the data and who asks', async () => {
      const node = await world.startNode('n1');
      expect(await ask()).toEqual({ result: 'ok', tid: 1 });
      expect(node.requests).toMatchObject([
        {
          path: `/v1/session/${cmd}`,
          body: { data: { session_id, ...data }, caller: { tenant: 'acme', userId: 'ann' } },
        },
      ]);
    });

    test('which is the only one of the connection where no session is named', async () => {
      const node = await world.startNode('n1');
      await world.connect('mine', ['n1']);
      expect(await ask({ session_id: undefined }, { connectionId: 'mine' })).toMatchObject({ result: 'ok' });
      expect(node.requests).toHaveLength(1);
      expect(node.requests[0]?.body.data).not.toHaveProperty('session_id');
    });

    test("and passes on what that refuses: session_not_found for another tenant's or an ended session", async () => {
      const node = await world.startNode('n1');
      node.answers(() => {
        throw new PatchbayError('session_not_found', `no session ${session_id}`);
      });
      expect(await ask()).toEqual({
        result: 'error',
        data: { code: 100062, reason: 'session_not_found', error: `no session ${session_id}` },
        tid: 1,
      });
    });

    test('and is a timeout with retry_after while that does not answer', async () => {
      const node = await world.startNode('n1');
      await node.stop();
      expect(await ask()).toMatchObject({ data: { reason: 'timeout', retry_after: 1 } });
    });

    test('but not with an unknown field', async () => {
      const node = await world.startNode('n1');
      expect(await ask({ sesion_id: 'x' })).toMatchObject({
        data: { reason: 'syntax_error', error: 'unknown field data.sesion_id, did you mean session_id' },
      });
      expect(node.requests).toEqual([]);
    });
  });
}
