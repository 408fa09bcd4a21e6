import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Node } from '../domain/placement.ts';
import { made } from './conditions.ts';
import { nodeKey, signingKeyOf } from './nodes.ts';
import type { Table } from './table.ts';

/** What the reaper writes into nodes' records. Each write is conditional on what it has seen, and harmless twice. */
export class NodeOrders {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Notes that the node is silent. False when it has spoken since. */
  suspect({ nodeId, heartbeatAtMs }: Node, nowMs: number): Promise<boolean> {
    return this.#update(nodeId, {
      set: 'suspected_at_ms = if_not_exists(suspected_at_ms, :now)',
      condition: 'heartbeat_at_ms = :seen AND #state <> :lost',
      values: { ':now': nowMs, ':seen': heartbeatAtMs },
    });
  }

  /** Gives the node up. False when it has spoken since, or is given up already. */
  lose({ nodeId, heartbeatAtMs }: Node, nowMs: number): Promise<boolean> {
    return this.#update(nodeId, {
      set: '#state = :lost, lost_at_ms = :now',
      condition: 'heartbeat_at_ms = :seen AND #state <> :lost',
      values: { ':now': nowMs, ':seen': heartbeatAtMs },
    });
  }

  /**
   * The same of one whose task has stopped, whenever it last spoke. One that took itself off the list is listed again, as
   * lost: so that whoever looks next finds it, too, until nothing of it is left.
   *
   * @returns whether it was on the list
   */
  async loseStopped(nodeId: string, nowMs: number): Promise<boolean> {
    let wasListed = false;
    const update = async () => {
      const { Attributes } = await this.#table.client.send(
        new UpdateCommand({
          TableName: this.#table.name,
          Key: nodeKey(nodeId),
          UpdateExpression:
            'SET #state = :lost, lost_at_ms = :now, heartbeat_at_ms = if_not_exists(heartbeat_at_ms, :now), ' +
            '#url = if_not_exists(#url, :none), #release = if_not_exists(#release, :none), ' +
            'engines = if_not_exists(engines, :engines), #load = if_not_exists(#load, :zero), ' +
            '#capacity = if_not_exists(#capacity, :zero)',
          ConditionExpression: 'attribute_not_exists(pk) OR #state <> :lost',
          ExpressionAttributeNames: {
            '#state': 'state',
            '#url': 'url',
            '#release': 'release',
            '#load': 'load',
            '#capacity': 'capacity',
          },
          ExpressionAttributeValues: {
            ':lost': 'lost',
            ':now': nowMs,
            ':none': '',
            ':engines': [],
            ':zero': 0,
          },
          ReturnValues: 'ALL_OLD',
        }),
      );
      wasListed = Attributes !== undefined;
    };
    return (await made(update())) && wasListed;
  }

  /** Orders it to drain. False when it is not up any more, or has its order. */
  drain(nodeId: string): Promise<boolean> {
    return this.#update(nodeId, {
      set: '#order = :drain',
      condition: '#state = :up AND attribute_not_exists(#order)',
      names: { '#order': 'order' },
      values: { ':drain': 'drain', ':up': 'up' },
    });
  }

  /** Notes, before it is done, that the service's count is lowered for it. False when somebody else has just done so, or it is gone. */
  release({ nodeId, releasedAtMs }: Node, nowMs: number): Promise<boolean> {
    const before = releasedAtMs === undefined ? 'attribute_not_exists(released_at_ms)' : 'released_at_ms = :before';
    return this.#update(nodeId, {
      set: 'released_at_ms = :now',
      // One that has gone meanwhile has no state either: that is not 'lost', and an update would list it again, as half a node.
      condition: `attribute_exists(pk) AND ${before} AND #state <> :lost`,
      values: { ':now': nowMs, ...(releasedAtMs !== undefined && { ':before': releasedAtMs }) },
    });
  }

  /**
   * Nothing is left of a lost node. The record goes last: as long as it is there, no process can come back under this id, and
   * one that does puts its key once more then.
   */
  async forget(nodeId: string): Promise<void> {
    const { client, name } = this.#table;
    await client.send(new DeleteCommand({ TableName: name, Key: signingKeyOf(nodeId) }));
    await made(
      client.send(
        new DeleteCommand({
          TableName: name,
          Key: nodeKey(nodeId),
          ConditionExpression: '#state = :lost',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':lost': 'lost' },
        }),
      ),
    );
  }

  #update(
    nodeId: string,
    write: {
      readonly set: string;
      readonly condition: string;
      readonly names?: Readonly<Record<string, string>>;
      readonly values: Readonly<Record<string, unknown>>;
    },
  ): Promise<boolean> {
    const { set, condition, names, values } = write;
    const text = `${set} ${condition}`;
    return made(
      this.#table.client.send(
        new UpdateCommand({
          TableName: this.#table.name,
          Key: nodeKey(nodeId),
          UpdateExpression: `SET ${set}`,
          ConditionExpression: condition,
          ExpressionAttributeNames: { ...names, '#state': 'state' },
          ExpressionAttributeValues: { ...values, ...(text.includes(':lost') && { ':lost': 'lost' }) },
        }),
      ),
    );
  }
}
