import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { made } from './conditions.ts';
import { type RoomRecord, RoomStore, roomItem } from './rooms.ts';
import { type SessionRecord, SessionStore, sessionItem } from './sessions.ts';
import type { Table } from './table.ts';

/** Longer than any run of the reaper takes: one that died midway has let go of what it took. */
export const takenMs = 90_000;
const readsAtOnce = 32;

/**
 * Who holds an object between its taking from a lost node and its deletion. No node is called so: whatever the lost node
 * may still write is refused.
 */
const takenFrom = (nodeId: string) => `lost:${nodeId}`;

/** An object as it was on its node. */
interface Held {
  readonly nodeId: string;
  readonly requestId: string;
}

/**
 * The sessions and rooms of lost nodes. Each is taken, its end is told, then it is deleted: of several who find it one has
 * it taken and tells; where that one dies in between, another takes it over later.
 */
export class LostObjects {
  readonly #table: Table;
  readonly #sessions: SessionStore;
  readonly #rooms: RoomStore;

  constructor(table: Table) {
    this.#table = table;
    this.#sessions = new SessionStore(table);
    this.#rooms = new RoomStore(table);
  }

  async sessionsOn(nodeId: string): Promise<SessionRecord[]> {
    const keys = await this.#sessions.onNode(nodeId);
    return held(nodeId, await readAll(keys, (key) => this.#sessions.get(key)));
  }

  async roomsOn(nodeId: string): Promise<RoomRecord[]> {
    const keys = await this.#rooms.onNode(nodeId);
    return held(nodeId, await readAll(keys, (key) => this.#rooms.get(key)));
  }

  /** True for one who asks. */
  takeSession(session: SessionRecord, nowMs: number): Promise<boolean> {
    return this.#take(sessionItem(session), session, nowMs);
  }

  /** True for one who asks. */
  takeRoom(room: RoomRecord, nowMs: number): Promise<boolean> {
    return this.#take(roomItem(room), room, nowMs);
  }

  /** Gives the id back, as the node would have: where its create was fenced off elsewhere, the fence stays. */
  async deleteSession(session: SessionRecord, nowMs: number): Promise<void> {
    await this.#sessions.release({ ...session, nodeId: takenFrom(session.nodeId) }, nowMs);
  }

  async deleteRoom(room: RoomRecord): Promise<void> {
    await this.#rooms.release({ ...room, nodeId: takenFrom(room.nodeId) });
  }

  #take(Key: { pk: string; sk: string }, { nodeId, requestId }: Held, nowMs: number): Promise<boolean> {
    return made(
      this.#table.client.send(
        new UpdateCommand({
          TableName: this.#table.name,
          Key,
          UpdateExpression: 'SET #node = :taken, taken_at_ms = :now',
          ConditionExpression:
            'request_id = :request AND (#node = :node OR (#node = :taken AND taken_at_ms <= :before))',
          ExpressionAttributeNames: { '#node': 'node' },
          ExpressionAttributeValues: {
            ':taken': takenFrom(nodeId),
            ':node': nodeId,
            ':request': requestId,
            ':now': nowMs,
            ':before': nowMs - takenMs,
          },
        }),
      ),
    );
  }
}

/** Those that are the node's, as they were on it: the index lags behind, an id may be another node's by now. */
const held = <T extends Held>(nodeId: string, records: readonly T[]): T[] =>
  records.filter((one) => [nodeId, takenFrom(nodeId)].includes(one.nodeId)).map((one) => ({ ...one, nodeId }));

async function readAll<Key, T>(keys: readonly Key[], read: (key: Key) => Promise<T | undefined>): Promise<T[]> {
  const found: (T | undefined)[] = [];
  for (let at = 0; at < keys.length; at += readsAtOnce) {
    found.push(...(await Promise.all(keys.slice(at, at + readsAtOnce).map(read))));
  }
  return found.flatMap((one) => (one === undefined ? [] : [one]));
}
