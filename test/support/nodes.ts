import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Engine, Node } from '../../lib/domain/placement.ts';
import { NodeRegister } from '../../lib/store/node-register.ts';
import { nodeKey } from '../../lib/store/nodes.ts';
import type { Table } from '../../lib/store/table.ts';

export const janusEngine: Engine = { kind: 'janus', name: 'janus-1', version: '1.1.2', up: true, sessions: 0 };

export const node = (nodeId: string, change: Partial<Node> = {}): Node => ({
  nodeId,
  url: 'http://127.0.0.1:9',
  release: 'test',
  state: 'up',
  engines: [janusEngine],
  load: 0,
  rooms: 0,
  capacity: 100,
  heartbeatAtMs: Date.UTC(2030, 0, 1),
  bootedAtMs: Date.UTC(2030, 0, 1) - 3_600_000,
  isProtected: true,
  isBlocked: false,
  isEmpty: false,
  ...change,
});

/** A node's record as it is given, whatever it was. */
export async function listNode(table: Table, one: Node): Promise<void> {
  await unlistNode(table, one.nodeId);
  await new NodeRegister(table).beat(one, true);
  const written = {
    order: one.order,
    suspected_at_ms: one.suspectedAtMs,
    lost_at_ms: one.lostAtMs,
    released_at_ms: one.releasedAtMs,
  };
  const there = Object.entries(written).filter(([, value]) => value !== undefined);
  if (there.length === 0) return;
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: nodeKey(one.nodeId),
      UpdateExpression: `SET ${there.map((_, at) => `#n${at} = :v${at}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(there.map(([name], at) => [`#n${at}`, name])),
      ExpressionAttributeValues: Object.fromEntries(there.map(([, value], at) => [`:v${at}`, value])),
    }),
  );
}

/** Takes it away. */
export async function unlistNode(table: Table, nodeId: string): Promise<void> {
  await table.client.send(new DeleteCommand({ TableName: table.name, Key: nodeKey(nodeId) }));
}
