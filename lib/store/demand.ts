import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Table } from './table.ts';

const record = z.object({ wanted_at_ms: z.number() });
const key = { pk: 'DEMAND', sk: 'DEMAND' };

/** How exactly the time is kept: so often it is written at the most, by each who writes it. */
const stepMs = 30_000;

/** When somebody last wanted a node: what brings nodes back from zero, and keeps the last one for a while. */
export class DemandStore {
  readonly #table: Table;
  #notedAtMs = Number.NEGATIVE_INFINITY;

  constructor(table: Table) {
    this.#table = table;
  }

  async note(nowMs: number): Promise<void> {
    if (nowMs - this.#notedAtMs < stepMs) return;
    const before = this.#notedAtMs;
    this.#notedAtMs = nowMs;
    try {
      await this.#table.client.send(
        new PutCommand({ TableName: this.#table.name, Item: { ...key, wanted_at_ms: nowMs } }),
      );
    } catch (error) {
      this.#notedAtMs = before;
      throw error;
    }
  }

  async wantedAtMs(): Promise<number | undefined> {
    const { Item } = await this.#table.client.send(
      new GetCommand({ TableName: this.#table.name, Key: key, ConsistentRead: true }),
    );
    return Item && record.parse(Item).wanted_at_ms;
  }
}
