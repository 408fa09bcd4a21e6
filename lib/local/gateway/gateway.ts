import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { connect } from './connect.ts';
import { Connection, GOING_AWAY, LOST } from './connection.ts';
import { createDisconnectHandler } from './disconnect.ts';
import type { AuthorizerHandler, ConnectionInfo, RouteHandler } from './event.ts';
import { createGatewayId } from './ids.ts';
import { DEFAULT_LIMITS, type GatewayLimits } from './limits.ts';
import { createManagementApi } from './management-api.ts';
import { createMessageHandler } from './messages.ts';
import { isHostAllowed, isUpgradeAllowed, LOOPBACK_HOSTS } from './origin.ts';
import { createReorder, inOrder } from './reorder.ts';
import { readRequestParts } from './request-parts.ts';
import { gatewayMessage, isWebSocketHandshake, refuseUpgrade } from './upgrade-response.ts';

export interface GatewayOptions {
  /** By route key: `$connect`, `$disconnect`, `$default`, `session/create` … */
  readonly routes: Readonly<Record<string, RouteHandler>>;
  /** A REQUEST authorizer, run on `$connect` only. */
  readonly authorizer?: AuthorizerHandler | undefined;
  /** `${request.body.subclass}/${request.body.cmd}` */
  readonly routeSelectionExpression: string;
  /** Where clients connect: `/ws`. */
  readonly path: string;
  readonly stage: string;
  /** Default: the `Host` that each client connected to, as on AWS. So it may be left out when the port is not known. */
  readonly domainName?: string | undefined;
  readonly apiId?: string | undefined;
  /** Names without port. Default: loopback only. */
  readonly allowedHosts?: readonly string[] | 'any' | undefined;
  /** Origins besides our own pages. Default: none. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Delays and reorders what AWS may delay and reorder, by this seed. */
  readonly reorderSeed?: number | undefined;
  readonly limits?: Partial<GatewayLimits> | undefined;
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined;
  readonly log?: ((line: object) => void) | undefined;
}

