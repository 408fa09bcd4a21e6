import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { conditionInput, made, present } from './conditions.ts';
import type { Table } from './table.ts';

const record = z.object({
  tenant: z.string(),
  user_id: z.string(),
  connected_at: z.string(),
  /** Where this connection owns something: `$disconnect` tells those nodes. */
  nodes: z.optional(z.set(z.string())),
});

export interface Connection {
  readonly connectionId: string;
  readonly tenant: string;
  readonly userId: string;
  readonly connectedAt: string;
  readonly nodes: readonly string[];
}

/** API Gateway ends a connection after 2 h; the record outlives a lost `$disconnect` by little. */
const lifeSeconds = 3 * 3600;

const keyOf = (connectionId: string) => ({ pk: `C#${connectionId}`, sk: 'C' });

/** The connections that are open, one record each. */
export class ConnectionStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Puts it over whatever was there: API Gateway never gives an id twice. */
  async put(connection: Omit<Connection, 'nodes'>, nowMs: number): Promise<void> {
    await this.#table.client.send(
      new PutCommand({
        TableName: this.#table.name,
        Item: {
          ...keyOf(connection.connectionId),
          tenant: connection.tenant,
          user_id: connection.userId,
          connected_at: connection.connectedAt,
          expires_at: Math.floor(nowMs / 1000) + lifeSeconds,
        },
      }),
    );
  }

  async get(connectionId: string): Promise<Connection | undefined> {
    const { Item } = await this.#table.client.send(
      new GetCommand({ TableName: this.#table.name, Key: keyOf(connectionId), ConsistentRead: true }),
    );
    return Item && toConnection(connectionId, Item);
  }

  /** Notes that it owns something on a node; false if the connection is gone already. */
  async addNode(connectionId: string, nodeId: string): Promise<boolean> {
    const { ConditionExpression } = conditionInput(present);
    return made(
      this.#table.client.send(
        new UpdateCommand({
          TableName: this.#table.name,
          Key: keyOf(connectionId),
          UpdateExpression: 'ADD nodes :node',
          ConditionExpression,
          ExpressionAttributeValues: { ':node': new Set([nodeId]) },
        }),
      ),
    );
  }

  /** Deletes it and returns what it was, or undefined when another `$disconnect` was first. */
  async take(connectionId: string): Promise<Connection | undefined> {
    const { Attributes } = await this.#table.client.send(
      new DeleteCommand({ TableName: this.#table.name, Key: keyOf(connectionId), ReturnValues: 'ALL_OLD' }),
    );
    return Attributes && toConnection(connectionId, Attributes);
  }
}

function toConnection(connectionId: string, item: Record<string, unknown>): Connection {
  const { tenant, user_id, connected_at, nodes } = record.parse(item);
  return { connectionId, tenant, userId: user_id, connectedAt: connected_at, nodes: [...(nodes ?? [])] };
}
