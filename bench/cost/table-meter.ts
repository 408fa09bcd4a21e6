import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { openTable } from '../../lib/store/table.ts';
import { writeUnits } from '../../lib/store/write-units.ts';

const text = z.object({ S: z.string() });
const key = z.object({ pk: text, sk: text });
const request = z.object({
  TableName: z.string(),
  Key: z.optional(key),
  Item: z.optional(key),
  ConsistentRead: z.optional(z.boolean()),
  ExpressionAttributeValues: z.optional(z.record(z.string(), z.unknown())),
});
type Request = z.output<typeof request>;

const readUnitBytes = 4096;

const nameOf = ({ Key, Item }: Request) => [(Key ?? Item)?.pk.S, (Key ?? Item)?.sk.S].join(' ');

/** Units by whose they are: `call`, or what a node and the list of nodes cost whether there is a call or not. */
export interface Units {
  call: { write: number; read: number };
  /** Of one heartbeat, and of one look at the list of nodes: the last that was seen. */
  heartbeatWrite: number;
  nodeListRead: number;
  /** All that was read, by whomever. */
  reads: number;
}

/** Stands before a DynamoDB and counts what it is asked in the units that AWS bills. */
export class TableMeter {
  readonly units: Units = { call: { write: 0, read: 0 }, heartbeatWrite: 0, nodeListRead: 0, reads: 0 };
  readonly #target: string;
  /** Each item as it was last seen, so that a write need not wait for its meter. */
  readonly #items = new Map<string, Promise<Record<string, unknown> | undefined>>();
  readonly #server = createServer((incoming, response) => void this.#pass(incoming, response));

  private constructor(target: string) {
    this.#target = target;
  }

  static async before(target: string): Promise<TableMeter> {
    const meter = new TableMeter(target);
    meter.#server.listen(0, '127.0.0.1');
    await once(meter.#server, 'listening');
    return meter;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    const { data } = request.safeParse(JSON.parse(body));
    const isWrite = /^(Put|Update|Delete)Item$/.test(operation);
    const before = isWrite && data ? await (this.#items.get(nameOf(data)) ?? this.#item(data)) : undefined;
    const headers = Object.entries(incoming.headers).filter(([name]) =>
      /^(x-amz-|content-type|authorization)/.test(name),
    );
    const answer = await fetch(this.#target, {
      method: 'POST',
      body,
      headers: headers.map(([name, value]) => [name, String(value)]),
    });
    const content = await answer.text();
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(content);
    if (!data) return;
    if (isWrite) {
      const item = this.#item(data);
      this.#items.set(nameOf(data), item);
      this.#wrote(data, writeUnits({ before, after: await item }));
    } else if (/^(GetItem|Query)$/.test(operation)) this.#read(data, body, Buffer.byteLength(content));
  }

  async #item(data: Request): Promise<Record<string, unknown> | undefined> {
    const { pk, sk } = data.Key ?? data.Item ?? {};
    const Key = { pk: pk?.S, sk: sk?.S };
    const { client } = openTable(data.TableName, this.#target);
    const { Item } = await client.send(new GetCommand({ TableName: data.TableName, Key, ConsistentRead: true }));
    client.destroy();
    return Item;
  }

  #wrote(data: Request, units: number): void {
    const pk = (data.Key ?? data.Item)?.pk.S ?? '';
    if (pk === 'NODES') this.units.heartbeatWrite = units;
    else if (!pk.startsWith('K#')) this.units.call.write += units;
  }

  /** A key is read once for each function that starts, not for each call. */
  #read({ Key, ConsistentRead }: Request, body: string, bytes: number): void {
    const units = Math.max(1, Math.ceil(bytes / readUnitBytes)) * (ConsistentRead ? 1 : 0.5);
    this.units.reads += units;
    if (body.includes('"NODES"')) this.units.nodeListRead = units;
    else if (!Key?.pk.S.startsWith('K#')) this.units.call.read += units;
  }
}
