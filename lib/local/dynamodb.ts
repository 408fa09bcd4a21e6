import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { withTimeout } from '../domain/with-timeout.ts';
import { Child } from './child.ts';

const ready = z.object({ port: z.int() });
const script = fileURLToPath(new URL('dynamodb-process.ts', import.meta.url));
const startMs = 15_000;

/** The embedded DynamoDB, in a process of its own: it is pure JavaScript and would hold up the gateway. */
export async function startDynamoDb(dataDir: string): Promise<{ endpoint: string; child: Child }> {
  let child: Child | undefined;
  const port = new Promise<number>((resolve, reject) => {
    child = new Child({
      name: 'dynamodb',
      command: process.execPath,
      args: [script, join(dataDir, 'dynamodb')],
      logFile: join(dataDir, 'logs', 'dynamodb.log'),
      channel: true,
      onMessage: (message) => {
        const result = z.safeParse(ready, message);
        if (result.success) resolve(result.data.port);
        else reject(new Error('the embedded DynamoDB did not say its port'));
      },
    });
    child.start();
  });
  const found = await withTimeout(port, startMs, () => new Error('the embedded DynamoDB did not start'));
  if (!child) throw new Error('the embedded DynamoDB did not start');
  return { endpoint: `http://127.0.0.1:${found}`, child };
}
