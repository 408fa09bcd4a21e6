import { randomUUID } from 'node:crypto';
import { services } from '../lib/command/services.ts';
import type { RouteReply, WebSocketEvent } from '../lib/command/websocket-event.ts';

const timeoutMs = 5000;

/**
 * `$disconnect`, which API Gateway sends at best once: takes the connection's record away and tells the nodes where it
 * owned something. When it never comes, a node learns the same from its next event for the connection (410).
 */
export async function handler(event: WebSocketEvent): Promise<RouteReply> {
  const { connections, directory, nodes, log } = services();
  const { connectionId } = event.requestContext;
  const connection = await connections.take(connectionId);
  for (const nodeId of connection?.nodes ?? []) {
    const node = await directory.find(nodeId);
    if (!node) continue;
    try {
      const body = { request_id: randomUUID(), connection_id: connectionId };
      await nodes.post(node, '/v1/connection/gone', body, timeoutMs);
    } catch (error) {
      log.warn({ err: error, connection_id: connectionId, node_id: nodeId }, 'node not told of a lost connection');
    }
  }
  log.info({ connection_id: connectionId }, 'disconnected');
  return { statusCode: 200 };
}
