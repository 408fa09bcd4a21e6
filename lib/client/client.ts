import type { Command, CommandInput, CommandReply } from '../protocol/commands.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import { attachAll, attachEach, type Lost, resubscribe } from './attach.ts';
import { type ClientOptions, checkUrl, defaults, subprotocols } from './client-options.ts';
import type { Connection } from './connection.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { type EventGap, EventOrder } from './event-order.ts';
import { type ConnectionState, Link } from './link.ts';
import { OwnedSessions } from './owned-sessions.ts';
import { type ReplyHooks, replyHooks } from './reply-hooks.ts';
import { Requests } from './requests.ts';
import { moveOver, type RolloverParts } from './rollover.ts';
import { SessionListeners } from './session-listeners.ts';
import { type EventFilter, Subscriptions } from './subscriptions.ts';
import { webSocketTransport } from './transport.ts';

/** A session that another connection could not take over: it is gone, or somebody else's. */
export interface SessionLost {
  readonly sessionId: string;
  readonly error: PatchbayError;
}

/**
 * One client of patchbay: typed requests, and the events that come with it.
 *
 * ```ts
 * const client = new PatchbayClient({ url: 'ws://localhost:3000/ws' });
 * await client.connect();
 * const { sessions } = await client.request('session/get_list', {});
 * ```
 *
 * It outlives its connections. One that is lost is replaced, and the sessions that were made here are attached again,
 * with the events that were missed; before API Gateway's 2 h limit another connection takes over without a gap. So
 * each event comes once, and those of one session in order.
 */
export class PatchbayClient {
  readonly #link: Link;
  readonly #requests: Requests;
  readonly #events = new Emitter<PatchbayEvent>();
  readonly #gaps = new Emitter<EventGap>();
  readonly #losses = new Emitter<SessionLost>();
  readonly #listeners = new SessionListeners();
  readonly #sessions = new OwnedSessions();
  readonly #subscriptions = new Subscriptions();
  readonly #order: EventOrder;
  readonly #parts: RolloverParts;
  readonly #hooks: ReplyHooks;
  #endMerge: () => void = () => undefined;

