import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
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
  rooms: z._default(z.number(), 0),
  capacity: z.number(),
  heartbeat_at_ms: z.number(),
  booted_at_ms: z._default(z.number(), 0),
  protected: z._default(z.boolean(), false),
  blocked: z._default(z.boolean(), false),
  is_empty: z.optional(z.boolean()),
  order: z.optional(z.literal('drain')),
  suspected_at_ms: z.optional(z.number()),
  lost_at_ms: z.optional(z.number()),
  released_at_ms: z.optional(z.number()),
});

const keys = z.object({ keys: z.array(z.string()) });

export const nodesPartition = 'NODES';
export const nodeKey = (nodeId: string) => ({ pk: nodesPartition, sk: nodeId });
export const signingKeyOf = (nodeId: string) => ({ pk: `K#${nodeId}`, sk: 'K' });

/** The media nodes, as whoever needs them reads them. `NodeRegister` writes them. */
export class NodeStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** In the order of their ids. */
  async list(): Promise<Node[]> {
    const { Items } = await this.#table.client.send(
      new QueryCommand({
        TableName: this.#table.name,
        KeyConditionExpression: 'pk = :nodes',
        ExpressionAttributeValues: { ':nodes': nodesPartition },
      }),
    );
    // One that cannot be read, of whatever release, must not hide the others.
    return (Items ?? []).flatMap((item) => (z.safeParse(record, item).success ? [toNode(item)] : []));
  }

  /** The newest first; empty when the node never was. */
  async getKeys(nodeId: string): Promise<string[]> {
    const { Item } = await this.#table.client.send(
      new GetCommand({ TableName: this.#table.name, Key: signingKeyOf(nodeId), ConsistentRead: true }),
    );
    return Item ? keys.parse(Item).keys : [];
  }
}

export function toNode(item: Record<string, unknown>): Node {
  const one = record.parse(item);
  // A newer release may have kinds of engines that this one does not know.
  const known = one.engines.map((value) => z.safeParse(engine, value)).flatMap(({ data }) => (data ? [data] : []));
  return {
    nodeId: one.sk,
    url: one.url,
    release: one.release,
    state: one.state,
    engines: known,
    load: one.load,
    rooms: one.rooms,
    capacity: one.capacity,
    heartbeatAtMs: one.heartbeat_at_ms,
    bootedAtMs: one.booted_at_ms,
    isProtected: one.protected,
    isBlocked: one.blocked,
    isEmpty: one.is_empty ?? (one.state === 'draining' && one.load === 0),
    ...(one.order && { order: one.order }),
    ...(one.suspected_at_ms !== undefined && { suspectedAtMs: one.suspected_at_ms }),
    ...(one.lost_at_ms !== undefined && { lostAtMs: one.lost_at_ms }),
    ...(one.released_at_ms !== undefined && { releasedAtMs: one.released_at_ms }),
  };
}
