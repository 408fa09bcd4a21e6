import janode, { type JanodeConnection, type JanodeSession } from 'janode';
import { backoffMs } from '../../domain/backoff.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../domain/log.ts';
import { withoutCandidates } from '../../domain/sdp.ts';
import { withTimeout } from '../../domain/with-timeout.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import { claimHandle, claimSession } from './claim.ts';
import { toPatchbayError } from './errors.ts';
import { type JanusHandle, requestTimeoutMs } from './handle.ts';

export interface JanusOptions {
  /** `ws://127.0.0.1:8188` */
  readonly url: string;
  /** Whether Janus is given the clients' ICE candidates; it finds clients that can reach it without them. */
  readonly clientCandidates: 'pass' | 'none';
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1, for the backoff's jitter. */
  readonly random: () => number;
  /** Called when `state` or `version` changed. */
  readonly onChange: () => void;
}

/**
 * `connecting`: no Janus session yet, or it is lost. `up`: in use. `reclaiming`: the WebSocket is gone, but Janus keeps
 * the session and its media for a while.
 *
 * ```
 *  connecting ──── created ────▶ up ──── socket or keep-alive lost ────▶ reclaiming
 *    ▲                           ▲ └── stop ──▶ closed                      │  │
 *    │                           └────────────── claimed ───────────────────┘  │
 *    └──── Janus knows no such session, or was away for giveUpMs: media lost ──┘
 * ```
 */
export type JanusState = 'connecting' | 'up' | 'reclaiming' | 'closed';

/** Janus is taken for dead after so long without a connection: its sessions end within 10 s of its death. */
const giveUpMs = 8000;
const keepAliveSeconds = 10;
const backoff = { baseMs: 100, maxMs: 2000 };

janode.Logger.setLevel('none');

/** The WebSocket to one Janus and the Janus session on it, kept up through losses of either. */
export class JanusConnection {
  readonly name: string;
  readonly #options: JanusOptions;
  readonly #handles = new Set<JanusHandle>();
  /** Handles that could not be detached while Janus was out of reach. */
  readonly #leftovers = new Set<JanusHandle>();
  #state: JanusState = 'connecting';
  #version = '';
  #connection: JanodeConnection | undefined;
  #session: JanodeSession | undefined;
  #sessionId: number | undefined;
  #giveUp: (() => void) | undefined;
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(options: JanusOptions) {
    this.#options = options;
    this.name = new URL(options.url).host;
  }

  get state(): JanusState {
    return this.#state;
  }

  get version(): string {
    return this.#version;
  }

