import { randomUUID } from 'node:crypto';
import { services } from '../lib/command/services.ts';
import type { RouteReply, WebSocketEvent } from '../lib/command/websocket-event.ts';

const patience = { resultMs: 5000 };

/**
 * `$disconnect`, which API Gateway sends at best once: takes away what the connection left and tells the nodes where it
 * owned something. When it never comes, a node learns the same from its next event for the connection (410).
 */
export async function handler(event: WebSocketEvent): Promise<RouteReply> {
  const { connections, subscriptions, directory, nodes, log } = services();
  const { connectionId } = event.requestContext;
  const [connection, subscribed] = await Promise.all([
    connections.take(connectionId),
    subscriptions.removeAll(connectionId),
  ]);
  // Every node knows its subscriptions, those named in its record what it owns.
  const toTell = (await directory.list()).filter(
    ({ nodeId, state }) => state !== 'lost' && (subscribed || connection?.nodes.includes(nodeId)),
  );
  for (const node of toTell) {
    try {
      const body = { request_id: randomUUID(), connection_id: connectionId };
      await nodes.post(node, '/v1/connection/gone', body, patience);
    } catch (error) {
      log.warn({ err: error, connection_id: connectionId, node_id: node.nodeId }, 'node not told of a lost connection');
    }
  }
  log.info({ connection_id: connectionId }, 'disconnected');
  return { statusCode: 200 };
}
