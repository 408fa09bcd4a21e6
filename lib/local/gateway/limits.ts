import { limits } from '../../protocol/limits.ts';

/**
 * What API Gateway allows a WebSocket API. Tests shorten the times; sizes are best left alone.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
export interface GatewayLimits {
  /** A whole message in either direction, all its frames together. */
  messageBytes: number;
  /** The payload of one frame that a client sends. */
  frameBytes: number;
  /** Without a message in either direction. */
  idleTimeoutMs: number;
  /** However busy the connection is. */
  connectionLifetimeMs: number;
  /** For an integration or an authorizer. */
  integrationTimeoutMs: number;
  /** An authorizer's whole result as JSON. */
  authorizerResultBytes: number;
  /** Unsent bytes held for one slow client before `@connections` answers 429. AWS publishes no number. */
  bufferedBytes: number;
  /** How long a closing handshake, and `close()` of the whole gateway, may take. Local only. */
  closeTimeoutMs: number;
}

export const DEFAULT_LIMITS: Readonly<GatewayLimits> = {
  messageBytes: limits.messageBytes,
  frameBytes: limits.frameBytes,
  idleTimeoutMs: limits.idleMs,
  connectionLifetimeMs: limits.connectionMs,
  integrationTimeoutMs: limits.integrationMs,
  authorizerResultBytes: 8 * 1024,
  bufferedBytes: 1024 * 1024,
  closeTimeoutMs: 2_000,
};
