import type { CloseStatus } from './connection.ts';
import { type ConnectionInfo, createRequestContext, type RouteHandler } from './event.ts';
import { invoke } from './integration.ts';
import type { GatewayLimits } from './limits.ts';
import { pause, type Reorder } from './reorder.ts';

export interface DisconnectOptions {
  readonly handler: RouteHandler | undefined;
  readonly limits: Readonly<GatewayLimits>;
  readonly reorder: Reorder;
  readonly now: () => number;
  /** Ends the delay of the reorder mode. */
  readonly closing: AbortSignal;
  /** Ends the waiting for the handler. */
  readonly closed: AbortSignal;
  readonly log: (line: object) => void;
}

/**
 * Tells `$disconnect` that a connection has ended. Nobody is left to hear of a fault, so that is logged only: the
 * returned function never rejects.
 */
export function createDisconnectHandler(
  options: DisconnectOptions,
): (info: ConnectionInfo, status: CloseStatus) => Promise<void> {
  const { handler, limits, reorder, now, closing, closed, log } = options;
  return async (info, { code, reason }) => {
    if (handler === undefined) return;
    await pause(reorder.drawDelayMs(), closing);
    const requestContext = createRequestContext(info, 'DISCONNECT', '$disconnect', now());
    requestContext.disconnectStatusCode = code;
    requestContext.disconnectReason = reason;
    // The empty ones are there on AWS, too: of the upgrade's headers only Host is kept.
    const headers = { Host: info.domainName, 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' };
    const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
    const event = { headers, multiValueHeaders, requestContext, isBase64Encoded: false };
    const timeoutMs = limits.integrationTimeoutMs;
    try {
      await invoke(handler, event, { routeKey: '$disconnect', timeoutMs, now, signal: closed });
    } catch (error) {
      const { routeKey, connectionId, requestId } = requestContext;
      log({ level: 'error', message: 'integration failed', routeKey, connectionId, requestId, error });
    }
  };
}
