import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tokenVerifier } from '../authorize/token.ts';
import { variables } from '../env.ts';
import { openTable } from '../store/table.ts';
import { createTable } from '../store/table-definition.ts';
import type { Child } from './child.ts';
import { startDynamoDb } from './dynamodb.ts';
import { createGateway } from './gateway/gateway.ts';
import { LOOPBACK_HOSTS } from './gateway/origin.ts';
import { createHttpServer } from './http-server.ts';
import { engineWhereabouts, startEngines, startNode } from './node.ts';
import { loadAuthorizer, loadRoutes } from './routes.ts';
import type { LocalSettings } from './settings.ts';

const tableName = 'patchbay';
const stage = 'local';
const consoleDir = fileURLToPath(new URL('../../console/dist', import.meta.url));
const childGraceMs = 2500;

export interface LocalStack {
  readonly consoleUrl: string;
  readonly apiUrl: string;
  /** Ends every process of the stack, within 5 s. */
  stop(): Promise<void>;
}

/**
 * The whole system on one machine: the gateway and the Lambda handlers in this process; DynamoDB, the controller and
 * Janus in processes of their own. `stack.json` in the data folder says where each of them is.
 */
export async function startStack(settings: LocalSettings): Promise<LocalStack> {
  const { dataDir, host } = settings;
  // A setting that is missing is told now, not at the first connect.
  if (settings.auth === 'jwt') tokenVerifier();
  await mkdir(join(dataDir, 'logs'), { recursive: true });
  const children: Child[] = [];
  const stopChildren = async () => {
    for (const child of children.reverse()) await child.stop(childGraceMs);
  };
  try {
    const engines = settings.hasController ? await startEngines(settings, children) : {};
    const dynamodbEndpoint = settings.dynamodbEndpoint ?? (await ownDynamoDb(dataDir, children));
    const table = openTable(tableName, dynamodbEndpoint);
    await createTable(table);

    // The handlers run in this process and find their settings where they do on AWS: in the environment.
    process.env[variables.table] = tableName;
    process.env[variables.dynamodbEndpoint] = dynamodbEndpoint;
    process.env[variables.auth] = settings.auth;
    process.env.POWERTOOLS_LOG_LEVEL ??= 'WARN';
    const gateway = createGateway({
      routes: await loadRoutes(),
      authorizer: await loadAuthorizer(),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own syntax
      routeSelectionExpression: '${request.body.subclass}/${request.body.cmd}',
      path: '/ws',
      stage,
      // Without auth the Host header is what keeps other web pages out; with it, this machine has any name.
      allowedHosts: settings.auth === 'none' ? [...LOOPBACK_HOSTS, host] : 'any',
      log: logFault,
      reorderSeed: settings.reorderSeed,
    });
    const recordingsDir = join(dataDir, 'recordings');
    const files = { prefix: '/recordings/', dir: recordingsDir };
    const server = await createHttpServer({ gateway, consoleDir, host, port: settings.port, files, log: logFault });
    const whatItUses = {
      table: tableName,
      dynamodbEndpoint,
      callbackUrl: server.url,
      recordingsDir,
      recordingsUrl: `${server.url}/recordings`,
    };
    const controller = settings.hasController
      ? await startNode({ settings, engines, table, whatItUses, children })
      : undefined;

    const shown = shownHost(host);
    const stack = {
      consoleUrl: `http://${shown}:${server.port}`,
      apiUrl: `ws://${shown}:${server.port}/ws`,
      async stop() {
        await server.close();
        await stopChildren();
        await rm(join(dataDir, 'stack.json'), { force: true });
      },
    };
    const whereabouts = {
      pid: process.pid,
      console: stack.consoleUrl,
      api: stack.apiUrl,
      dynamodb: dynamodbEndpoint,
      controller,
      ...engineWhereabouts(engines),
    };
    await writeFile(join(dataDir, 'stack.json'), JSON.stringify(whereabouts, null, 2), { mode: 0o600 });
    return stack;
  } catch (error) {
    await stopChildren();
    throw error;
  }
}

/** What went wrong in the gateway itself; a client is told as little of it as API Gateway tells. */
function logFault(line: object): void {
  if (Reflect.get(line, 'level') === 'error') console.error(line);
}

function shownHost(host: string): string {
  if (host === '127.0.0.1' || host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

async function ownDynamoDb(dataDir: string, children: Child[]): Promise<string> {
  const { endpoint, child } = await startDynamoDb(dataDir);
  children.push(child);
  return endpoint;
}
