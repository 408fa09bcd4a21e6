import { CreateTableCommand, type CreateTableCommandInput, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { Table } from './table.ts';

/**
 * The one table. Every item has `pk` and `sk`; `expires_at` (s since 1970) is garbage collection only.
 *
 * | record | pk | sk | written by |
 * |---|---|---|---|
 * | connection | `C#id` | `C` | connect, disconnect; nodes add themselves |
 * | session | `T#tenant#S#id` | `S` | the node that holds it; the reaper, when that is lost |
 * | room | `T#tenant#R#id` | `R` | the node that it is on; the reaper, when that is lost |
 * | node | `NODES` | node id | the node; the reaper its orders |
 * | subscriptions | `SUBS` | connection id | `event/subscribe`, `event/unsubscribe`, disconnect |
 * | node's key | `K#node` | `K` | the node; read by functions that call nodes |
 * | demand | `DEMAND` | `DEMAND` | connect, and creates that find no node; read by the reaper |
 *
 * The index `on_node` (keys only, sparse) lists what lives on a node: `node_shard` is `node#0` … `node#7`.
 */
export const tableDefinition = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'node_shard', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'on_node',
      KeySchema: [
        { AttributeName: 'node_shard', KeyType: 'HASH' },
        { AttributeName: 'pk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
} satisfies Omit<CreateTableCommandInput, 'TableName'>;

/** Makes the table where there is none: the local stack and tests; on AWS the stack does. */
export async function createTable({ name, client }: Table): Promise<void> {
  try {
    await client.send(new CreateTableCommand({ TableName: name, ...tableDefinition }));
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ResourceInUseException')) throw error;
  }
  for (let tries = 0; tries < 200; tries += 1) {
    const { Table: table } = await client.send(new DescribeTableCommand({ TableName: name }));
    if (table?.TableStatus === 'ACTIVE') return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`table ${name} did not become active`);
}
