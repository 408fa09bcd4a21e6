import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  formatSip,
  headerOf,
  headersOf,
  methodOf,
  portIn,
  SipFramer,
  type SipHeader,
  type SipMessage,
  statusOf,
  tagIn,
} from './sip-message.ts';
import type { Steering } from './steering.ts';

export interface SipOptions {
  readonly steering: Steering;
  /** A request: answered by `respond`. */
  readonly request: (request: SipRequest) => void;
}

export interface SipRequest {
  readonly message: SipMessage;
  readonly method: string;
  readonly callId: string;
  /** What a test wants it to be answered with. */
  readonly steered: string | undefined;
  /** How much later than otherwise; only an INVITE is told, which can be cancelled meanwhile. */
  readonly delayMs: number;
  respond(statusLine: string, headers?: readonly SipHeader[], body?: string): void;
}

const allowed = 'INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, NOTIFY';
export const common: readonly SipHeader[] = [
  ['User-Agent', 'patchbay'],
  ['Allow', allowed],
  ['Supported', 'path, replaces'],
];

/** SIP over the TCP connections that clients open; it opens none itself. */
export class SipServer {
  readonly server: Server;
  readonly #options: SipOptions;
  /** By the client's port, which is what a Contact names. */
  readonly #connections = new Map<number, Socket>();
  readonly #transactions = new Map<string, (response: SipMessage) => void>();
  /** What waits for the next message, to go in one piece with it. */
  readonly #waiting = new Map<Socket, string>();

  constructor(options: SipOptions) {
    this.#options = options;
    this.server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /**
   * Sends a request down the connection that comes from the URI's port; to a URI without one it goes to 5060, where
   * nobody is.
   *
   * @param hear each response; none comes to an ACK
   * @returns its branch, or undefined when there is no such connection
   */
  request(
    method: string,
    uri: string,
    headers: readonly SipHeader[],
    { body = '', branch = newBranch(), hear = undefined as ((response: SipMessage) => void) | undefined } = {},
  ): string | undefined {
    const socket = this.#connections.get(portIn(uri) ?? 5060);
    if (!socket?.writable) return undefined;
    if (hear) this.#transactions.set(`${branch} ${method}`, hear);
    const via: readonly SipHeader[] = [
      ['Via', `SIP/2.0/TCP 127.0.0.1:${this.port};branch=${branch}`],
      ['Max-Forwards', '70'],
    ];
    this.#write(socket, formatSip(`${method} ${uri} SIP/2.0`, [...via, ...headers], body));
    return branch;
  }

  drop(): void {
    for (const socket of this.#connections.values()) socket.destroy();
  }

  #serve(socket: Socket): void {
    const port = socket.remotePort ?? 0;
    const framer = new SipFramer();
    this.#connections.set(port, socket);
    socket.on('close', () => {
      this.#connections.delete(port);
      this.#waiting.delete(socket);
    });
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const message of framer.push(chunk)) void this.#take(message, socket);
    });
  }

  async #take(message: SipMessage, socket: Socket): Promise<void> {
    const method = methodOf(message);
    const [first = '', second = ''] = message.startLine.split(' ');
    const cseq = headerOf(message, 'cseq').split(' ')[1] ?? '';
    const text = method === undefined ? `${second} ${cseq}` : `${first} ${second}`;
    const { reply, delayMs } = this.#options.steering.receive('sip', text);
    if (delayMs > 0 && method !== 'INVITE') await delay(delayMs);
    if (method === undefined) return this.#transaction(message, cseq);
    this.#options.request({
      message,
      method,
      callId: headerOf(message, 'call-id'),
      steered: reply,
      delayMs,
      respond: (statusLine, headers = [], body = '') => this.#respond(message, socket, statusLine, headers, body),
    });
  }

  #transaction(response: SipMessage, method: string): void {
    const branch = /branch=([^;\s]+)/.exec(headerOf(response, 'via'))?.[1] ?? '';
    const key = `${branch} ${method}`;
    this.#transactions.get(key)?.(response);
    if ((statusOf(response) ?? 0) >= 200 && method !== 'INVITE') this.#transactions.delete(key);
  }

  #respond(request: SipMessage, socket: Socket, status: string, headers: readonly SipHeader[], body: string): void {
    if (!socket.writable) return;
    const to = headerOf(request, 'to');
    const tagged = tagIn(to) !== undefined || status.startsWith('100') ? to : `${to};tag=${newTag()}`;
    const vias = headersOf(request, 'via').map((via): SipHeader => {
      return ['Via', via.replace(/;rport(?=;|$)/, `;rport=${socket.remotePort}`)];
    });
    const given = headers.find(([name]) => name === 'To');
    const own: readonly SipHeader[] = [
      ...vias,
      ['From', headerOf(request, 'from')],
      given ?? ['To', tagged],
      ['Call-ID', headerOf(request, 'call-id')],
      ['CSeq', headerOf(request, 'cseq')],
      ...headers.filter((header) => header !== given),
    ];
    this.#write(socket, formatSip(`SIP/2.0 ${status}`, own, body));
  }

  #write(socket: Socket, message: string): void {
    const whole = (this.#waiting.get(socket) ?? '') + message;
    this.#waiting.delete(socket);
    if (this.#options.steering.waitsForNext(message)) this.#waiting.set(socket, whole);
    else socket.write(whole);
  }
}

export const newTag = (): string => crypto.randomUUID().replaceAll('-', '').slice(0, 13);
const newBranch = (): string => `z9hG4bK${newTag()}`;
