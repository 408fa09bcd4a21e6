import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const SUBPROTOCOLS = new RegExp(`^${TOKEN}([ \\t]*,[ \\t]*${TOKEN})*$`);
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/;

/** An upgrade that ends without a WebSocket: what the client gets as a plain HTTP response. */
export interface Refusal {
  readonly statusCode: number;
  readonly message: string;
}

/**
 * The JSON that API Gateway itself sends, on the socket or as the body of a refused upgrade, with its spacing:
 * `{"message": "Forbidden", "connectionId":"…", "requestId":"…"}`.
 */
export function gatewayMessage(message: string, connectionId: string, requestId: string): string {
  return `{"message": ${JSON.stringify(message)}, "connectionId":"${connectionId}", "requestId":"${requestId}"}`;
}

/** Answers an upgrade request on its raw socket and ends it. */
export function refuseUpgrade(socket: Duplex, statusCode: number, body: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.once('finish', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? 'Refused'}`,
      'Connection: close',
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}

/**
 * Whether `ws` will accept the handshake. Asked before `$connect` runs, so that no connection is recorded that then
 * never comes to be.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
 */
export function isWebSocketHandshake({ method, headers }: IncomingMessage): boolean {
  const subprotocols = headers['sec-websocket-protocol'];
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    WEBSOCKET_KEY.test(headers['sec-websocket-key'] ?? '') &&
    headers['sec-websocket-version'] === '13' &&
    (subprotocols === undefined || (SUBPROTOCOLS.test(subprotocols) && !hasDuplicate(subprotocols)))
  );
}

function hasDuplicate(subprotocols: string): boolean {
  const names = subprotocols.split(',').map((name) => name.trim());
  return new Set(names).size < names.length;
}