  get handleCount(): number {
    return this.#handles.size;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#setState('closed');
    this.#giveUp?.();
    this.#wake();
    try {
      if (this.#session) await withTimeout(this.#session.destroy(), 1000, () => new Error('no answer'));
    } catch (error) {
      this.#options.log.debug({ err: error }, 'janus session not destroyed');
    }
    this.#connection?.close().catch(() => {});
    await this.#running;
  }

  /** @throws PatchbayError no_mediaserver, janus_error, janus_connection_error */
  async attach(handle: JanusHandle): Promise<void> {
    const session = this.#session;
    if (this.#state !== 'up' || !session) throw new PatchbayError('no_mediaserver', 'Janus is not connected');
    this.#handles.add(handle);
    try {
      handle.adopt(await withTimeout(session.attach(handle.plugin), requestTimeoutMs, timedOut));
    } catch (error) {
      this.#handles.delete(handle);
      throw toPatchbayError(error, 'attach');
    }
  }

  /** Frees the handle now, or after the next claim. Never throws. */
  async detach(handle: JanusHandle): Promise<void> {
    this.#handles.delete(handle);
    if (this.#state === 'reclaiming' && handle.id !== undefined) this.#leftovers.add(handle);
    else await handle.detach();
  }

  /** Whether this Janus is given clients' candidates. */
  get passesCandidates(): boolean {
    return this.#options.clientCandidates === 'pass';
  }

  /** A client's SDP as this Janus is to see it. */
  clientSdp(sdp: string): string {
    return this.passesCandidates ? sdp : withoutCandidates(sdp);
  }

  async #run(): Promise<void> {
    let attempt = 0;
    while (this.#state !== 'closed') {
      try {
        const lost = await this.#connect();
        attempt = 0;
        await lost;
        this.#options.log.warn({ janus: this.name }, 'janus connection lost');
      } catch (error) {
        this.#options.log.debug({ janus: this.name, err: error }, 'janus connection failed');
      }
      await this.#pause(backoffMs(attempt, backoff.baseMs, backoff.maxMs, this.#options.random));
      attempt += 1;
    }
  }

  /** @returns a promise that resolves when the connection is gone */
  async #connect(): Promise<Promise<void>> {
    const connection = await janode.connect({ address: { url: this.#options.url }, max_retries: 0 });
    this.#connection = connection;
    // This listener comes before those of janode's session and handles: they must find our handles suspended.
    const lost = new Promise<void>((resolve) => {
      const onLost = () => {
        this.#onLost();
        resolve();
      };
      connection.once(janode.EVENT.CONNECTION_ERROR, onLost);
      connection.once(janode.EVENT.CONNECTION_CLOSED, onLost);
    });
    try {
      await withTimeout(this.#establish(connection), requestTimeoutMs, timedOut);
    } catch (error) {
      connection.close().catch(() => {});
      throw error;
    }
    return lost;
  }

  async #establish(connection: JanodeConnection): Promise<void> {
    const info = await connection.getInfo();
    this.#version = String(info.version_string ?? info.version ?? '');
    if (this.#sessionId !== undefined && !(await this.#reclaim(connection, this.#sessionId))) this.#onSessionLost();
    if (this.#sessionId === undefined) this.#use(connection, await connection.create(keepAliveSeconds));
    if (this.#state === 'closed') throw new Error('stopped while connecting');
    this.#giveUp?.();
    this.#giveUp = undefined;
    this.#setState('up');
    this.#options.log.info({ janus: this.name, version: this.#version }, 'janus is up');
    for (const handle of this.#leftovers) void handle.detach();
    this.#leftovers.clear();
  }

  async #reclaim(connection: JanodeConnection, sessionId: number): Promise<boolean> {
    const session = await claimSession(connection, sessionId, keepAliveSeconds);
    if (!session) return false;
    for (const handle of [...this.#handles, ...this.#leftovers]) {
      if (handle.id !== undefined) handle.adopt(await claimHandle(session, handle.plugin, handle.id));
    }
    this.#use(connection, session);
    return true;
  }

  #use(connection: JanodeConnection, session: JanodeSession): void {
    this.#session = session;
    this.#sessionId = session.id;
    // A keep-alive that failed: the connection is as good as gone.
    session.once(janode.EVENT.SESSION_DESTROYED, () => {
      if (this.#session !== session || this.#state === 'closed') return;
      this.#onLost();
      connection.close().catch(() => {});
    });
  }

  #onLost(): void {
    for (const handle of this.#handles) handle.suspend();
    this.#session = undefined;
    if (this.#state !== 'up') return;
    this.#setState('reclaiming');
    this.#giveUp = this.#options.clock.after(giveUpMs, () => this.#onSessionLost());
  }

  /** Janus died or forgot us: the media of every session is gone. */
  #onSessionLost(): void {
    this.#sessionId = undefined;
    this.#leftovers.clear();
    this.#setState('connecting');
    const handles = [...this.#handles];
    this.#handles.clear();
    if (handles.length > 0) this.#options.log.warn({ janus: this.name, handles: handles.length }, 'janus session lost');
    for (const handle of handles) handle.events.detached();
  }

  #setState(state: JanusState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#options.onChange();
  }

  async #pause(ms: number): Promise<void> {
    if (this.#state === 'closed') return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

const timedOut = () => new PatchbayError('janus_connection_error', 'Janus did not answer');
