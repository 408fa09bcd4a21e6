import { connect, type Socket } from 'node:net';
import { type Emitter, EmitterImpl, type Transport, TransportState } from 'sip.js';

export interface SipTransportOptions {
  readonly host: string;
  readonly port: number;
  /** Called with the local port of each connection, before anything is sent on it. */
  readonly onUp: (localPort: number) => void;
}

/** After so long without a word the other side is asked whether it is there. */
const keepAliveMs = 10_000;
/** A message is never longer; whoever sends more is not FreeSWITCH. */
const maxMessageBytes = 512 * 1024;

/** SIP over TCP for sip.js, which brings WebSockets only. Messages are framed by their Content-Length: RFC 3261 section 18.3. */
export class SipTransport implements Transport {
  readonly protocol = 'TCP';
  onConnect: (() => void) | undefined;
  onDisconnect: ((error?: Error) => void) | undefined;
  onMessage: ((message: string) => void) | undefined;
  readonly #options: SipTransportOptions;
  readonly #changes = new EmitterImpl<TransportState>();
  #state = TransportState.Disconnected;
  #socket: Socket | undefined;
  #received = Buffer.alloc(0);
  /** Whole messages that are not handed on yet. */
  #messages: string[] = [];

  constructor(_logger: unknown, options: SipTransportOptions) {
    this.#options = options;
  }

  get state(): TransportState {
    return this.#state;
  }
  get stateChange(): Emitter<TransportState> {
    return this.#changes;
  }

  isConnected(): boolean {
    return this.#state === TransportState.Connected;
  }

  connect(): Promise<void> {
    if (this.isConnected()) return Promise.resolve();
    this.#setState(TransportState.Connecting);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(this.#options.port, this.#options.host).setNoDelay(true).setKeepAlive(true, keepAliveMs);
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    socket.once('connect', () => {
      this.#options.onUp(socket.localPort ?? 0);
      this.#setState(TransportState.Connected);
      this.onConnect?.();
      resolve();
    });
    socket.on('data', (chunk) => this.#read(socket, chunk));
    socket.on('error', (error) => reject(error));
    socket.once('close', () => {
      reject(new Error('the SIP connection was closed'));
      if (this.#socket === socket) this.#lost();
    });
    return promise;
  }

  async send(message: string): Promise<void> {
    const socket = this.#socket;
    if (!socket || !this.isConnected()) throw new Error('no SIP connection');
    await new Promise<void>((resolve, reject) => socket.write(message, (error) => (error ? reject(error) : resolve())));
  }

  async disconnect(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#messages = [];
    socket?.destroy();
    if (this.#state === TransportState.Disconnected) return;
    this.#setState(TransportState.Disconnected);
    this.onDisconnect?.();
  }

  async dispose(): Promise<void> {
    await this.disconnect();
  }

  #lost(): void {
    const wasConnected = this.isConnected();
    this.#socket = undefined;
    this.#messages = [];
    this.#setState(TransportState.Disconnected);
    if (wasConnected) this.onDisconnect?.(new Error('the SIP connection was lost'));
  }

  #setState(state: TransportState): void {
    this.#state = state;
    this.#changes.emit(state);
  }

  #read(socket: Socket, chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    const isIdle = this.#messages.length === 0;
    for (let message = this.#next(); message !== undefined; message = this.#next()) this.#messages.push(message);
    if (this.#received.length > maxMessageBytes) socket.destroy();
    if (isIdle) this.#hand();
  }

  /**
   * Hands one message on in each turn of the event loop. What sip.js has to do for an answer takes some promises; of a BYE
   * that came right behind it, in the same chunk, it would drop one half and believe the other.
   */
  #hand(): void {
    const message = this.#messages.shift();
    if (message === undefined) return;
    this.onMessage?.(message);
    if (this.#messages.length > 0) setImmediate(() => this.#hand());
  }

  /** Takes the next whole message off what was received. */
  #next(): string | undefined {
    let from = 0;
    // Empty lines between messages keep the connection alive: RFC 5626 section 4.4.1.
    while (this.#received[from] === 0x0d || this.#received[from] === 0x0a) from += 1;
    this.#received = this.#received.subarray(from);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = this.#received.toString('utf8', 0, end);
    const length = end + 4 + Number(/^(?:content-length|l)\s*:\s*(\d+)\s*$/im.exec(head)?.[1] ?? 0);
    if (this.#received.length < length) return undefined;
    const message = this.#received.toString('utf8', 0, length);
    this.#received = this.#received.subarray(length);
    return message;
  }
}
