import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withTimeout } from '../domain/with-timeout.ts';
import { Child } from './child.ts';
import { freePorts } from './ports.ts';

const script = fileURLToPath(new URL('dynamodb-process.ts', import.meta.url));
const startMs = 15_000;

/**
 * The embedded DynamoDB, in a process of its own: it is pure JavaScript and would hold up the gateway. It is on the same
 * port again when it had to be started anew.
 */
export async function startDynamoDb(dataDir: string): Promise<{ endpoint: string; child: Child }> {
  const [port = 0] = await freePorts(1);
  const { promise: listening, resolve } = Promise.withResolvers<unknown>();
  const child = new Child({
    name: 'dynamodb',
    command: process.execPath,
    args: [script, join(dataDir, 'dynamodb'), String(port)],
    logFile: join(dataDir, 'logs', 'dynamodb.log'),
    channel: true,
    onMessage: resolve,
  });
  child.start();
  await withTimeout(listening, startMs, () => new Error('the embedded DynamoDB did not start'));
  return { endpoint: `http://127.0.0.1:${port}`, child };
}
