import { randomUUID } from 'node:crypto';
import esl, { type Connection, type EslEvent } from 'modesl';
import { workMs } from '../../domain/patience.ts';
import { withTimeout } from '../../domain/with-timeout.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { EslCommand } from './requests.ts';
import type { FreeSwitchAddress } from './url.ts';

/** How long FreeSWITCH may take for a command, whose effect may have to be waited for too. It answers in milliseconds, or not at all. */
export const commandTimeoutMs = workMs / 2;
/** After so long without a word the other side is asked whether it is there. */
const keepAliveMs = 10_000;

/** An event's headers, as FreeSWITCH names them. */
export type Headers = Readonly<Record<string, string>>;

/** What we want to hear of; channel events are 5 to 15 KB each, so nothing that is not needed. */
const events = 'CHANNEL_PARK CHANNEL_EXECUTE CHANNEL_BRIDGE CHANNEL_HANGUP RECORD_STOP CUSTOM conference::maintenance';
/** Filters let through what matches any of them: of all executions only those of `echo`. */
const filters = [
  ...['CHANNEL_PARK', 'CHANNEL_BRIDGE', 'CHANNEL_HANGUP', 'RECORD_STOP', 'BACKGROUND_JOB'].map(
    (name) => `Event-Name ${name}`,
  ),
  'Event-Subclass conference::maintenance',
  'Application echo',
];

export interface EslListener {
  event(headers: Headers): void;
  lost(): void;
}

/**
 * One connection to FreeSWITCH's event socket: subscribed from the beginning, and of no use once it is lost.
 * https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_event_socket_1048924/
 */
export class Esl {
  readonly #connection: Connection;
  readonly #listener: EslListener;
  readonly #pending = new Set<(error: Error) => void>();
  #isOver = false;

  private constructor(connection: Connection, listener: EslListener) {
    this.#connection = connection;
    this.#listener = listener;
  }

  /** @throws PatchbayError fs_error when FreeSWITCH is not there, or does not let us in */
  static async open({ host, eslPort, password }: FreeSwitchAddress, listener: EslListener): Promise<Esl> {
    const ready = Promise.withResolvers<void>();
    const connection = new esl.Connection(host, eslPort, password, () => ready.resolve());
    const link = new Esl(connection, listener);
    connection.on('esl::event::auth::fail', () => ready.reject(new Error('the password is wrong')));
    connection.on('error', (error: Error) => ready.reject(error));
    const over = () => {
      ready.reject(new Error('the connection was closed'));
      link.#end();
    };
    connection.on('esl::end', over);
    connection.on('esl::event::disconnect::notice', over);
    connection.socket?.setNoDelay(true).setKeepAlive(true, keepAliveMs).once('close', over);
    connection.on('esl::event::**', (event: EslEvent) => {
      const headers = headersOf(event);
      if (headers['Event-Name'] !== undefined && headers['Event-Name'] !== 'BACKGROUND_JOB') listener.event(headers);
    });
    try {
      await withTimeout(ready.promise, commandTimeoutMs, () => new Error('it does not answer'));
      await link.#ask((done) => connection.events('json', events, done));
      for (const filter of filters) await link.#ask((done) => connection.sendRecv(`filter ${filter}`, done));
    } catch (cause) {
      link.close();
      throw new PatchbayError('fs_error', 'FreeSWITCH cannot be reached', { cause });
    }
    return link;
  }

  /**
   * FreeSWITCH's answer, `-ERR …` among them. Answers come in the order of the commands: where one is missing, the
   * connection is of no use any more.
   *
   * @throws PatchbayError fs_error when none comes
   */
  async api(command: EslCommand): Promise<string> {
    try {
      return (await this.#ask((done) => this.#connection.api(command, done))).getBody();
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** The same for what takes long: other commands do not wait for it. @param timeoutMs how long it may take */
  async job(command: EslCommand, timeoutMs: number): Promise<string> {
    const [name = '', ...args] = command.split(' ');
    const done = await this.#ask(
      (onDone) => this.#connection.bgapi(name, args.join(' '), randomUUID(), onDone),
      timeoutMs,
    );
    return done.getBody();
  }

  close(): void {
    this.#isOver = true;
    this.#fail();
    this.#connection.removeAllListeners();
    // modesl throws what happens to the socket later, where nobody listens.
    this.#connection.on('error', () => {});
    this.#connection.socket?.destroy();
  }

  async #ask(send: (done: (event: EslEvent) => void) => void, timeoutMs = commandTimeoutMs): Promise<EslEvent> {
    const { promise, resolve, reject } = Promise.withResolvers<EslEvent>();
    if (this.#isOver) throw new PatchbayError('fs_error', 'the connection to FreeSWITCH is lost');
    this.#pending.add(reject);
    try {
      send(resolve);
      return await withTimeout(promise, timeoutMs, () => new PatchbayError('fs_error', 'FreeSWITCH did not answer'));
    } finally {
      this.#pending.delete(reject);
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.close();
    this.#listener.lost();
  }

  #fail(): void {
    for (const reject of this.#pending) reject(new PatchbayError('fs_error', 'the connection to FreeSWITCH was lost'));
    this.#pending.clear();
  }
}

const headersOf = ({ headers }: EslEvent): Headers =>
  Object.fromEntries(headers.map(({ name, value }) => [name, String(value)]));
