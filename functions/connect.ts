import { offersSubprotocol, subprotocol } from '../lib/authorize/request.ts';
import { identityOf } from '../lib/command/identity.ts';
import { services } from '../lib/command/services.ts';
import type { RouteReply, WebSocketEvent } from '../lib/command/websocket-event.ts';
import { isoTime } from '../lib/domain/clock.ts';

/**
 * `$connect`, after `authorize` let the client in: writes the connection's record. A client that offered subprotocols
 * must be told which one was taken, and that is never the one that carries its token.
 */
export async function handler(event: WebSocketEvent): Promise<RouteReply> {
  const { connections, clock, log } = services();
  const { connectionId, connectedAt } = event.requestContext;
  const { caller } = identityOf(event);
  await connections.put(
    { connectionId, tenant: caller.tenant, userId: caller.userId, connectedAt: isoTime(connectedAt) },
    clock.nowMs(),
  );
  log.info({ connection_id: connectionId, tenant: caller.tenant }, 'connected');
  return offersSubprotocol(event)
    ? { statusCode: 200, headers: { 'Sec-WebSocket-Protocol': subprotocol } }
    : { statusCode: 200 };
}
