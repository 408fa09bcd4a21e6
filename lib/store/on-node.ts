import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from './table.ts';

/** The index `on_node`: what lives on a node, whatever it is. */

const shards = 8;

/** Spreads what lives on one node over the index's partitions; the id alone decides. */
export function shardOf(nodeId: string, id: string): string {
  let sum = 0;
  for (let at = 0; at < id.length; at += 1) sum = (sum * 31 + id.charCodeAt(at)) >>> 0;
  return `${nodeId}#${sum % shards}`;
}

/** The keys of all objects of one kind whose records say that they live on a node: `T#tenant#kind#id`. */
export async function keysOnNode(
  table: Table,
  nodeId: string,
  kind: 'S' | 'R',
): Promise<{ tenant: string; id: string }[]> {
  const pages = await Promise.all(Array.from({ length: shards }, (_, shard) => shardKeys(table, `${nodeId}#${shard}`)));
  // A tenant may hold anything, an id no #: its last two parts say what a key is of.
  const pattern = new RegExp(`^T#(.*)#${kind}#([^#]*)$`);
  return pages.flat().flatMap((pk) => {
    const [, tenant, id] = pattern.exec(pk) ?? [];
    return tenant === undefined || id === undefined ? [] : [{ tenant, id }];
  });
}

async function shardKeys(table: Table, shard: string): Promise<string[]> {
  const found: string[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: 'on_node',
        KeyConditionExpression: 'node_shard = :shard',
        ExpressionAttributeValues: { ':shard': shard },
        ExclusiveStartKey: from,
      }),
    );
    found.push(...(page.Items ?? []).map(({ pk }) => String(pk)));
    from = page.LastEvaluatedKey;
  } while (from);
  return found;
}
