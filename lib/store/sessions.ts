import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { sessionType } from '../protocol/session.ts';
import { claimable, conditionInput, fenceable, heldBy, made } from './conditions.ts';
import { keysOnNode, shardOf } from './on-node.ts';
import type { Table } from './table.ts';

const record = z.object({
  node: z.string(),
  attempt: z.int(),
  request_id: z.string(),
  user_id: z.string(),
  connection_id: z.string(),
  type: sessionType,
  state: z.enum(['wait', 'ready']),
  created_at: z.string(),
});

/** Where a live session is and whose it is. What it does stays on its node. */
export interface SessionRecord {
  readonly tenant: string;
  readonly sessionId: string;
  readonly nodeId: string;
  /** Which try of its `create` this is: with the node it fences the loser of two. */
  readonly attempt: number;
  /** Of the request that made it. */
  readonly requestId: string;
  readonly userId: string;
  /** The connection that owns it. */
  readonly connectionId: string;
  readonly type: z.output<typeof sessionType>;
  readonly state: 'wait' | 'ready';
  readonly createdAt: string;
}

/** What a session's record must still say for a write to be made. */
type Held = Pick<SessionRecord, 'tenant' | 'sessionId' | 'nodeId' | 'attempt' | 'requestId'>;

export interface SessionKey {
  readonly tenant: string;
  readonly sessionId: string;
}

/** Longer than any retry of a function or a late put of a node. */
const fenceSeconds = 300;
export const sessionItem = ({ tenant, sessionId }: SessionKey) => ({ pk: `T#${tenant}#S#${sessionId}`, sk: 'S' });

/**
 * The live sessions, one record each: put when a node accepts the session, deleted when it ends.
 * Write units of a call: put 1 + index 1, ready 1, delete 1 + index 1.
 */
export class SessionStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** False when a session with this id is alive, or its create was sent elsewhere in the meantime. */
  async claim(session: SessionRecord, expiresAtSeconds: number): Promise<boolean> {
    return made(
      this.#table.client.send(
        new PutCommand({
          TableName: this.#table.name,
          Item: {
            ...sessionItem(session),
            node: session.nodeId,
            attempt: session.attempt,
            request_id: session.requestId,
            user_id: session.userId,
            connection_id: session.connectionId,
            type: session.type,
            state: session.state,
            created_at: session.createdAt,
            node_shard: shardOf(session.nodeId, session.sessionId),
            expires_at: expiresAtSeconds,
          },
          ...conditionInput(claimable(session.attempt, session.requestId)),
        }),
      ),
    );
  }

  async get(key: SessionKey): Promise<SessionRecord | undefined> {
    const { Item } = await this.#table.client.send(
      new GetCommand({ TableName: this.#table.name, Key: sessionItem(key), ConsistentRead: true }),
    );
    return Item && Item.state !== 'fenced' ? toSession(key, Item) : undefined;
  }

  /**
   * Keeps a node that did not accept a create in time from accepting it later: of the same request only `attempt` and
   * those after it may claim the id from now on. False when the node has accepted it already.
   */
  async fence(key: SessionKey, attempt: number, requestId: string, nowMs: number): Promise<boolean> {
    const expiresAtSeconds = Math.floor(nowMs / 1000) + fenceSeconds;
    return made(
      this.#table.client.send(
        new PutCommand({
          TableName: this.#table.name,
          Item: { ...sessionItem(key), state: 'fenced', attempt, request_id: requestId, expires_at: expiresAtSeconds },
          ...conditionInput(fenceable(attempt - 1, requestId)),
        }),
      ),
    );
  }

  /** Writes state and owner. False when another node or attempt holds the session now: then this one must end itself silently. */
  async update(session: SessionRecord): Promise<boolean> {
    const { ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues } = conditionInput(
      heldBy(session.nodeId, session.attempt, session.requestId),
    );
    return made(
      this.#table.client.send(
        new UpdateCommand({
          TableName: this.#table.name,
          Key: sessionItem(session),
          UpdateExpression: 'SET #state = :state, user_id = :user, connection_id = :connection',
          ConditionExpression,
          ExpressionAttributeNames: { ...ExpressionAttributeNames, '#state': 'state' },
          ExpressionAttributeValues: {
            ...ExpressionAttributeValues,
            ':state': session.state,
            ':user': session.userId,
            ':connection': session.connectionId,
          },
        }),
      ),
    );
  }

  /**
   * Gives the id back. Where earlier attempts of the same request were fenced off, the fence stays in its place until
   * they cannot come any more. False when it was another's, or gone.
   */
  async release(session: Held, nowMs: number): Promise<boolean> {
    const { attempt, requestId } = session;
    const condition = conditionInput(heldBy(session.nodeId, attempt, requestId));
    const name = { TableName: this.#table.name };
    if (attempt === 1) {
      return made(this.#table.client.send(new DeleteCommand({ ...name, Key: sessionItem(session), ...condition })));
    }
    const fence = { ...sessionItem(session), state: 'fenced', attempt, request_id: requestId };
    const Item = { ...fence, expires_at: Math.floor(nowMs / 1000) + fenceSeconds };
    return made(this.#table.client.send(new PutCommand({ ...name, Item, ...condition })));
  }

  /** The keys of all sessions whose records say that they live on a node. */
  async onNode(nodeId: string): Promise<SessionKey[]> {
    return (await keysOnNode(this.#table, nodeId, 'S')).map(({ tenant, id }) => ({ tenant, sessionId: id }));
  }
}

function toSession(key: SessionKey, item: Record<string, unknown>): SessionRecord {
  const { node, attempt, request_id, user_id, connection_id, type, state, created_at } = record.parse(item);
  return {
    ...key,
    nodeId: node,
    attempt,
    requestId: request_id,
    userId: user_id,
    connectionId: connection_id,
    type,
    state,
    createdAt: created_at,
  };
}
