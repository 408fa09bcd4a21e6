import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';

/** The least that a function on DynamoDB is: its client, and one read. What patchbay's functions are measured against. */
const client = new DynamoDBClient({});

export async function handler({ key }: { readonly key: string }): Promise<unknown> {
  const { Item } = await client.send(new GetItemCommand({ TableName: 'calls', Key: { pk: { S: key } } }));
  return Item;
}
