import type * as z from 'zod/mini';
import { check } from '../protocol/check.ts';
import { type Command, type CommandInput, type CommandReply, commands } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import { Connection } from './connection.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { SessionListeners } from './session-listeners.ts';
import { type CloseInfo, type TransportFactory, webSocketTransport } from './transport.ts';

export interface ClientOptions {
  /** `wss://…`, or the local stack's `ws://localhost:3000/ws`. */
  readonly url: string;
  /** A JWT; goes into the subprotocol, never into the URL. */
  readonly token?: string;
  /** Default: the platform's WebSocket, up to 32 KB a message. `nodeTransport` takes 128 KB. */
  readonly transport?: TransportFactory;
  /** For a reply and for the connection itself; default 35,000: above the 29 s after which the server gives up. */
  readonly requestTimeoutMs?: number;
}

export type ConnectionState =
  | { readonly status: 'connecting' | 'open' }
  /** Without `code` and `reason` until a first connection was lost or refused. */
  | { readonly status: 'closed'; readonly code?: number; readonly reason?: string };

/** The table again, typed so that a command's name leads to its own reply. */
const rows: { readonly [C in Command]: { readonly reply: z.core.$ZodType<CommandReply<C>> } } = commands;

/**
 * One connection to patchbay: typed requests, and the events that come with it.
 *
 * ```ts
 * const client = new PatchbayClient({ url: 'ws://localhost:3000/ws' });
 * await client.connect();
 * const { sessions } = await client.request('session/get_list', {});
 * ```
 */
export class PatchbayClient {
  readonly #url: string;
  readonly #protocols: string[];
  readonly #makeTransport: TransportFactory;
  readonly #requestTimeoutMs: number;
  readonly #states = new Emitter<ConnectionState>();
  readonly #events = new Emitter<PatchbayEvent>();
  readonly #sessions = new SessionListeners();
  #state: ConnectionState = { status: 'closed' };
  #connection: Connection | undefined;
  #connecting: Promise<void> | undefined;
  #lastTid = 0;

  /** @throws PatchbayError invalid_uri, not_authenticated (a token that is no JWT) */
  constructor({ url, token, transport = webSocketTransport, requestTimeoutMs = 35_000 }: ClientOptions) {
    if (!URL.canParse(url)) throw new PatchbayError('invalid_uri', 'the API needs a URL such as wss://host/path');
    // Checked here, because a WebSocket's own error would print it.
    if (token !== undefined && !/^[\w.-]+$/.test(token)) {
      throw new PatchbayError('not_authenticated', 'the token has characters that a JWT never has');
    }
    this.#url = url;
    this.#protocols = token === undefined ? ['patchbay.v1'] : ['patchbay.v1', `token.${token}`];
    this.#makeTransport = transport;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /**
   * Connects, once: while a connection opens or is open, further calls join it. After a loss it connects anew.
   *
   * @throws PatchbayError registered_down (refused, or `close` was called), timeout
   */
  connect(): Promise<void> {
    this.#connecting ??= this.#open();
    return this.#connecting;
  }

  /**
   * Sends a command and waits for its reply. Requests that are under way together may be executed in any order.
   *
   * @throws PatchbayError what the server answered; timeout; registered_down: there is no connection, or it was
   * lost, and the request may or may not have been executed; message_too_large: nothing was sent; internal_error:
   * the reply can't be read
   */
  async request<C extends Command>(command: C, data: CommandInput<C>): Promise<CommandReply<C>> {
    if (!this.#connection || this.#state.status !== 'open') {
      throw new PatchbayError('registered_down', `there is no connection for ${command}`);
    }
    this.#lastTid += 1;
    const [subclass, cmd] = command.split('/');
    const message = { class: 'media', subclass, cmd, data, tid: `c${this.#lastTid}` };
    const reply = await this.#connection.exchange(message, command, this.#requestTimeoutMs);
    try {
      return check(rows[command].reply, reply, 'reply');
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : 'unknown fault';
      throw new PatchbayError('internal_error', `the reply to ${command} can't be read: ${why}`, { cause });
    }
  }

  /** Every event that reaches this connection, in the order of arrival. */
  onEvent(listener: (event: PatchbayEvent) => void): Unsubscribe {
    return this.#events.on(listener);
  }

  /** The events of one session. Those that came before are not repeated: `startCall` takes care of that. */
  onSessionEvent(sessionId: string, listener: (event: PatchbayEvent) => void): Unsubscribe {
    return this.#sessions.on(sessionId, listener);
  }

  onState(listener: (state: ConnectionState) => void): Unsubscribe {
    return this.#states.on(listener);
  }

  /** Ends the connection; pending requests reject with registered_down. Sessions live on for their `reconnect_timeout`. */
  close(): void {
    this.#connection?.close();
  }

  async #open(): Promise<void> {
    const connection = new Connection(this.#makeTransport(this.#url, this.#protocols), {
      onEvent: (event) => this.#dispatch(event),
      onClose: (info) => this.#closed(connection, info),
    });
    this.#connection = connection;
    this.#setState({ status: 'connecting' });
    try {
      await connection.open(this.#requestTimeoutMs);
    } catch (error) {
      this.#closed(connection, { code: 1006, reason: error instanceof Error ? error.message : '' });
      throw error;
    }
    this.#setState({ status: 'open' });
  }

  #dispatch(event: PatchbayEvent): void {
    this.#events.emit(event);
    if (event.subclass === 'session') this.#sessions.emit(event);
  }

  #closed(connection: Connection, { code, reason }: CloseInfo): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#connecting = undefined;
    this.#setState({ status: 'closed', code, reason });
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#states.emit(state);
  }
}
