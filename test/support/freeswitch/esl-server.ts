import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { EslSubscription } from './esl-subscription.ts';
import { type EngineEvent, jsonText, plainText } from './events.ts';
import type { Steering } from './steering.ts';

export interface EslOptions {
  readonly password: string;
  readonly steering: Steering;
  /** Runs an api command; what it answers is the body of the response. */
  readonly run: (command: string) => Promise<string>;
  /** Tells of the end of a `bgapi`. */
  readonly finished: (job: { readonly id: string; readonly command: string; readonly result: string }) => void;
}

const farewell = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n';

/** The event socket in inbound mode: a client connects, says the password, sends commands and hears events. */
export class EslServer {
  readonly #options: EslOptions;
  readonly #connections = new Set<EslConnection>();
  readonly #server: Server;

  constructor(options: EslOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => {
      const connection = new EslConnection(socket, this.#options);
      this.#connections.add(connection);
      socket.on('close', () => this.#connections.delete(connection));
    });
  }

  get server(): Server {
    return this.#server;
  }

  tell(event: EngineEvent): void {
    for (const connection of this.#connections) connection.tell(event);
  }

  drop(): void {
    for (const connection of this.#connections) connection.drop();
  }
}

/** One client. Its commands are done one after another; an `api` that takes long holds up those behind it. */
class EslConnection {
  readonly #socket: Socket;
  readonly #options: EslOptions;
  readonly #subscription = new EslSubscription();
  #authenticated = false;
  #rest = '';
  #last: Promise<void> = Promise.resolve();

  constructor(socket: Socket, options: EslOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (text: string) => this.#read(text));
    this.#write('Content-Type: auth/request\n\n');
  }

  tell(event: EngineEvent): void {
    if (!this.#authenticated || !this.#subscription.wants(event)) return;
    const json = this.#subscription.format === 'json';
    const text = json ? jsonText(event) : plainText(event);
    const type = json ? 'text/event-json' : 'text/event-plain';
    this.#write(`Content-Length: ${Buffer.byteLength(text)}\nContent-Type: ${type}\n\n${text}`);
  }

  drop(): void {
    this.#socket.destroy();
  }

  #read(text: string): void {
    this.#rest += text.replaceAll('\r', '');
    for (;;) {
      const end = this.#rest.indexOf('\n\n');
      if (end < 0) return;
      const [line = '', ...headers] = this.#rest.slice(0, end).split('\n').filter(Boolean);
      const bodyBytes = Number(headers.find((header) => header.startsWith('Content-Length: '))?.slice(16) ?? 0);
      if (this.#rest.length < end + 2 + bodyBytes) return;
      this.#rest = this.#rest.slice(end + 2 + bodyBytes);
      const jobId = headers.find((header) => header.startsWith('Job-UUID: '))?.slice(10);
      if (line !== '') this.#last = this.#last.then(() => this.#handle(line, jobId));
    }
  }

  async #handle(line: string, jobId: string | undefined): Promise<void> {
    const steered = this.#options.steering.receive('esl', line);
    if (steered.delayMs > 0) await delay(steered.delayMs);
    const [verb = '', rest = ''] = split(line);
    if (verb === 'auth') return this.#auth(rest);
    if (!this.#authenticated) return this.#reply('-ERR command not found');
    if (verb === 'api' && rest !== '') {
      const body = steered.reply ?? (await this.#options.run(rest));
      return this.#write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`);
    }
    if (verb === 'bgapi' && rest !== '') return this.#background(rest, jobId ?? crypto.randomUUID(), steered.reply);
    if (verb === 'exit') {
      this.#reply('+OK bye');
      return this.#sayGoodbye();
    }
    this.#reply(steered.reply ?? this.#subscription.command(verb, rest) ?? '-ERR command not found');
  }

  #auth(password: string): void {
    this.#authenticated = password === this.#options.password;
    this.#reply(this.#authenticated ? '+OK accepted' : '-ERR invalid');
    if (!this.#authenticated) this.#sayGoodbye();
  }

  #background(command: string, id: string, steered: string | undefined): void {
    this.#reply(`+OK Job-UUID: ${id}\nJob-UUID: ${id}`);
    const result = steered === undefined ? this.#options.run(command) : Promise.resolve(steered);
    const [name] = split(command);
    void result.then((text) => this.#options.finished({ id, command: name, result: text }));
  }

  #sayGoodbye(): void {
    this.#write(`Content-Type: text/disconnect-notice\nContent-Length: ${farewell.length}\n\n${farewell}`);
    this.#socket.end();
  }

  #reply(text: string): void {
    this.#write(`Content-Type: command/reply\nReply-Text: ${text}\n\n`);
  }

  #write(text: string): void {
    if (this.#socket.writable) this.#socket.write(text);
  }
}

/** The first word of a line, and the rest of it. */
function split(line: string): readonly [string, string] {
  const [, word = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(line) ?? [];
  return [word, rest.trim()];
}
