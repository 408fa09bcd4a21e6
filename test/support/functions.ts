import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import type { RouteHandler } from '../../lib/command/command.ts';
import { services } from '../../lib/command/services.ts';
import type { WebSocketEvent } from '../../lib/command/websocket-event.ts';
import type { Node } from '../../lib/domain/placement.ts';
import { createLambdaContext } from '../../lib/local/gateway/lambda-context.ts';
import { ConnectionStore } from '../../lib/store/connections.ts';
import { NodeStore } from '../../lib/store/nodes.ts';
import { SessionStore } from '../../lib/store/sessions.ts';
import { startTable, type TestTable } from './dynamodb.ts';
import { type FakeNode, startFakeNode } from './fake-node.ts';
import { node } from './nodes.ts';

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
      await new NodeStore(table).remove(id);
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
    get nodes() {
      return new NodeStore(table);
    },
    /** A node that is up, listed and has its key. */
    async startNode(id: string, change: Partial<Node> = {}): Promise<FakeNode> {
      const fake = await startFakeNode([`key of ${id}`]);
      running.push({ id, fake });
      const store = new NodeStore(table);
      await store.putKeys(id, [`key of ${id}`]);
      await store.put(node(id, { url: fake.url, heartbeatAtMs: Date.now(), ...change }));
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

interface Reply {
  readonly result: 'ok' | 'error';
  readonly data?: Record<string, unknown>;
  readonly tid?: string | number;
}
