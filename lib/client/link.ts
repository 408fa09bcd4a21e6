import { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import { Connection } from './connection.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import type { CloseInfo, Transport } from './transport.ts';
import { WakeableSleep } from './wakeable-sleep.ts';

export type ConnectionState =
  | { readonly status: 'connecting' | 'open' }
  /** The connection was lost; `attempt` counts from 1. */
  | { readonly status: 'reconnecting'; readonly attempt: number; readonly code: number; readonly reason: string }
  /** Without `code` and `reason` until a first connection was lost, refused or closed. */
  | { readonly status: 'closed'; readonly code?: number; readonly reason?: string };

export interface LinkOptions {
  /** A new socket, not opened yet. */
  readonly transport: () => Promise<Transport>;
  readonly openTimeoutMs: number;
  /** Undefined: a connection that is lost is not replaced. */
  readonly reconnect: (Backoff & { readonly giveUpAfterMs: number }) | undefined;
  readonly maxConnectionMs: number;
  readonly random: () => number;
  onEvent(event: PatchbayEvent): void;
  /** Before a new connection counts as open. Rejects only when that connection is lost. */
  restore(connection: Connection): Promise<void>;
  /** A second connection takes the first one's place; both are open until this resolves. */
  moveOver(from: Connection, to: Connection): Promise<void>;
}

/** After a rollover that could not open its second connection. */
const rolloverRetryMs = 60_000;

/**
 * Keeps one connection open.
 *
 * ```
 *  closed ── connect ──▶ connecting ──▶ open ── lost ──▶ reconnecting ──▶ open
 *    ▲                       │           │                    │
 *    └─── refused, close ────┴── close ──┴── close, given up ─┘
 * ```
 * A rollover happens within `open`: beside the first connection a second one is opened, and takes its place.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #states = new Emitter<ConnectionState>();
  /** All that are open or opening: at most two. */
  readonly #connections = new Set<Connection>();
  readonly #pause = new WakeableSleep();
  #state: ConnectionState = { status: 'closed' };
  #current: Connection | undefined;
  #connecting: Promise<void> | undefined;
  #rolling: Promise<void> | undefined;
  #rolloverTimer: ReturnType<typeof setTimeout> | undefined;
  /** Counts up at each `close`: whoever was under way then finds out that it is over. */
  #life = 0;
  #attempts = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Where requests go: undefined while there is none, which may be before the state says so. */
  get connection(): Connection | undefined {
    return this.#current;
  }

  onState(listener: (state: ConnectionState) => void): Unsubscribe {
    return this.#states.on(listener);
  }

  /** @throws PatchbayError registered_down, timeout */
  connect(): Promise<void> {
    if (this.#state.status === 'reconnecting') {
      this.#pause.wake();
      return this.#opened();
    }
    this.#connecting ??= this.#firstConnect();
    return this.#connecting;
  }

  close(): void {
    this.#life += 1;
    this.#connecting = undefined;
    this.#current = undefined;
    clearTimeout(this.#rolloverTimer);
    for (const connection of [...this.#connections]) connection.close();
    this.#connections.clear();
    this.#pause.wake();
    if (this.#state.status !== 'closed') {
      this.#setState({ status: 'closed', code: 1000, reason: 'closed by the client' });
    }
  }

  /** @throws PatchbayError registered_down, timeout */
  rollOver(): Promise<void> {
    this.#rolling ??= this.#rollOver().finally(() => {
      this.#rolling = undefined;
    });
    return this.#rolling;
  }

  async #firstConnect(): Promise<void> {
    const life = this.#life;
    this.#setState({ status: 'connecting' });
    try {
      if (!(await this.#takeOn(await this.#dial(life)))) throw gone();
    } catch (error) {
      if (this.#life === life && this.#state.status === 'connecting') {
        this.#connecting = undefined;
        this.#setState({ status: 'closed', code: 1006, reason: messageOf(error) });
      }
      throw error;
    }
    this.#isOpen();
  }

  /** Restores what hung on the connection before; false when it was lost meanwhile. */
  async #takeOn(connection: Connection): Promise<boolean> {
    this.#current = connection;
    await this.#options.restore(connection).catch(() => undefined);
    return this.#current === connection;
  }

  /** @throws PatchbayError registered_down, timeout */
  async #dial(life: number): Promise<Connection> {
    const { transport, openTimeoutMs, onEvent } = this.#options;
    const socket = await transport();
    if (life !== this.#life) throw gone();
    const connection = new Connection(socket, { onEvent, onClose: (info) => this.#closed(connection, info) });
    this.#connections.add(connection);
    try {
      await connection.open(openTimeoutMs);
    } catch (error) {
      this.#connections.delete(connection);
      throw error;
    }
    return connection;
  }

  #closed(connection: Connection, info: CloseInfo): void {
    this.#connections.delete(connection);
    if (connection !== this.#current) return;
    this.#current = undefined;
    clearTimeout(this.#rolloverTimer);
    // With the newer connection lost, a rollover is void.
    for (const other of [...this.#connections]) other.close();
    if (this.#options.reconnect && this.#state.status !== 'connecting') {
      void this.#reconnect(this.#options.reconnect, info);
      return;
    }
    this.#connecting = undefined;
    this.#setState({ status: 'closed', ...info });
  }

  async #reconnect(how: Backoff & { readonly giveUpAfterMs: number }, { code, reason }: CloseInfo): Promise<void> {
    const life = this.#life;
    const lostAtMs = performance.now();
    while (performance.now() - lostAtMs < how.giveUpAfterMs) {
      this.#attempts += 1;
      this.#setState({ status: 'reconnecting', attempt: this.#attempts, code, reason });
      await this.#pause.sleep(backoffMs(this.#attempts - 1, how, this.#options.random));
      if (life !== this.#life) return;
      const connection = await this.#dial(life).catch(() => undefined);
      if (life !== this.#life) return;
      if (!connection) continue;
      // If it is lost again meanwhile, that loss begins attempts of its own.
      if (await this.#takeOn(connection)) this.#isOpen();
      return;
    }
    this.#connecting = undefined;
    this.#setState({ status: 'closed', code, reason });
  }

  async #rollOver(): Promise<void> {
    const life = this.#life;
    const from = this.#current;
    if (!from || this.#state.status !== 'open') throw gone();
    clearTimeout(this.#rolloverTimer);
    let to: Connection;
    try {
      to = await this.#dial(life);
    } catch (error) {
      if (this.#current === from) this.#scheduleRollover(rolloverRetryMs);
      throw error;
    }
    if (this.#current !== from) {
      to.close();
      throw gone();
    }
    this.#current = to;
    this.#scheduleRollover(this.#options.maxConnectionMs);
    try {
      await this.#options.moveOver(from, to);
    } finally {
      from.close();
    }
  }

  #isOpen(): void {
    this.#attempts = 0;
    this.#setState({ status: 'open' });
    this.#scheduleRollover(this.#options.maxConnectionMs);
  }

  /** Earlier by up to a tenth, so that those who connected together don't roll over together. */
  #scheduleRollover(ms: number): void {
    clearTimeout(this.#rolloverTimer);
    this.#rolloverTimer = setTimeout(
      () => {
        this.rollOver().catch(() => undefined);
      },
      ms * (1 - this.#options.random() / 10),
    );
  }

  /** The next `open`, or the end. */
  #opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      const unsubscribe = this.onState(({ status }) => {
        if (status !== 'open' && status !== 'closed') return;
        unsubscribe();
        if (status === 'open') resolve();
        else reject(gone());
      });
    });
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#states.emit(state);
  }
}

const gone = () => new PatchbayError('registered_down', 'the connection is gone');
const messageOf = (error: unknown) => (error instanceof Error ? error.message : '');
