import { tableDefinition } from './table-definition.ts';

/** A write as its cost sees it: the item as it was and as it is, none for one that is not there. */
export interface Write {
  readonly before?: Readonly<Record<string, unknown>> | undefined;
  readonly after?: Readonly<Record<string, unknown>> | undefined;
}

const unitBytes = 1024;

/**
 * What a write costs in DynamoDB's write units: the item's size in whole KB, the larger of before and after, and for each
 * index what is put into or taken out of it. dynalite does not count index writes, so this does.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export function writeUnits({ before, after }: Write): number {
  const table = Math.max(unitsOf(before), unitsOf(after), 1);
  return tableDefinition.GlobalSecondaryIndexes.reduce((sum, index) => {
    const names = index.KeySchema.map(({ AttributeName }) => AttributeName);
    const was = keyIn(before, names);
    const is = keyIn(after, names);
    if (was === is) return sum;
    return sum + (was === undefined ? 0 : 1) + (is === undefined ? 0 : 1);
  }, table);
}

const unitsOf = (item: Write['before']) =>
  item === undefined ? 0 : Math.ceil(Buffer.byteLength(JSON.stringify(item)) / unitBytes);

/** An index holds an item that has all of its key's attributes; keys only, so nothing else of it matters. */
function keyIn(item: Write['before'], names: readonly (string | undefined)[]): string | undefined {
  const values = names.map((name) => (name === undefined ? undefined : item?.[name]));
  return values.includes(undefined) ? undefined : JSON.stringify(values);
}
