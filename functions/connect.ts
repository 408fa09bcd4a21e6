import { offersSubprotocol, subprotocol } from '../lib/authorize/request.ts';
import { identityOf } from '../lib/command/identity.ts';
import { services } from '../lib/command/services.ts';
import { type Waker, waker } from '../lib/command/waker.ts';
import type { RouteReply, WebSocketEvent } from '../lib/command/websocket-event.ts';
import { isoTime } from '../lib/domain/clock.ts';

let wakes: { readonly waker: Waker | undefined } | undefined;

/**
 * `$connect`, after `authorize` let the client in: writes the connection's record and, where there may be no node, sees to
 * it that one comes. A client that offered subprotocols must be told which one was taken, and that is never the one that
 * carries its token.
 */
export async function handler(event: WebSocketEvent): Promise<RouteReply> {
  const made = services();
  const { connections, clock, log } = made;
  wakes ??= { waker: waker(made) };
  const { connectionId, connectedAt } = event.requestContext;
  const { caller } = identityOf(event);
  const record = { connectionId, tenant: caller.tenant, userId: caller.userId, connectedAt: isoTime(connectedAt) };
  await Promise.all([connections.put(record, clock.nowMs()), wakes.waker?.wake()]);
  log.info({ connection_id: connectionId, tenant: caller.tenant }, 'connected');
  return offersSubprotocol(event)
    ? { statusCode: 200, headers: { 'Sec-WebSocket-Protocol': subprotocol } }
    : { statusCode: 200 };
}
