import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { ConnectionInfo } from './event.ts';
import { createFrameInspector, type FrameViolation } from './frame-inspector.ts';
import type { GatewayLimits } from './limits.ts';

/** How a connection ended, as `$disconnect` is told. */
export interface CloseStatus {
  readonly code: number;
  readonly reason: string;
}

export const GOING_AWAY: CloseStatus = { code: 1001, reason: 'Going away' };
/** What a client sees after `DELETE /@connections/{id}`. */
export const CLOSED_NORMALLY: CloseStatus = { code: 1000, reason: 'Connection Closed Normally' };

const VIOLATIONS: Readonly<Record<FrameViolation, CloseStatus>> = {
  frame_too_long: { code: 1009, reason: 'Frame too long' },
  message_too_long: { code: 1009, reason: 'Message too long' },
  binary: { code: 1003, reason: 'Binary frames are not supported' },
};

/** The socket went away without a close frame. */
export const LOST: CloseStatus = { code: 1006, reason: 'Connection closed abnormally' };

export interface ConnectionOptions {
  readonly limits: Readonly<GatewayLimits>;
  readonly now: () => number;
  readonly onMessage: (text: string) => void;
  /** A fault of the socket or of the client's framing; the connection closes after it. */
  readonly onError: (error: Error) => void;
}

/**
 * One client's socket after its `$connect` succeeded: holds it to the limits, and knows why it ended.
 *
 * Ends by the client, by `close()`, by a limit, or by the socket's loss. `closed` resolves once in every case, and the
 * timers are gone then.
 */
export class Connection {
  readonly info: ConnectionInfo;
  readonly closed: Promise<CloseStatus>;
  readonly #socket: WebSocket;
  readonly #limits: Readonly<GatewayLimits>;
  readonly #now: () => number;
  #lastActiveAtMs: number;
  #closing: CloseStatus | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, rawSocket: Duplex, info: ConnectionInfo, options: ConnectionOptions) {
    const { limits, now, onMessage, onError } = options;
    this.info = info;
    this.#socket = socket;
    this.#limits = limits;
    this.#now = now;
    this.#lastActiveAtMs = now();

    // In front of ws's own listener: a violation has to be known before ws reports the message that holds it.
    const inspector = createFrameInspector(limits);
    rawSocket.prependListener('data', (chunk: Buffer) => {
      const violation = inspector.inspect(chunk);
      if (violation !== undefined) this.close(VIOLATIONS[violation]);
    });
    socket.on('message', (data) => {
      if (!this.isOpen) return;
      this.#lastActiveAtMs = now();
      onMessage(data.toString());
    });
    socket.on('error', (error) => {
      // ws has begun to close by itself; this records why and bounds it.
      this.close({ code: closeCodeOf(error), reason: error.message });
      onError(error);
    });

    const { promise, resolve } = Promise.withResolvers<CloseStatus>();
    this.closed = promise;
    socket.on('close', (code, reason) => {
      clearTimeout(this.#timer);
      resolve(this.#closing ?? closeStatusOf(code, reason.toString()));
    });
    this.#watchTimes();
  }

  /** False from the moment that either side began to close. */
  get isOpen(): boolean {
    return this.#closing === undefined && this.#socket.readyState === WebSocket.OPEN;
  }

  get lastActiveAtMs(): number {
    return this.#lastActiveAtMs;
  }

  /** Whether so many more bytes may wait for this client to read. */
  canBuffer(bytes: number): boolean {
    return this.#socket.bufferedAmount + bytes <= this.#limits.bufferedBytes;
  }

  /**
   * Sends one text message; does nothing when the connection is no longer open. A client that asks and asks and reads
   * nothing is cut off: what waits for it has a bound.
   */
  send(text: string): void {
    if (!this.isOpen) return;
    if (this.#socket.bufferedAmount > this.#limits.bufferedBytes) {
      this.terminate();
      return;
    }
    this.#lastActiveAtMs = this.#now();
    this.#socket.send(text);
  }

  /** Begins to close. A client that does not take part in that is cut off after `closeTimeoutMs`. */
  close(status: CloseStatus): void {
    if (this.#closing !== undefined || this.#socket.readyState === WebSocket.CLOSED) return;
    this.#closing = status;
    this.#socket.close(status.code, status.reason);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.terminate(), this.#limits.closeTimeoutMs);
  }

  /** Cuts the socket off without a closing handshake. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** One timer for both times; set anew only when it fires, not for each message. */
  #watchTimes(): void {
    const { idleTimeoutMs, connectionLifetimeMs } = this.#limits;
    const endsAtMs = Math.min(this.#lastActiveAtMs + idleTimeoutMs, this.info.connectedAtMs + connectionLifetimeMs);
    const leftMs = endsAtMs - this.#now();
    if (leftMs <= 0) this.close(GOING_AWAY);
    else this.#timer = setTimeout(() => this.#watchTimes(), leftMs);
  }
}

/** What API Gateway tells of a close that the client began. */
function closeStatusOf(code: number, reason: string): CloseStatus {
  if (code === LOST.code) return LOST;
  return { code, reason: code === 1005 ? 'Client-side close frame status not set' : reason };
}

/** ws names its protocol errors `WS_ERR_…`; everything else is the socket's own. */
function closeCodeOf(error: Error): number {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 1009;
  if (code === 'WS_ERR_INVALID_UTF8') return 1007;
  return code.startsWith('WS_ERR_') ? 1002 : 1006;
}
