import { PatchbayError } from '../protocol/errors.ts';
import type { TransportFactory } from './transport.ts';

export interface ClientOptions {
  /** `wss://…`, or the local stack's `ws://localhost:3000/ws`. */
  readonly url: string;
  /** A JWT, or what gives a fresh one for each connection; goes into the subprotocol, never into the URL. */
  readonly token?: string | (() => string | Promise<string>);
  /** Default: the platform's WebSocket, up to 32 KB a message. `nodeTransport` takes 128 KB. */
  readonly transport?: TransportFactory;
  /** For a reply and for the connection itself; default 35,000: above the 29 s after which the server gives up. */
  readonly requestTimeoutMs?: number;
  /** Whether, and how, to replace a connection that is lost; default true. A first connect is not repeated. */
  readonly reconnect?: boolean | ReconnectOptions;
  /** How old a connection gets before another one takes its place; default 110 min, API Gateway ends it at 120. */
  readonly maxConnectionMs?: number;
  /**
   * For a backend that is the only client of its user: each new connection takes over every session of the user, page
   * by page, those of other clients too, which then hear no more of them. Default false: its own sessions, one by one.
   */
  readonly ownsAll?: boolean;
  /** How long an event waits for those before it that are missing; default 2000. */
  readonly gapTimeoutMs?: number;
}

export interface ReconnectOptions {
  /** The first wait, and the longest; default 250 and 10,000. Half of each is by chance. */
  readonly baseMs?: number;
  readonly maxMs?: number;
  /** Default: never. */
  readonly giveUpAfterMs?: number;
}

export const defaults = {
  requestTimeoutMs: 35_000,
  maxConnectionMs: 110 * 60_000,
  gapTimeoutMs: 2000,
  reconnect: { baseMs: 250, maxMs: 10_000, giveUpAfterMs: Number.POSITIVE_INFINITY },
} as const;

/** @throws PatchbayError invalid_uri */
export function checkUrl(url: string): void {
  if (!URL.canParse(url)) throw new PatchbayError('invalid_uri', 'the API needs a URL such as wss://host/path');
}

/**
 * Checked here, because a WebSocket's own error would print it.
 *
 * @throws PatchbayError not_authenticated
 */
export function subprotocols(token: string | undefined): string[] {
  if (token === undefined) return ['patchbay.v1'];
  if (/^[\w.-]+$/.test(token)) return ['patchbay.v1', `token.${token}`];
  throw new PatchbayError('not_authenticated', 'the token has characters that a JWT never has');
}
