import { AsyncLocalStorage } from 'node:async_hooks';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { vi } from 'vitest';
import { leadingKeys, type Operation, type RecordKind, type TableNeeds } from '../../lib/command/needs.ts';
import type { Table } from '../../lib/store/table.ts';

/** What somebody does to the table: `key get`, `nodes query` … */
export class Noted {
  readonly #all = new Set<string>();

  add(command: object): void {
    const { name } = command.constructor;
    this.#all.add(`${kindOf(Reflect.get(command, 'input'))} ${operationOf[name] ?? name}`);
  }

  get sorted(): string[] {
    return [...this.#all].sort();
  }
}

/** What is declared, in the same form. */
export const declared = (needs: TableNeeds): string[] =>
  Object.entries(needs)
    .flatMap(([kind, done]) => done.map((operation) => `${kind} ${operation}`))
    .sort();

const operationOf: Readonly<Record<string, Operation>> = {
  GetCommand: 'get',
  QueryCommand: 'query',
  PutCommand: 'put',
  UpdateCommand: 'update',
  DeleteCommand: 'delete',
};

/** @throws Error for a key that is of none or of several kinds of records */
export function kindOf(input: Record<string, Record<string, unknown>>): RecordKind {
  const pk = String((input.Key ?? input.Item)?.pk ?? Object.values(input.ExpressionAttributeValues ?? {})[0]);
  const kinds = Object.keys(leadingKeys) as RecordKind[];
  const fitting = kinds.filter((kind) => (kind === 'onNode') === (input.IndexName !== undefined) && fits(pk, kind));
  if (fitting.length !== 1 || !fitting[0]) throw new Error(`${pk} is of ${fitting.length} kinds of records`);
  return fitting[0];
}

/** As IAM compares by `StringLike`. */
function fits(pk: string, kind: RecordKind): boolean {
  const pattern = leadingKeys[kind]
    .replaceAll(/[.+^$(){}|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`).test(pk);
}

const current = new AsyncLocalStorage<Noted>();

/** From now on, until mocks are restored, what runs by `notedIn` is noted. */
export function noteTable(): void {
  const { send } = DynamoDBDocumentClient.prototype;
  vi.spyOn(DynamoDBDocumentClient.prototype, 'send').mockImplementation(function (
    this: DynamoDBDocumentClient,
    ...request: Parameters<typeof send>
  ) {
    current.getStore()?.add(request[0]);
    return send.apply(this, request) as never;
  });
}

export const notedIn = <T>(noted: Noted, work: () => T): T => current.run(noted, work);

/** The same table, for somebody whose use of it is noted. */
export function notedTable(table: Table, noted: Noted): Table {
  const client: DynamoDBDocumentClient = Object.create(table.client);
  client.send = ((...request: Parameters<DynamoDBDocumentClient['send']>) => {
    noted.add(request[0]);
    return table.client.send(...request);
  }) as DynamoDBDocumentClient['send'];
  return { name: table.name, client };
}
