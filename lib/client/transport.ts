import { PatchbayError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';

/** Why a socket closed: its WebSocket close code (1006: without a word) and reason. */
export interface CloseInfo {
  readonly code: number;
  readonly reason: string;
}

/** Where a transport reports; each transport has one owner. */
export interface TransportListener {
  onMessage(text: string): void;
  /** Once, and only after `open` has resolved. */
  onClose(info: CloseInfo): void;
}

/** One socket: opened once, closed once, never reused. */
export interface Transport {
  /** UTF-8 bytes; `send` refuses more. */
  readonly maxMessageBytes: number;
  /** @throws PatchbayError registered_down: the socket closed before it was open */
  open(listener: TransportListener): Promise<void>;
  /** @throws PatchbayError message_too_large, before anything is sent */
  send(text: string): void;
  /** Also ends an `open` that is under way. */
  close(): void;
}

export type TransportFactory = (url: string, protocols: string[]) => Transport;

/**
 * The WHATWG WebSocket of browsers and Node 22+. It sends each message as one frame, and API Gateway closes a
 * connection with 1009 at a frame over 32 KB: so 32 KB is the most that a message may have here.
 */
export class WebSocketTransport implements Transport {
  readonly maxMessageBytes = limits.frameBytes;
  readonly #url: string;
  readonly #protocols: string[];
  #socket: WebSocket | undefined;

  constructor(url: string, protocols: string[]) {
    this.#url = url;
    this.#protocols = protocols;
  }

  open(listener: TransportListener): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#url, this.#protocols);
      this.#socket = socket;
      let isOpen = false;
      socket.onopen = () => {
        isOpen = true;
        resolve();
      };
      socket.onmessage = ({ data }) => {
        if (typeof data === 'string') listener.onMessage(data);
      };
      // No `onerror`: an error says nothing in a browser, and a close always follows.
      socket.onclose = ({ code, reason }) => {
        if (isOpen) listener.onClose({ code, reason });
        else reject(couldNotOpen(this.#url, { code, reason }));
      };
    });
  }

  send(text: string): void {
    encodeWithin(this.maxMessageBytes, text);
    this.#socket?.send(text);
  }

  close(): void {
    this.#socket?.close(1000);
  }
}

export const webSocketTransport: TransportFactory = (url, protocols) => new WebSocketTransport(url, protocols);

/**
 * The UTF-8 bytes of a message.
 *
 * @throws PatchbayError message_too_large, with both sizes
 */
export function encodeWithin(maxBytes: number, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.byteLength > maxBytes) {
    throw new PatchbayError(
      'message_too_large',
      `the message has ${bytes.byteLength} bytes, this connection takes at most ${maxBytes}`,
    );
  }
  return bytes;
}

/** Names host and path only: a query may hold a token. */
export function couldNotOpen(url: string, { code, reason }: CloseInfo): PatchbayError {
  const { host, pathname } = new URL(url);
  const why = reason === '' ? `close code ${code}` : `close code ${code}: ${reason}`;
  return new PatchbayError('registered_down', `could not connect to ${host}${pathname} (${why})`);
}
