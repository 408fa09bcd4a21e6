import { WebSocket } from 'ws';
import { limits } from '../protocol/limits.ts';
import {
  couldNotOpen,
  encodeWithin,
  type Transport,
  type TransportFactory,
  type TransportListener,
} from './transport.ts';

/**
 * The transport for Node: `ws` can split a message, so that the whole 128 KB of API Gateway's limit can be used
 * in frames of at most 32 KB.
 */
export class NodeTransport implements Transport {
  readonly maxMessageBytes = limits.messageBytes;
  readonly #url: string;
  readonly #protocols: string[];
  #socket: WebSocket | undefined;

  constructor(url: string, protocols: string[]) {
    this.#url = url;
    this.#protocols = protocols;
  }

  open(listener: TransportListener): Promise<void> {
    return new Promise((resolve, reject) => {
      // Without compression, which API Gateway doesn't have and which would change the frames' sizes.
      const socket = new WebSocket(this.#url, this.#protocols, { perMessageDeflate: false });
      this.#socket = socket;
      let isOpen = false;
      let lastError = '';
      socket.on('open', () => {
        isOpen = true;
        resolve();
      });
      socket.on('message', (data, isBinary) => {
        if (!isBinary) listener.onMessage(data.toString());
      });
      // `ws` throws without a listener; a close always follows, which reports.
      socket.on('error', ({ message }) => {
        lastError = message;
      });
      socket.on('close', (code, reason) => {
        if (isOpen) listener.onClose({ code, reason: reason.toString() });
        else reject(couldNotOpen(this.#url, { code, reason: lastError }));
      });
    });
  }

  send(text: string): void {
    const bytes = encodeWithin(this.maxMessageBytes, text);
    // At byte level: RFC 6455 lets a frame end within a character.
    for (let start = 0; start < bytes.byteLength; start += limits.frameBytes) {
      const end = start + limits.frameBytes;
      this.#socket?.send(bytes.subarray(start, end), { binary: false, fin: end >= bytes.byteLength });
    }
  }

  close(): void {
    this.#socket?.close(1000);
  }
}

export const nodeTransport: TransportFactory = (url, protocols) => new NodeTransport(url, protocols);
