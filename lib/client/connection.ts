import { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import { parseIncoming } from './messages.ts';
import { PendingRequests } from './pending.ts';
import type { CloseInfo, Transport } from './transport.ts';

/** Half of the 10 minutes after which API Gateway closes an idle connection. */
const pingIntervalMs = 5 * 60_000;
/** A ping that stays unanswered for so long: the socket is dead, whatever the platform believes. */
const pongMs = 15_000;

export interface ConnectionListener {
  onEvent(event: PatchbayEvent): void;
  /** Once, by the socket's loss or by `close`; every pending request has been rejected. */
  onClose(info: CloseInfo): void;
}

/** One socket's life and the requests on it: what a reconnecting client replaces as a whole. */
export class Connection {
  readonly #transport: Transport;
  readonly #listener: ConnectionListener;
  readonly #pending = new PendingRequests();
  #ping: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;
  #lastEventAtMs = performance.now();

  constructor(transport: Transport, listener: ConnectionListener) {
    this.#transport = transport;
    this.#listener = listener;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** No request waits for its reply. */
  get isIdle(): boolean {
    return this.#pending.size === 0;
  }

  /** Since the last event, or since it was made. */
  get quietForMs(): number {
    return performance.now() - this.#lastEventAtMs;
  }

  /** @throws PatchbayError registered_down, timeout */
  async open(timeoutMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new PatchbayError('timeout', `no connection within ${timeoutMs / 1000} s`));
        this.#transport.close();
      }, timeoutMs);
    });
    const opened = this.#transport.open({
      onMessage: (text) => this.#receive(text),
      onClose: (info) => this.#closed(info),
    });
    try {
      await Promise.race([opened, timeout]);
    } finally {
      clearTimeout(timer);
    }
    if (this.#isClosed) throw new PatchbayError('registered_down', 'the connection was closed while it opened');
    this.#ping = setInterval(() => this.#sendPing(), pingIntervalMs);
  }

  /**
   * Sends a request and waits for its reply's `data`.
   *
   * @param what names the request in a time-out's message
   * @throws PatchbayError message_too_large, timeout, registered_down, and what the server answers
   */
  async exchange(message: { readonly tid: string }, what: string, timeoutMs: number): Promise<unknown> {
    if (this.#isClosed) throw new PatchbayError('registered_down', `the connection for ${what} is gone`);
    this.#transport.send(JSON.stringify(message));
    return this.#pending.add(message.tid, what, timeoutMs);
  }

  /** At once: the socket's own closing handshake goes on behind. */
  close(): void {
    this.#transport.close();
    this.#closed({ code: 1000, reason: 'closed by the client' });
  }

  #receive(text: string): void {
    if (this.#isClosed) return;
    const incoming = parseIncoming(text);
    if (incoming.kind === 'reply') this.#pending.resolve(incoming.tid, incoming.data);
    else if (incoming.kind === 'error') this.#pending.reject(incoming.tid, incoming.error);
    else if (incoming.kind === 'events') {
      this.#lastEventAtMs = performance.now();
      for (const event of incoming.events) this.#listener.onEvent(event);
    }
  }

  #sendPing(): void {
    this.#transport.send('{"cmd":"ping","tid":"ping"}');
    this.#pending.add('ping', 'ping', pongMs).catch(() => {
      if (this.#isClosed) return;
      this.#transport.close();
      this.#closed({ code: 1006, reason: 'the server does not answer any more' });
    });
  }

  #closed(info: CloseInfo): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#ping);
    const why = info.reason === '' ? `close code ${info.code}` : info.reason;
    this.#pending.rejectAll(new PatchbayError('registered_down', `the connection is gone (${why})`));
    this.#listener.onClose(info);
  }
}
