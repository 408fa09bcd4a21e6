import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import type { RouteHandler, WebSocketEvent } from '../../../../lib/local/gateway/event.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../../../lib/local/gateway/gateway.ts';
import { createHttpServer } from '../../../../lib/local/http-server.ts';

export const ok: RouteHandler = async () => ({ statusCode: 200 });
export const echo: RouteHandler = async ({ body }) => ({ statusCode: 200, body: `${body}` });

export interface TestClient {
  socket: WebSocket;
  /** Messages so far, in order. */
  received: string[];
  /** The next message that no earlier call took. */
  next(): Promise<string>;
  closed: Promise<{ code: number; reason: string }>;
}

/** A gateway on a free port of loopback, closed when the test ends. */
export async function startGateway(options: Partial<GatewayOptions> = {}) {
  const gateway: Gateway = createGateway({
    routes: { $default: echo },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own syntax
    routeSelectionExpression: '${request.body.subclass}/${request.body.cmd}',
    path: '/ws',
    stage: 'local',
    ...options,
  });
  const server = await createHttpServer({ gateway, consoleDir: '/nonexistent', host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  const clientSockets = new Set<Socket>();
  const createConnection = () => {
    const socket = connect(server.port, '127.0.0.1');
    clientSockets.add(socket);
    return socket;
  };
  const rawRequest = (head: string) => {
    const socket = createConnection();
    socket.write(head);
    return text(socket);
  };
  const webSocketUrl = `ws://127.0.0.1:${server.port}/ws`;
  return {
    gateway,
    server,
    webSocketUrl,
    connect: (query = '', subprotocols: string[] = [], clientOptions: ClientOptions = {}) =>
      connectClient(`${webSocketUrl}${query}`, subprotocols, { createConnection, ...clientOptions }),
    /** Cuts the clients' sockets, as a killed browser would. */
    abandon: () => {
      for (const socket of clientSockets) socket.destroy();
    },
    /** Sends that and resolves to the whole answer. */
    rawRequest,
    /** An upgrade request that `ws` would not make. */
    rawUpgrade: (headers: Record<string, string>) => {
      const lines = Object.entries({ Host: 'localhost', Connection: 'Upgrade', Upgrade: 'websocket', ...headers });
      return rawRequest(`GET /ws HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    },
    /** Resolves to the refusal of an upgrade. */
    refused: (query = '', clientOptions: ClientOptions = {}, subprotocols: string[] = []) =>
      refusedClient(`${webSocketUrl}${query}`, clientOptions, subprotocols),
  };
}

async function connectClient(url: string, subprotocols: string[], options: ClientOptions): Promise<TestClient> {
  const socket = new WebSocket(url, subprotocols, options);
  const received: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  let taken = 0;
  socket.on('message', (data) => {
    received.push(data.toString());
    const wake = waiting.shift();
    if (wake !== undefined) wake(received[taken++] ?? '');
  });
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: Number(code), reason: `${reason}` }));
  closed.catch(() => undefined);
  await once(socket, 'open');
  onTestFinished(() => socket.terminate());
  return {
    socket,
    received,
    closed,
    next: () =>
      received.length > taken
        ? Promise.resolve(received[taken++] ?? '')
        : new Promise((resolve) => waiting.push(resolve)),
  };
}

async function refusedClient(url: string, options: ClientOptions, subprotocols: string[]) {
  const socket = new WebSocket(url, subprotocols, options);
  socket.on('error', () => undefined);
  const [, response] = await once(socket, 'unexpected-response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { statusCode: Number(response.statusCode), body };
}

/** A handler that keeps the events it was called with, and lets a test wait for the next one. */
export function recorder(answer: unknown = { statusCode: 200 }) {
  const events: WebSocketEvent[] = [];
  const { promise: first, resolve } = Promise.withResolvers<WebSocketEvent>();
  const handler: RouteHandler = async (event) => {
    events.push(event);
    resolve(event);
    return answer;
  };
  return { events, first, handler };
}

export function allow(context: Record<string, string | number | boolean> = {}, effect = 'Allow') {
  return {
    principalId: 'ann',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: '*' }],
    },
    context,
  };
}