export interface Gateway {
  /** For the `upgrade` event of an HTTP server. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Resolves to true when the request was for `/@connections/…` and is answered. */
  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  /** The rule for the `Host` header, for what else is served on the same port. */
  isHostAllowed(hostHeader: string | undefined): boolean;
  readonly connectionCount: number;
  /** Closes every connection with 1001 and runs its `$disconnect`, within `closeTimeoutMs`. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * A stand-in for an API Gateway WebSocket API in this process, with the limits, events and faults of the real one.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { authorizer, path, stage, domainName, apiId = 'local', now = Date.now, log = () => undefined } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const reorder = options.reorderSeed === undefined ? inOrder : createReorder(options.reorderSeed);
  const rules = {
    allowedHosts: options.allowedHosts ?? LOOPBACK_HOSTS,
    allowedOrigins: options.allowedOrigins ?? [],
  };
  const routes = new Map(Object.entries(options.routes));
  /** Aborted when closing begins: nothing new, nothing delayed. */
  const closing = new AbortController();
  /** Aborted when closing ends: `$disconnect` has had its time. */
  const closed = new AbortController();
  const connections = new Map<string, Connection>();
  /** From each connection's start to the end of its `$disconnect`: what `close()` waits for. */
  const finishing = new Set<Promise<void>>();
  const subprotocols = new WeakMap<IncomingMessage, string>();
  const webSocketServer = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (_offered, request) => subprotocols.get(request) ?? false,
  });
  const handleMessage = createMessageHandler({
    routes,
    routeSelectionExpression: options.routeSelectionExpression,
    limits,
    reorder,
    now,
    signal: closing.signal,
    log,
  });
  const disconnect = createDisconnectHandler({
    handler: routes.get('$disconnect'),
    limits,
    reorder,
    now,
    closing: closing.signal,
    closed: closed.signal,
    log,
  });
  const hostAllowed = (hostHeader: string | undefined) => isHostAllowed(hostHeader, rules);
  const findOpen = (connectionId: string) => {
    const connection = connections.get(connectionId);
    return connection?.isOpen ? connection : undefined;
  };

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const connectionId = createGatewayId();
    const refuse = (statusCode: number, message: string) =>
      refuseUpgrade(socket, statusCode, gatewayMessage(message, connectionId, createGatewayId()));
    if (closing.signal.aborted) return refuse(503, 'Service Unavailable');
    if (request.url?.split('?', 1)[0] !== path) return refuse(404, 'Not Found');
    if (!isUpgradeAllowed(request.headers, rules)) return refuse(403, 'Forbidden');
    if (!isWebSocketHandshake(request)) return refuse(400, 'Bad Request');

    const sourceIp = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const userAgent = request.headers['user-agent'];
    const connectedAtMs = now();
    const identity = { sourceIp, ...(userAgent !== undefined && { userAgent }) };
    const host = domainName ?? request.headers.host ?? '';
    const info: ConnectionInfo = { connectionId, connectedAtMs, identity, domainName: host, stage, apiId };
    const outcome = await connect(info, readRequestParts(request, sourceIp, connectedAtMs), {
      authorizer,
      handler: routes.get('$connect'),
      limits,
      now,
      signal: closing.signal,
    });
    if (!outcome.accepted && closing.signal.aborted) return refuse(503, 'Service Unavailable');
    if (!outcome.accepted) {
      const { refusal, cause } = outcome;
      const level = cause === undefined ? 'info' : 'error';
      log({ level, message: 'connection refused', connectionId, statusCode: refusal.statusCode, error: cause });
      return refuse(refusal.statusCode, refusal.message);
    }
    const authorized = { ...info, ...(outcome.authorizer && { authorizer: outcome.authorizer }) };
    if (closing.signal.aborted || !socket.readable || !socket.writable) {
      // Closed, or left by the client, while $connect ran. What that recorded has to be cleaned up all the same.
      refuse(503, 'Service Unavailable');
      return track(disconnect(authorized, LOST));
    }
    if (outcome.subprotocol !== undefined) subprotocols.set(request, outcome.subprotocol);
    webSocketServer.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, socket, authorized));
  }

  function accept(webSocket: WebSocket, socket: Duplex, info: ConnectionInfo): void {
    const { connectionId } = info;
    const connection = new Connection(webSocket, socket, info, {
      limits,
      now,
      onMessage: (text) => void handleMessage(connection, text),
      onError: (error) => log({ level: 'info', message: 'socket failed', connectionId, error }),
    });
    connections.set(connectionId, connection);
    track(
      connection.closed.then((status) => {
        connections.delete(connectionId);
        return disconnect(info, status);
      }),
    );
  }

  function track(work: Promise<void>): void {
    finishing.add(work);
    void work.then(() => finishing.delete(work));
  }

  async function closeAll(): Promise<void> {
    closing.abort();
    for (const connection of connections.values()) connection.close(GOING_AWAY);
    // A client that does not take part in the closing must not use up the time of its $disconnect.
    const cutOff = setTimeout(terminateAll, limits.closeTimeoutMs / 4);
    const enough = new AbortController();
    const bound = delay(limits.closeTimeoutMs, undefined, { signal: enough.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled(finishing), bound]);
    clearTimeout(cutOff);
    enough.abort();
    closed.abort();
    terminateAll();
    await Promise.allSettled(finishing);
    webSocketServer.close();
  }

  function terminateAll(): void {
    for (const connection of connections.values()) connection.terminate();
  }
  let closeResult: Promise<void> | undefined;

  return {
    handleUpgrade(request, socket, head) {
      // Stays for the socket's life: a refused one may fail while its answer is written.
      socket.on('error', (error) => log({ level: 'info', message: 'socket failed', error }));
      upgrade(request, socket, head).catch((error: unknown) => {
        log({ level: 'error', message: 'upgrade failed', error });
        socket.destroy();
      });
    },
    handleRequest: createManagementApi({
      find: findOpen,
      stage,
      messageBytes: limits.messageBytes,
      reorder,
      isHostAllowed: hostAllowed,
      signal: closing.signal,
    }),
    isHostAllowed: hostAllowed,
    get connectionCount() {
      return connections.size;
    },
    close() {
      closeResult ??= closeAll();
      return closeResult;
    },
  };
}
