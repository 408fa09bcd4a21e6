import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type RoomClass, type RoomSummary, roomClass, roomSummary } from '../protocol/room.ts';
import { conditionInput, made, roomClaimable, roomHeldBy } from './conditions.ts';
import { keysOnNode, shardOf } from './on-node.ts';
import type { Table } from './table.ts';

const record = z.object({
  node: z.string(),
  request_id: z.string(),
  user_id: z.string(),
  class: roomClass,
  backend: roomSummary.shape.backend,
  created_at: z.string(),
});

/** Where a live room is and who made it. What it does, and who is in it, stays on its node. */
export interface RoomRecord {
  readonly tenant: string;
  readonly roomId: string;
  readonly nodeId: string;
  /** Of the request that made it. */
  readonly requestId: string;
  readonly userId: string;
  readonly class: RoomClass;
  readonly backend: RoomSummary['backend'];
  readonly createdAt: string;
}

/** What a room's record must still say for a write to be made. */
type Held = Pick<RoomRecord, 'tenant' | 'roomId' | 'nodeId' | 'requestId'>;

export interface RoomKey {
  readonly tenant: string;
  readonly roomId: string;
}

export const roomItem = ({ tenant, roomId }: RoomKey) => ({ pk: `T#${tenant}#R#${roomId}`, sk: 'R' });

/**
 * The live rooms, one record each: put when a node makes the room, deleted when it ends; nothing is written in between.
 * A room is on one node, and its record decides on which: of two nodes that make it at once, one has the claim refused.
 */
export class RoomStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** False when a room with this id is alive. The same request on the same node has it still: its put may come twice. */
  async claim(room: RoomRecord, expiresAtSeconds: number): Promise<boolean> {
    return made(
      this.#table.client.send(
        new PutCommand({
          TableName: this.#table.name,
          Item: {
            ...roomItem(room),
            node: room.nodeId,
            request_id: room.requestId,
            user_id: room.userId,
            class: room.class,
            backend: room.backend,
            created_at: room.createdAt,
            node_shard: shardOf(room.nodeId, room.roomId),
            expires_at: expiresAtSeconds,
          },
          ...conditionInput(roomClaimable(room.nodeId, room.requestId)),
        }),
      ),
    );
  }

  async get(key: RoomKey): Promise<RoomRecord | undefined> {
    const { Item } = await this.#table.client.send(
      new GetCommand({ TableName: this.#table.name, Key: roomItem(key), ConsistentRead: true }),
    );
    return Item && toRoom(key, Item);
  }

  /** Gives the id back. False when it was another's, or gone. */
  async release(room: Held): Promise<boolean> {
    return made(
      this.#table.client.send(
        new DeleteCommand({
          TableName: this.#table.name,
          Key: roomItem(room),
          ...conditionInput(roomHeldBy(room.nodeId, room.requestId)),
        }),
      ),
    );
  }

  /** The keys of all rooms whose records say that they live on a node. */
  async onNode(nodeId: string): Promise<RoomKey[]> {
    return (await keysOnNode(this.#table, nodeId, 'R')).map(({ tenant, id }) => ({ tenant, roomId: id }));
  }
}

function toRoom(key: RoomKey, item: Record<string, unknown>): RoomRecord {
  const { node, request_id, user_id, created_at, ...kind } = record.parse(item);
  return {
    ...key,
    nodeId: node,
    requestId: request_id,
    userId: user_id,
    class: kind.class,
    backend: kind.backend,
    createdAt: created_at,
  };
}
