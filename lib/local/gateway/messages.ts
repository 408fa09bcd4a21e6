import type { Connection } from './connection.ts';
import { createRequestContext, type RouteHandler, type WebSocketEvent } from './event.ts';
import { createGatewayId } from './ids.ts';
import { GatewayClosedError, invoke, parseProxyResponse } from './integration.ts';
import type { GatewayLimits } from './limits.ts';
import { pause, type Reorder } from './reorder.ts';
import { createRouteSelector } from './route-selection.ts';
import { gatewayMessage } from './upgrade-response.ts';

export interface MessageOptions {
  readonly routes: ReadonlyMap<string, RouteHandler>;
  readonly routeSelectionExpression: string;
  readonly limits: Readonly<GatewayLimits>;
  readonly reorder: Reorder;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly log: (line: object) => void;
}

/**
 * What happens to a message: select its route, invoke that, and send its route response.
 *
 * Messages of one connection run at the same time, as API Gateway does not wait for the earlier Lambda. The returned
 * function never rejects: a fault goes to the log, and to the client as an internal server error.
 */
export function createMessageHandler(options: MessageOptions): (connection: Connection, text: string) => Promise<void> {
  const { routes, limits, reorder, now, signal, log } = options;
  const selectRoute = createRouteSelector(options.routeSelectionExpression, routes.keys());

  return async (connection, text) => {
    const { connectionId } = connection.info;
    const routeKey = selectRoute(text);
    const handler = routeKey === undefined ? undefined : routes.get(routeKey);
    if (routeKey === undefined || handler === undefined) {
      connection.send(gatewayMessage('Forbidden', connectionId, createGatewayId()));
      return;
    }
    const requestContext = createRequestContext(connection.info, 'MESSAGE', routeKey, now());
    requestContext.messageId = createGatewayId();
    const { requestId } = requestContext;
    const event: WebSocketEvent = { requestContext, body: text, isBase64Encoded: false };
    // Drawn together and at once, so that a message's delays do not depend on how long others take.
    const [delayBeforeMs, delayAfterMs] = [reorder.drawDelayMs(), reorder.drawDelayMs()];
    let reply: string;
    try {
      await pause(delayBeforeMs, signal);
      const result = await invoke(handler, event, { routeKey, timeoutMs: limits.integrationTimeoutMs, now, signal });
      reply = parseProxyResponse(result).body;
      if (Buffer.byteLength(reply) > limits.messageBytes) {
        throw new Error(`the reply of ${routeKey} is longer than ${limits.messageBytes} bytes`);
      }
    } catch (error) {
      if (error instanceof GatewayClosedError) return;
      log({ level: 'error', message: 'integration failed', routeKey, connectionId, requestId, error });
      reply = gatewayMessage('Internal server error', connectionId, requestId);
    }
    await pause(delayAfterMs, signal);
    if (reply !== '') connection.send(reply);
  };
}
