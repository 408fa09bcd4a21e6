import type { Socket } from 'node:net';
import { Inbox, openSocket } from './wire.ts';

/** A message of the event socket: a head, and a body if the head gives its length. */
export interface EslFrame {
  readonly head: ReadonlyMap<string, string>;
  readonly headText: string;
  readonly body: string;
}

/** An event out of the body of a `text/event-plain`: its headers decoded, and a body of its own if it has one. */
export interface EslEvent {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The event socket by hand: no library between a test and the bytes. */
export class EslWire {
  readonly inbox = new Inbox<EslFrame>();
  readonly events = new Inbox<EslEvent>();
  readonly #socket: Socket;
  readonly ended: Promise<void>;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** Connected, not yet let in. */
  static async open(port: number): Promise<EslWire> {
    return new EslWire(await openSocket(port));
  }

  static async login(port: number, password: string): Promise<EslWire> {
    const wire = await EslWire.open(port);
    await wire.inbox.take('auth/request', (frame) => frame.head.get('Content-Type') === 'auth/request');
    await wire.reply(`auth ${password}`);
    return wire;
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  /** Sends a command, returns the text of its `command/reply`. */
  async reply(command: string): Promise<string> {
    this.write(`${command}\n\n`);
    const frame = await this.inbox.take(command, ({ head }) => head.get('Content-Type') === 'command/reply');
    return frame.head.get('Reply-Text') ?? '';
  }

  /** Sends an api command, returns the body of its `api/response`. */
  async api(command: string): Promise<string> {
    this.write(`api ${command}\n\n`);
    return (await this.inbox.take(command, ({ head }) => head.get('Content-Type') === 'api/response')).body;
  }

  /** The next event of this name (`CUSTOM` ones by subclass) whose headers are these. */
  event(name: string, headers: Readonly<Record<string, string>> = {}, timeoutMs?: number): Promise<EslEvent> {
    const fits = (event: EslEvent) =>
      [event.headers.get('Event-Name'), event.headers.get('Event-Subclass')].includes(name) &&
      Object.entries(headers).every(([key, value]) => event.headers.get(key) === value);
    return this.events.take(`${name} ${JSON.stringify(headers)}`, fits, timeoutMs);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const headBytes = this.#rest.indexOf('\n\n');
      if (headBytes < 0) return;
      const headText = this.#rest.toString('utf8', 0, headBytes);
      const head = headers(headText, (value) => value);
      const to = headBytes + 2 + Number(head.get('Content-Length') ?? 0);
      if (this.#rest.length < to) return;
      const body = this.#rest.toString('utf8', headBytes + 2, to);
      this.#rest = this.#rest.subarray(to);
      this.inbox.add({ head, headText, body });
      if (head.get('Content-Type') === 'text/event-plain') this.events.add(plainEvent(body));
    }
  }
}

function plainEvent(text: string): EslEvent {
  const at = text.indexOf('\n\n');
  return { headers: headers(text.slice(0, at), decodeURIComponent), body: text.slice(at + 2) };
}

function headers(text: string, decode: (value: string) => string): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => line.includes(': '));
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), decode(line.slice(colon + 2))];
    }),
  );
}
