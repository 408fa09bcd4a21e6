import janode, { type JanodeConnection, type JanodeSession } from 'janode';
import { backoffMs } from '../../domain/backoff.ts';
import type { Clock } from '../../domain/clock.ts';
import { engineSdp } from '../../domain/engine-sdp.ts';
import type { Log } from '../../domain/log.ts';
import { withoutCandidates } from '../../domain/sdp.ts';
import { withTimeout } from '../../domain/with-timeout.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import { JanusAdmin } from './admin.ts';
import { claimSession } from './claim.ts';
import { type JanusHandle, requestTimeoutMs } from './handle.ts';
import { JanusHandles } from './handles.ts';
import { Reconciler } from './reconcile.ts';
import { RoomControl } from './room-control.ts';
import type { JanusAddress } from './url.ts';

export interface JanusOptions {
  readonly address: JanusAddress;
  /** Our node: Janus' rooms are marked with it, and those of others are not touched. */
  readonly nodeId: string;
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
/** How long the end of a connection may take, step by step. */
const lastTimeoutMs = 1000;
const backoff = { baseMs: 100, maxMs: 2000 };

janode.Logger.setLevel('none');

/** The WebSocket to one Janus and the Janus session on it, kept up through losses of either. */
export class JanusConnection {
  readonly name: string;
  readonly #options: JanusOptions;
  readonly rooms = new RoomControl(this);
  readonly #handles = new JanusHandles(() => this.#state === 'reclaiming');
  readonly #admin: JanusAdmin | undefined;
  readonly #reconciler: Reconciler;
  #state: JanusState = 'connecting';
  #version = '';
  #connection: JanodeConnection | undefined;
  #session: JanodeSession | undefined;
  /** Of the last session, which Janus may still have. */
  #sessionId: number | undefined;
  #giveUp: (() => void) | undefined;
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(options: JanusOptions) {
    this.#options = options;
    this.name = new URL(options.address.url).host;
    const { clock, log, address } = options;
    this.#admin = address.admin && new JanusAdmin(address.admin);
    this.#reconciler = new Reconciler({ handles: this.#handles, rooms: this.rooms, admin: this.#admin, clock, log });
  }

  get nodeId(): string {
    return this.#options.nodeId;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get log(): Log {
    return this.#options.log;
  }

  get state(): JanusState {
    return this.#state;
  }

  get version(): string {
    return this.#version;
  }

  /** Of clients' media, not of control. */
  get handleCount(): number {
    return this.#handles.live.size - this.rooms.handleCount;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#setState('closed');
    this.#reconciler.stop();
    this.#giveUp?.();
    this.#wake();
    // Its rooms outlive a session in Janus.
    await this.#atLast(this.rooms.close());
    await this.#atLast(this.#session?.destroy());
    this.#connection?.close().catch(() => {});
    await this.#atLast(Promise.all([this.#admin?.close(), this.#running]));
  }

  /** A Janus that does not answer keeps nobody from ending: what is to come of it may come later. */
  async #atLast(work: Promise<unknown> | undefined): Promise<void> {
    try {
      await withTimeout(Promise.resolve(work), lastTimeoutMs, timedOut);
    } catch (error) {
      this.log.debug({ janus: this.name, err: error }, 'the connection to janus did not end well');
    }
  }

  /** @throws PatchbayError no_mediaserver, janus_error, janus_connection_error */
  async attach(handle: JanusHandle): Promise<void> {
    const session = this.#session;
    if (this.#state !== 'up' || !session) throw new PatchbayError('no_mediaserver', 'Janus is not connected');
    await this.#handles.attach(session, handle);
  }

  /** Frees the handle now, or after the next claim. Never throws. */
  async detach(handle: JanusHandle): Promise<void> {
    await this.#handles.detach(handle);
  }

  /** What Janus' admin API tells of a handle; undefined when there is none to ask, or it does not answer. */
  async handleInfo(handle: JanusHandle): Promise<Record<string, unknown> | undefined> {
    if (!this.#admin || this.#sessionId === undefined || handle.id === undefined) return undefined;
    try {
      return await this.#admin.handleInfo(this.#sessionId, handle.id);
    } catch (error) {
      this.log.debug({ janus: this.name, err: error }, 'janus told nothing of a handle');
      return undefined;
    }
  }

  /** Whether this Janus is given clients' candidates. */
  get passesCandidates(): boolean {
    return this.#options.clientCandidates === 'pass';
  }

  /** A client's SDP as this Janus is to see it. */
  clientSdp(sdp: string): string {
    return this.passesCandidates ? engineSdp(sdp) : withoutCandidates(sdp);
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
    const { url, apiSecret } = this.#options.address;
    const connection = await janode.connect({
      address: { url, ...(apiSecret !== undefined && { apisecret: apiSecret }) },
      max_retries: 0,
    });
    this.#connection = connection;
    // This listener comes before those of janode's session and handles: they must find our handles suspended.
    const lost = new Promise<void>((resolve) => {
      const onLost = () => {
        // One that was given up may end late, when there is another.
        if (this.#connection === connection) this.#onLost();
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
    const isClaimed = this.#sessionId !== undefined && (await this.#reclaim(connection, this.#sessionId));
    if (!isClaimed) {
      this.#onSessionLost();
      this.#use(connection, await connection.create(keepAliveSeconds));
    }
    if (this.#state === 'closed') throw new Error('stopped while connecting');
    this.#giveUp?.();
    this.#giveUp = undefined;
    this.#setState('up');
    this.#options.log.info({ janus: this.name, version: this.#version }, 'janus is up');
    this.#handles.detachLeftovers();
    if (this.#session) this.#reconciler.start(this.#session, isClaimed);
  }

  /** Takes the last session over, or ends it when it was given up meanwhile. Returns whether it is in use. */
  async #reclaim(connection: JanodeConnection, sessionId: number): Promise<boolean> {
    const session = await claimSession(connection, sessionId, keepAliveSeconds);
    if (!session) return false;
    if (this.#state !== 'reclaiming') {
      await session.destroy();
      return false;
    }
    await this.#handles.adopt(session);
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
    this.#reconciler.stop();
    this.#handles.suspend();
    this.#session = undefined;
    if (this.#state !== 'up') return;
    this.#setState('reclaiming');
    this.#giveUp = this.#options.clock.after(giveUpMs, () => this.#onSessionLost());
  }

  /** Janus died or forgot us: the media of every session is gone. */
  #onSessionLost(): void {
    this.#setState('connecting');
    const handles = this.#handles.lose();
    this.rooms.lose();
    if (handles > 0) this.#options.log.warn({ janus: this.name, handles }, 'janus session lost');
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
