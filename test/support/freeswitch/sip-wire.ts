import type { Socket } from 'node:net';
import {
  formatSip,
  headerOf,
  headersOf,
  methodOf,
  SipFramer,
  type SipHeader,
  type SipMessage,
  statusOf,
} from './sip-message.ts';
import { Inbox, openSocket } from './wire.ts';

export interface Call {
  readonly callId: string;
  readonly from: string;
  readonly invite: SipMessage;
  readonly destination: string;
}

let branches = 0;

/** SIP over one TCP connection by hand: what a user agent without any state would say. */
export class SipWire {
  readonly inbox = new Inbox<SipMessage>();
  readonly localPort: number;
  readonly remotePort: number;
  readonly ended: Promise<void>;
  readonly #socket: Socket;

  private constructor(socket: Socket, remotePort: number) {
    this.#socket = socket;
    this.localPort = socket.localPort ?? 0;
    this.remotePort = remotePort;
    const framer = new SipFramer();
    socket.on('data', (chunk) => {
      for (const message of framer.push(chunk)) this.inbox.add(message);
    });
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static async open(port: number): Promise<SipWire> {
    return new SipWire(await openSocket(port), port);
  }

  get contact(): string {
    return `<sip:pb-node@127.0.0.1:${this.localPort};transport=tcp>`;
  }

  send(startLine: string, headers: readonly SipHeader[], body = ''): void {
    this.#socket.write(formatSip(startLine, headers, body));
  }

  /** Sends a request of its own dialog or none; the response is for the caller to take. */
  request(method: string, uri: string, headers: readonly SipHeader[], body = ''): void {
    branches += 1;
    const via = `SIP/2.0/TCP 127.0.0.1:${this.localPort};branch=z9hG4bKwire${branches};rport`;
    this.send(`${method} ${uri} SIP/2.0`, [['Via', via], ['Max-Forwards', '70'], ...headers], body);
  }

  /** INVITE to a destination of the dialplan; returns the call and what came of it (a final response). */
  async invite(
    destination: string,
    sdp: string,
    { callId = crypto.randomUUID() as string, extra = [] as readonly SipHeader[] } = {},
  ): Promise<{ readonly call: Call; readonly final: SipMessage }> {
    const from = `<sip:node1@127.0.0.1>;tag=${callId.slice(0, 8)}`;
    const uri = `sip:${destination}@127.0.0.1:${this.remotePort};transport=tcp`;
    this.request(
      'INVITE',
      uri,
      [
        ['From', from],
        ['To', `<${uri}>`],
        ['Call-ID', callId],
        ['CSeq', '1 INVITE'],
        ['Contact', this.contact],
        ['Content-Type', 'application/sdp'],
        ...extra,
      ],
      sdp,
    );
    const final = await this.inbox.take(
      `final response to ${destination}`,
      (message) => headerOf(message, 'call-id') === callId && (statusOf(message) ?? 0) >= 200,
    );
    return { call: { callId, from, invite: final, destination }, final };
  }

  /** ACK for a 200. */
  ack({ callId, from, invite }: Call): void {
    this.request('ACK', /<([^>]*)>/.exec(headerOf(invite, 'contact'))?.[1] ?? '', [
      ['From', from],
      ['To', headerOf(invite, 'to')],
      ['Call-ID', callId],
      ['CSeq', '1 ACK'],
    ]);
  }

  bye({ callId, from, invite }: Call): void {
    this.request('BYE', /<([^>]*)>/.exec(headerOf(invite, 'contact'))?.[1] ?? '', [
      ['From', from],
      ['To', headerOf(invite, 'to')],
      ['Call-ID', callId],
      ['CSeq', '2 BYE'],
    ]);
  }

  /** Answers a request as a user agent with this tag does. */
  respond(request: SipMessage, statusLine: string, extra: readonly SipHeader[] = [], body = ''): void {
    const to = headerOf(request, 'to');
    this.send(
      `SIP/2.0 ${statusLine}`,
      [
        ...headersOf(request, 'via').map((via): SipHeader => ['Via', via]),
        ['From', headerOf(request, 'from')],
        ['To', to.includes(';tag=') || statusLine.startsWith('100') ? to : `${to};tag=wire`],
        ['Call-ID', headerOf(request, 'call-id')],
        ['CSeq', headerOf(request, 'cseq')],
        ...extra,
      ],
      body,
    );
  }

  /** The next request of this method, of this call if one is named. */
  incoming(method: string, callId?: string, timeoutMs?: number): Promise<SipMessage> {
    return this.inbox.take(
      method,
      (message) => methodOf(message) === method && (callId === undefined || headerOf(message, 'call-id') === callId),
      timeoutMs,
    );
  }

  /** The next response with this status to this method, of this call if one is named. */
  response(status: number, method: string, callId?: string): Promise<SipMessage> {
    return this.inbox.take(
      `${status} to ${method}`,
      (message) =>
        statusOf(message) === status &&
        headerOf(message, 'cseq').endsWith(method) &&
        (callId === undefined || headerOf(message, 'call-id') === callId),
    );
  }

  close(): void {
    this.#socket.destroy();
  }
}
