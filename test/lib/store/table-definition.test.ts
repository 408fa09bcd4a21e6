import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { openTable } from '../../../lib/store/table.ts';
import { createTable } from '../../../lib/store/table-definition.ts';
import { startTable } from '../../support/dynamodb.ts';

test('making the table again does nothing, even from two sides at once', async () => {
  const table = await startTable();
  onTestFinished(() => table.stop());
  await createTable(table);
  const other = openTable('another', table.endpoint);
  onTestFinished(() => other.client.destroy());
  await Promise.all([createTable(other), createTable(other)]);
  const { Table } = await other.client.send(new DescribeTableCommand({ TableName: 'another' }));
  expect(Table?.TableStatus).toBe('ACTIVE');
  expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(['on_node']);
  expect(Table?.GlobalSecondaryIndexes?.[0]?.Projection?.ProjectionType).toBe('KEYS_ONLY');
});

test('a table whose DynamoDB is away is an error, not a wait without end', async () => {
  const table = await startTable();
  await table.stop();
  const gone = openTable('gone', table.endpoint);
  onTestFinished(() => gone.client.destroy());
  await expect(createTable(gone)).rejects.toThrow(/ECONNREFUSED/);
});
