import { WebSocket } from 'ws';

/** What the server sent: an answer, an event, or what API Gateway itself says. */
export interface Incoming {
  readonly result?: string;
  readonly tid?: string | number;
  readonly cmd?: string;
  readonly class?: string;
  readonly message?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

const replyMs = 15_000;

/** A bare WebSocket that knows nothing of patchbay but the `tid`: for what the client library would never send. */
export class RawClient {
  readonly closed: Promise<Closed>;
  /** All that came, events too. */
  readonly received: Incoming[] = [];
  readonly #socket: WebSocket;
  readonly #listeners = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    socket.on('error', () => undefined);
    socket.on('message', (text) => {
      this.received.push(JSON.parse(text.toString()));
      for (const look of [...this.#listeners]) look();
    });
  }

  /** @throws Error with the HTTP status when the upgrade is refused */
  static connect(url: string, protocols: string[] = []): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, protocols, { perMessageDeflate: false });
      const client = new RawClient(socket);
      socket.once('open', () => resolve(client));
      socket.once('error', reject);
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** A string or bytes as they are, anything else as JSON. */
  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message));
  }

  /** One message in several frames. */
  sendFrames(parts: readonly string[]): void {
    for (const [at, part] of parts.entries()) this.#socket.send(part, { fin: at === parts.length - 1 });
  }

  /** The first message after `from` messages that fits. */
  next(fits: (message: Incoming) => boolean, from = 0, timeoutMs = replyMs): Promise<Incoming> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#listeners.delete(look);
      };
      const look = () => {
        const found = this.received.slice(from).find(fits);
        if (!found) return;
        end();
        resolve(found);
      };
      const timer = setTimeout(() => {
        end();
        reject(
          new Error(`nothing that fits came in ${timeoutMs} ms, only ${JSON.stringify(this.received.slice(from))}`),
        );
      }, timeoutMs);
      this.#listeners.add(look);
      look();
    });
  }

  /** Sends a message and resolves with the next answer, whatever its `tid`. One at a time. */
  exchange(message: unknown): Promise<Incoming> {
    const from = this.received.length;
    this.send(message);
    return this.next(({ cmd }) => cmd !== 'event', from);
  }

  /** Sends a message and resolves with the answer to its `tid`. */
  request(message: { readonly tid: string | number; readonly [field: string]: unknown }): Promise<Incoming> {
    const from = this.received.length;
    this.send(message);
    return this.next(({ tid, cmd }) => tid === message.tid && cmd !== 'event', from);
  }

  /** Ends the socket without a word, as a lost network does. */
  cut(): void {
    this.#socket.terminate();
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
