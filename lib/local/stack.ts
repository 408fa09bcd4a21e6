import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tokenVerifier } from '../authorize/token.ts';
import { requireFolder } from '../backends/freeswitch/requests.ts';
import { formatJanusUrl } from '../backends/janus/url.ts';
import { variables } from '../env.ts';
import { NodeStore } from '../store/nodes.ts';
import { openTable } from '../store/table.ts';
import { createTable } from '../store/table-definition.ts';
import type { Child } from './child.ts';
import { startController } from './controller.ts';
import { startDynamoDb } from './dynamodb.ts';
import { startFreeSwitch } from './freeswitch.ts';
import { createGateway } from './gateway/gateway.ts';
import { LOOPBACK_HOSTS } from './gateway/origin.ts';
import { createHttpServer } from './http-server.ts';
import { startJanus } from './janus.ts';
import { loadAuthorizer, loadRoutes } from './routes.ts';
import type { LocalSettings } from './settings.ts';

const tableName = 'patchbay';
const nodeId = 'local';
const stage = 'local';
const consoleDir = fileURLToPath(new URL('../../console/dist', import.meta.url));
const childGraceMs = 2500;
const readyMs = 20_000;

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
    const janus = settings.janusUrls.length > 0 ? undefined : await startJanus(dataDir, settings);
    if (janus) children.push(janus.child);
    const freeswitch = settings.freeswitchUrls.length > 0 ? undefined : await startFreeSwitch(dataDir, settings);
    if (freeswitch) children.push(freeswitch.child);
    if (freeswitch || settings.freeswitchUrls.length > 0) requireFolder(variables.dataDir, dataDir);
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
    const controller = startController(dataDir, {
      table: tableName,
      dynamodbEndpoint,
      callbackUrl: server.url,
      nodeId,
      recordingsDir,
      recordingsUrl: `${server.url}/recordings`,
      freeswitchUrl: (freeswitch ? [freeswitch.url] : settings.freeswitchUrls).join(','),
      publicIp: settings.mediaAddress,
      janusUrl: (janus ? [formatJanusUrl(janus.address)] : settings.janusUrls).join(','),
      allowedNetworks: settings.allowedNetworks.join(','),
    });
    children.push(controller);
    const expected = ['janus', ...(freeswitch || settings.freeswitchUrls.length > 0 ? ['freeswitch'] : [])];
    const node = await nodeUp(new NodeStore(table), expected);

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
      controller: { url: node, pid: controller.pid },
      freeswitch: freeswitch && { url: freeswitch.url, pid: freeswitch.child.pid },
      janus: janus && {
        url: janus.url,
        adminUrl: janus.adminUrl,
        adminSecret: janus.adminSecret,
        pid: janus.child.pid,
      },
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

/** Waits until the controller has registered with an engine of each expected kind up; where it is. */
async function nodeUp(nodes: NodeStore, kinds: readonly string[]): Promise<string> {
  const startedAtMs = Date.now();
  while (Date.now() - startedAtMs < readyMs) {
    const list = await nodes.list();
    const node = list.find(
      ({ nodeId: id, heartbeatAtMs, engines }) =>
        id === nodeId &&
        heartbeatAtMs >= startedAtMs &&
        kinds.every((wanted) => engines.some(({ kind, up }) => up && kind === wanted)),
    );
    if (node) return node.url;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${kinds.join(' and ')} did not come up within ${readyMs / 1000} s: see the logs in the data folder`);
}
