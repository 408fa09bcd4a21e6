import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Node } from '../domain/placement.ts';
import { made } from './conditions.ts';
import { nodeKey, signingKeyOf, toNode } from './nodes.ts';
import type { Table } from './table.ts';

/** What a node says of itself; the rest of its record others write. */
export type OwnNode = Omit<Node, 'order' | 'suspectedAtMs' | 'lostAtMs' | 'releasedAtMs'>;

/** How a node keeps its record and key. Its heartbeat is an update, so that what the reaper wrote stays. */
export class NodeRegister {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /**
   * A heartbeat.
   *
   * @param isFirst the first of a process may make the record; a later one that finds none is a lost node's
   * @returns the record as it is now, with the reaper's order; undefined when the node was given up
   */
  async beat(node: OwnNode, isFirst: boolean): Promise<Node | undefined> {
    let item: Record<string, unknown> | undefined;
    const update = async () => {
      const { Attributes } = await this.#table.client.send(
        new UpdateCommand({
          TableName: this.#table.name,
          Key: nodeKey(node.nodeId),
          UpdateExpression:
            'SET #url = :url, #release = :release, #state = :state, engines = :engines, #load = :load, rooms = :rooms, ' +
            '#capacity = :capacity, heartbeat_at_ms = :now, booted_at_ms = :booted, protected = :protected, ' +
            'blocked = :blocked, is_empty = :empty ' +
            'REMOVE suspected_at_ms',
          ConditionExpression: isFirst
            ? 'attribute_not_exists(pk) OR #state <> :lost'
            : 'attribute_exists(pk) AND #state <> :lost',
          ExpressionAttributeNames: {
            '#url': 'url',
            '#release': 'release',
            '#state': 'state',
            '#load': 'load',
            '#capacity': 'capacity',
          },
          ExpressionAttributeValues: {
            ':url': node.url,
            ':release': node.release,
            ':state': node.state,
            ':engines': node.engines,
            ':load': node.load,
            ':rooms': node.rooms,
            ':capacity': node.capacity,
            ':now': node.heartbeatAtMs,
            ':booted': node.bootedAtMs,
            ':protected': node.isProtected,
            ':blocked': node.isBlocked,
            ':empty': node.isEmpty,
            ':lost': 'lost',
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      item = Attributes;
    };
    return (await made(update())) && item ? toNode(item) : undefined;
  }

  /** The node goes. One that was given up is the reaper's: it still has to look after what was there. */
  async remove(nodeId: string): Promise<void> {
    await made(
      this.#table.client.send(
        new DeleteCommand({
          TableName: this.#table.name,
          Key: nodeKey(nodeId),
          ConditionExpression: 'attribute_not_exists(pk) OR #state <> :lost',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':lost': 'lost' },
        }),
      ),
    );
  }

  /** @param signingKeys this boot's first, then those of the boot before, which count on for a while */
  async putKeys(nodeId: string, signingKeys: readonly string[]): Promise<void> {
    await this.#table.client.send(
      new PutCommand({ TableName: this.#table.name, Item: { ...signingKeyOf(nodeId), keys: signingKeys } }),
    );
  }
}
