import { DeleteCommand, GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Caller, callerSchema } from '../domain/access.ts';
import { type Subscription, subscription } from '../protocol/event.ts';
import { conditionInput, made, present, wantsNothing } from './conditions.ts';
import type { Table } from './table.ts';

const record = z.object({ sk: z.string(), caller: callerSchema, wanted: z.optional(z.set(z.string())) });

/** A connection lives for 2 h at most. */
const lifeSeconds = 3 * 3600;
const partition = 'SUBS';
/** For one connection: `*` stands for all, so nobody needs more, and the list fits a reply. */
export const maxSubscriptions = 100;
const keyOf = (connectionId: string) => ({ pk: partition, sk: connectionId });

export interface Subscribed {
  readonly caller: Caller;
  readonly subscription: Subscription;
}

/**
 * What connections asked for by `event/subscribe`, one item a connection, in one partition: a node that starts reads
 * them all, later ones are told to every live node.
 */
export class SubscriptionStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** False when the connection has as many as it may. */
  async add(caller: Caller, wanted: Subscription, nowMs: number): Promise<boolean> {
    const text = JSON.stringify(wanted);
    const command = new UpdateCommand({
      TableName: this.#table.name,
      Key: keyOf(caller.connectionId),
      UpdateExpression: 'ADD wanted :wanted SET caller = :caller, expires_at = :expires',
      ConditionExpression: 'attribute_not_exists(wanted) OR size(wanted) < :max OR contains(wanted, :text)',
      ExpressionAttributeValues: {
        ':wanted': new Set([text]),
        ':text': text,
        ':max': maxSubscriptions,
        ':caller': caller,
        ':expires': Math.floor(nowMs / 1000) + lifeSeconds,
      },
    });
    return made(this.#table.client.send(command));
  }

  /** The item goes with the last of them. Without the condition an update would make one that nobody can read. */
  async remove(connectionId: string, wanted: Subscription): Promise<void> {
    const item = { TableName: this.#table.name, Key: keyOf(connectionId) };
    let left: unknown;
    const update = async () => {
      const { Attributes } = await this.#table.client.send(
        new UpdateCommand({
          ...item,
          UpdateExpression: 'DELETE wanted :wanted',
          ...conditionInput(present),
          ExpressionAttributeValues: { ':wanted': new Set([JSON.stringify(wanted)]) },
          ReturnValues: 'ALL_NEW',
        }),
      );
      left = Attributes?.wanted;
    };
    if (!(await made(update())) || left !== undefined) return;
    // Unless another one has come in the meantime.
    await made(this.#table.client.send(new DeleteCommand({ ...item, ...conditionInput(wantsNothing) })));
  }

  /** True if there were any. */
  async removeAll(connectionId: string): Promise<boolean> {
    const { Attributes } = await this.#table.client.send(
      new DeleteCommand({ TableName: this.#table.name, Key: keyOf(connectionId), ReturnValues: 'ALL_OLD' }),
    );
    return Attributes !== undefined;
  }

  async of(connectionId: string): Promise<Subscription[]> {
    const { Item } = await this.#table.client.send(
      new GetCommand({ TableName: this.#table.name, Key: keyOf(connectionId), ConsistentRead: true }),
    );
    return Item ? toSubscribed(Item).map((one) => one.subscription) : [];
  }

  async all(): Promise<Subscribed[]> {
    const found: Subscribed[] = [];
    let from: Record<string, unknown> | undefined;
    do {
      const page = await this.#table.client.send(
        new QueryCommand({
          TableName: this.#table.name,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': partition },
          ExclusiveStartKey: from,
        }),
      );
      for (const item of page.Items ?? []) found.push(...toSubscribed(item));
      from = page.LastEvaluatedKey;
    } while (from);
    return found;
  }
}

function toSubscribed(item: Record<string, unknown>): Subscribed[] {
  const { caller, wanted } = record.parse(item);
  return [...(wanted ?? [])].map((text) => ({ caller, subscription: subscription.parse(JSON.parse(text)) }));
}
