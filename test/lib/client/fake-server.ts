import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** One client's socket, from the server's side. */
export class FakeConnection {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** One event, or several in one message. */
  push(...events: object[]): void {
    this.sendText(eventMessage(events));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** Without a closing handshake, as a network does it. */
  cut(): void {
    this.#socket.terminate();
  }
}

/** A request as it arrived, with the means to answer it when and how a test wants. */
export interface FakeRequest {
  readonly route: string;
  readonly data: Record<string, unknown>;
  readonly tid: string | undefined;
  readonly connection: FakeConnection;
  ok(data?: object): void;
  error(reason: string, error: string, retryAfter?: number): void;
}

type Handler = (request: FakeRequest) => void;

/**
 * A server that speaks the wire and knows nothing: each test says what a route answers. What has no handler stays
 * unanswered and is found in `requests`.
 */
export class FakeServer {
  readonly requests: FakeRequest[] = [];
  /** Payload sizes of the frames as they came, fragments of one message one by one. */
  readonly frameSizes: number[] = [];
  readonly protocols: string[] = [];
  /** In the order in which they came, closed ones too. */
  readonly connections: FakeConnection[] = [];
  refusesConnections = false;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #handlers = new Map<string, Handler>();
  readonly #arrivals = new Set<() => void>();

  private constructor() {
    this.#http = createServer().on('upgrade', (request, socket: Socket, head) => {
      this.protocols.push(request.headers['sec-websocket-protocol']?.replaceAll(' ', '') ?? '');
      if (this.refusesConnections) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
        return;
      }
      const frames = new FrameCounter(this.frameSizes);
      socket.on('data', (chunk: Buffer) => frames.push(chunk));
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket));
    });
  }

  static async start(): Promise<FakeServer> {
    const server = new FakeServer();
    lastSeqs.clear();
    server.#http.listen(0, '127.0.0.1');
    await once(server.#http, 'listening');
    return server;
  }

  get url(): string {
    const address = this.#http.address();
    if (typeof address !== 'object' || !address) throw new Error('the fake server does not listen');
    return `ws://127.0.0.1:${address.port}/ws`;
  }

  get openSockets(): number {
    return this.#sockets.clients.size;
  }

  /** What answers a route now. */
  handler(route: string): Handler {
    return this.#handlers.get(route) ?? (() => undefined);
  }

  on(route: string, handler: Handler): this {
    this.#handlers.set(route, handler);
    return this;
  }

  /** The first request of that route, now or when it comes. */
  async request(route: string): Promise<FakeRequest> {
    for (;;) {
      const found = this.requests.find((request) => request.route === route);
      if (found) return found;
      await new Promise<void>((resolve) => this.#arrivals.add(resolve));
    }
  }

  /** To every client: one event, or several in one message. */
  push(...events: object[]): void {
    this.sendText(eventMessage(events));
  }

  sendText(text: string): void {
    for (const socket of this.#sockets.clients) socket.send(text);
  }

  dropAll(code: number, reason: string): void {
    for (const socket of this.#sockets.clients) socket.close(code, reason);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #accept(socket: WebSocket): void {
    const connection = new FakeConnection(socket);
    this.connections.push(connection);
    socket.on('message', (bytes) => {
      const { subclass, cmd, data = {}, tid } = JSON.parse(bytes.toString());
      const reply = (result: string, body?: object) => socket.send(JSON.stringify({ result, data: body, tid }));
      const request: FakeRequest = {
        route: subclass === undefined ? cmd : `${subclass}/${cmd}`,
        data,
        tid,
        connection,
        ok: (body) => reply('ok', body),
        error: (reason, error, retryAfter) => reply('error', { code: 1, reason, error, retry_after: retryAfter }),
      };
      this.requests.push(request);
      this.#handlers.get(request.route)?.(request);
      for (const resolve of this.#arrivals) resolve();
      this.#arrivals.clear();
    });
  }
}

/** Reads just enough of RFC 6455 section 5.2 to know each frame's payload size. */
class FrameCounter {
  readonly #sizes: number[];
  #bytes: Buffer = Buffer.alloc(0);

  constructor(sizes: number[]) {
    this.#sizes = sizes;
  }

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 2) {
      const short = (this.#bytes[1] ?? 0) & 0x7f;
      const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
      if (this.#bytes.length < 2 + extra) return;
      const size =
        extra === 2 ? this.#bytes.readUInt16BE(2) : extra === 8 ? Number(this.#bytes.readBigUInt64BE(2)) : short;
      const end = 2 + extra + 4 + size;
      if (this.#bytes.length < end) return;
      if (((this.#bytes[0] ?? 0) & 0x08) === 0) this.#sizes.push(size);
      this.#bytes = this.#bytes.subarray(end);
    }
  }
}

function eventMessage(events: object[]): string {
  return JSON.stringify({ class: 'core', cmd: 'event', data: events.length === 1 ? events[0] : events, tid: 'e1' });
}

const lastSeqs = new Map<string, number>();

/** The session's next event: they are numbered from 1, anew with each server. */
export const sessionEvent = (sessionId: string, type: string, body: object = {}) => {
  const seq = (lastSeqs.get(sessionId) ?? 0) + 1;
  lastSeqs.set(sessionId, seq);
  return numberedEvent(sessionId, seq, type, body);
};

export const numberedEvent = (obj_id: string, seq: number, type = 'info', body: object = {}) => ({
  class: 'media' as const,
  subclass: 'session' as const,
  type,
  obj_id,
  body: { ...body },
  seq,
  time: new Date().toISOString(),
});