  /** @throws PatchbayError invalid_uri, not_authenticated (a token that is no JWT) */
  constructor(options: ClientOptions) {
    const { url, token, transport = webSocketTransport, reconnect = true } = options;
    checkUrl(url);
    if (typeof token === 'string') subprotocols(token);
    const requestTimeoutMs = options.requestTimeoutMs ?? defaults.requestTimeoutMs;
    this.#requests = new Requests(requestTimeoutMs);
    const sink = {
      deliver: (event: PatchbayEvent) => this.#deliver(event),
      gap: (gap: EventGap) => this.#gaps.emit(gap),
    };
    this.#order = new EventOrder(sink, options.gapTimeoutMs ?? defaults.gapTimeoutMs);
    this.#parts = {
      requests: this.#requests,
      sessions: this.#sessions,
      order: this.#order,
      subscriptions: this.#subscriptions,
      ownsAll: options.ownsAll ?? false,
    };
    this.#hooks = replyHooks(this.#parts, (sessionId) => this.release(sessionId));
    this.#link = new Link({
      transport: async () => transport(url, subprotocols(typeof token === 'function' ? await token() : token)),
      openTimeoutMs: requestTimeoutMs,
      reconnect: reconnect ? { ...defaults.reconnect, ...(reconnect === true ? {} : reconnect) } : undefined,
      maxConnectionMs: options.maxConnectionMs ?? defaults.maxConnectionMs,
      random: Math.random,
      onEvent: (event) => this.#order.receive(event),
      restore: (connection) => this.#restore(connection),
      moveOver: async (from, to) => this.#lose(await moveOver(this.#parts, from, to)),
    });
    this.#link.onState(({ status }) => {
      if (status === 'reconnecting') this.#startMerge();
      else if (status === 'closed') this.#order.stop();
    });
  }

  get state(): ConnectionState {
    return this.#link.state;
  }

  /**
   * Connects, once: while a connection opens or is open, further calls join it. While the client waits to reconnect,
   * it tries at once.
   *
   * @throws PatchbayError registered_down (refused, or `close` was called), timeout
   */
  connect(): Promise<void> {
    return this.#link.connect();
  }

  /**
   * Sends a command and waits for its reply. Requests that are under way together may be executed in any order.
   *
   * @throws PatchbayError what the server answered; timeout; registered_down: there is no connection, or it was
   * lost, and the request may or may not have been executed; message_too_large: nothing was sent; internal_error:
   * the reply can't be read
   */
  async request<C extends Command>(command: C, data: CommandInput<C>): Promise<CommandReply<C>> {
    const connection = this.#link.connection;
    if (!connection) throw new PatchbayError('registered_down', `there is no connection for ${command}`);
    const hook: ReplyHooks[C] = this.#hooks[command];
    const note = hook?.(data);
    const reply = await this.#requests.send(connection, command, data);
    note?.(reply, connection);
    return reply;
  }

  /** Asks for events beyond those of the own sessions, on this connection and those that follow it. @throws as `request` */
  async subscribe(filter: EventFilter): Promise<void> {
    await this.request('event/subscribe', filter);
  }

  /** @throws PatchbayError as `request` */
  async unsubscribe(filter: EventFilter): Promise<void> {
    await this.request('event/unsubscribe', filter);
  }

  /** Every event, once; those of one object in order. */
  onEvent(listener: (event: PatchbayEvent) => void): Unsubscribe {
    return this.#events.on(listener);
  }

  /** The events of one session. Those that came before are not repeated: `startCall` takes care of that. */
  onSessionEvent(sessionId: string, listener: (event: PatchbayEvent) => void): Unsubscribe {
    return this.#listeners.on(sessionId, listener);
  }

  /** Events of an own session that did not come, and won't: the server keeps the last 64 for who was away. */
  onGap(listener: (gap: EventGap) => void): Unsubscribe {
    return this.#gaps.on(listener);
  }

  /** A session did not survive the loss of a connection. No `destroyed` event comes of it. */
  onSessionLost(listener: (lost: SessionLost) => void): Unsubscribe {
    return this.#losses.on(listener);
  }

  onState(listener: (state: ConnectionState) => void): Unsubscribe {
    return this.#link.onState(listener);
  }

  /** What lets another connection of the tenant take a session over: as secret as a password, new at each attach. */
  resumeToken(sessionId: string): string | undefined {
    return this.#sessions.get(sessionId)?.resumeToken;
  }

  /** Leaves a session to itself: it is not taken along to the next connection. */
  release(sessionId: string): void {
    this.#sessions.delete(sessionId);
    this.#order.unfollow(sessionId);
  }

  /**
   * Replaces the connection by a new one, as it happens by itself every `maxConnectionMs`. Requests go on meanwhile.
   *
   * @throws PatchbayError registered_down, timeout: the new one did not open, or was lost
   */
  rollOver(): Promise<void> {
    return this.#link.rollOver();
  }

  /** Ends the connection; pending requests reject with registered_down. Sessions live on for their `reconnect_timeout`. */
  close(): void {
    this.#link.close();
  }

  async #restore(connection: Connection): Promise<void> {
    this.#startMerge();
    await resubscribe(this.#parts, connection);
    const { lost } = await attachEach(this.#parts, connection, this.#sessions.all(), true);
    if (this.#parts.ownsAll) await attachAll(this.#parts, connection);
    this.#lose(lost);
    this.#endMerge();
  }

  #startMerge(): void {
    this.#endMerge();
    this.#endMerge = this.#order.merge();
  }

  #lose(lost: readonly Lost[]): void {
    for (const { session, error } of lost) {
      this.release(session.sessionId);
      this.#losses.emit({ sessionId: session.sessionId, error });
    }
  }

  #deliver(event: PatchbayEvent): void {
    if (event.subclass === 'session' && event.type === 'destroyed') this.release(event.obj_id);
    this.#events.emit(event);
    if (event.subclass === 'session') this.#listeners.emit(event);
  }
}
