import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Node } from '../domain/placement.ts';
import type { Table } from './table.ts';

const engine = z.object({
  kind: z.enum(['janus', 'freeswitch', 'p2p']),
  name: z.string(),
  version: z.string(),
  up: z.boolean(),
  sessions: z.int(),
});

const record = z.object({
  sk: z.string(),
  url: z.string(),
  release: z.string(),
  state: z.enum(['up', 'draining', 'lost']),
  engines: z.array(z.unknown()),
  load: z.number(),
  capacity: z.number(),
  heartbeat_at_ms: z.number(),
});

const keys = z.object({ keys: z.array(z.string()) });

const partition = 'NODES';
const keyItem = (nodeId: string) => ({ pk: `K#${nodeId}`, sk: 'K' });

/** The media nodes: each writes its own record at every heartbeat, functions read them all. */
export class NodeStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async put(node: Node): Promise<void> {
    await this.#table.client.send(
      new PutCommand({
        TableName: this.#table.name,
        Item: {
          pk: partition,
          sk: node.nodeId,
          url: node.url,
          release: node.release,
          state: node.state,
          engines: node.engines,
          load: node.load,
          capacity: node.capacity,
          heartbeat_at_ms: node.heartbeatAtMs,
        },
      }),
    );
  }

  /** In the order of their ids. */
  async list(): Promise<Node[]> {
    const { Items } = await this.#table.client.send(
      new QueryCommand({
        TableName: this.#table.name,
        KeyConditionExpression: 'pk = :nodes',
        ExpressionAttributeValues: { ':nodes': partition },
      }),
    );
    return (Items ?? []).map((item) => {
      const { sk, heartbeat_at_ms, engines, ...rest } = record.parse(item);
      // A newer release may have kinds of engines that this one does not know.
      const known = engines.map((one) => z.safeParse(engine, one)).flatMap(({ data }) => (data ? [data] : []));
      return { ...rest, engines: known, nodeId: sk, heartbeatAtMs: heartbeat_at_ms };
    });
  }

  async remove(nodeId: string): Promise<void> {
    await this.#table.client.send(
      new DeleteCommand({ TableName: this.#table.name, Key: { pk: partition, sk: nodeId } }),
    );
  }

  /** @param signingKeys this boot's first, then those of the boot before, which count on for a while */
  async putKeys(nodeId: string, signingKeys: readonly string[]): Promise<void> {
    await this.#table.client.send(
      new PutCommand({ TableName: this.#table.name, Item: { ...keyItem(nodeId), keys: signingKeys } }),
    );
  }

  /** The newest first; empty when the node never was. */
  async getKeys(nodeId: string): Promise<string[]> {
    const { Item } = await this.#table.client.send(
      new GetCommand({ TableName: this.#table.name, Key: keyItem(nodeId), ConsistentRead: true }),
    );
    return Item ? keys.parse(Item).keys : [];
  }
}
