import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import budget from '../../infra/budget.json' with { type: 'json' };
import { type FunctionName, functionNames, needs } from '../../lib/command/needs.ts';
import { type Variable, variables } from '../../lib/env.ts';
import { type Command, commandNames, commandRow } from '../../lib/protocol/commands.ts';
import { ConnectionStore } from '../../lib/store/connections.ts';
import { NodeRegister } from '../../lib/store/node-register.ts';
import { RoomStore } from '../../lib/store/rooms.ts';
import { commandData } from '../support/command-data.ts';
import { startTable, type TestTable } from '../support/dynamodb.ts';
import { type FakeNode, startFakeNode } from '../support/fake-node.ts';
import { listNode, node } from '../support/nodes.ts';
import { audience, goodClaims, issuer, secret, signed } from '../support/tokens.ts';

/**
 * What is deployed is the bundle, not the source: each is loaded here as Lambda does, in a process of its own under Node 24 with
 * the environment that it declares and no other, and answers what API Gateway sends.
 */

const bundleOf = (name: FunctionName) =>
  fileURLToPath(new URL(`../../dist/functions/${name.replaceAll('_', '-')}/index.mjs`, import.meta.url));
const loader = fileURLToPath(new URL('support/load-bundle.mjs', import.meta.url));
const event = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../fixtures/api-gateway/${name}.json`, import.meta.url), 'utf8'));

let table: TestTable;
let media: FakeNode;
/** ECS and Secrets Manager. */
const aws = createServer((request, response) => {
  const target = String(request.headers['x-amz-target']);
  response.setHeader('content-type', 'application/x-amz-json-1.1');
  if (target === 'secretsmanager.GetSecretValue') return response.end(JSON.stringify({ SecretString: secret }));
  const service = {
    desiredCount: 1,
    runningCount: 1,
    pendingCount: 0,
    deployments: [{ id: 'ecs-svc/1', status: 'PRIMARY' }],
  };
  return response.end(JSON.stringify({ services: [service] }));
});
let values: Partial<Record<Variable, string>>;

beforeAll(async () => {
  table = await startTable();
  media = await startFakeNode(['key']);
  media.answers(({ path }) => (path.endsWith('get_list') ? { sessions: [], rooms: [] } : { subscriptions: [] }));
  await new NodeRegister(table).putKeys('n1', ['key']);
  await listNode(table, node('n1', { url: media.url, heartbeatAtMs: Date.now() }));
  const connection = { connectionId: 'Uk0w-cHQliACFjA=', tenant: 'acme', userId: 'ann', connectedAt: '' };
  await new ConnectionStore(table).put(connection, Date.now());
  await new ConnectionStore(table).addNode(connection.connectionId, 'n1');
  const room = { tenant: 'acme', roomId: 'lobby', nodeId: 'n1', requestId: 'r', userId: 'ann', createdAt: '' };
  await new RoomStore(table).claim({ ...room, class: 'sfu', backend: 'janus' }, Math.floor(Date.now() / 1000) + 60);
  aws.listen(0, '127.0.0.1');
  await new Promise((resolve) => aws.once('listening', resolve));
  values = {
    table: table.name,
    callbackUrl: awsUrl(),
    cluster: 'calls',
    service: 'nodes',
    minNodes: '1',
    maxNodes: '10',
    auth: 'jwt',
    jwtIssuer: issuer,
    jwtAudience: audience,
    jwtSecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:calls-AbCdEf',
  };
});
afterAll(async () => {
  await media.stop();
  await table.stop();
  aws.close();
});
const awsUrl = () => `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;

/** What Lambda sets, what the function declares, and where AWS is. */
function environmentOf(name: FunctionName): Record<string, string> {
  const declared = needs[name].environment.flatMap((variable) => {
    const value = values[variable];
    return value === undefined ? [] : [[variables[variable], value] as const];
  });
  return {
    NODE_OPTIONS: '--enable-source-maps',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    ...Object.fromEntries(declared),
    [variables.dynamodbEndpoint]: table.endpoint,
    [variables.ecsEndpoint]: awsUrl(),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: awsUrl(),
  };
}

async function call(name: FunctionName, sent: unknown): Promise<{ answer: unknown; printed: string }> {
  const child = spawn(process.execPath, [loader, bundleOf(name)], { env: environmentOf(name) });
  child.stdin.end(JSON.stringify(sent));
  const [printed, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [, answer] = /^answer (.*)$/m.exec(printed) ?? [];
  if (answer === undefined) throw new Error(`${name} did not answer: ${printed}${complaints}`);
  return { answer: JSON.parse(answer), printed };
}

const message = (command: Command, more: object = {}) => {
  const [subclass, cmd] = command.split('/');
  const session = commandRow(command).ofSession ? { session_id: 'a@n1' } : {};
  const data = { ...session, ...commandData[command][0], ...more };
  return { ...event('message'), body: JSON.stringify({ class: 'media', subclass, cmd, data, tid: 'call-1' }) };
};
const answered = (answer: unknown): unknown => JSON.parse(String(Reflect.get(Object(answer), 'body')));

test.each(commandNames)('%s answers', async (name) => {
  const heard = media.requests.length;
  const { answer, printed } = await call(name, message(name));
  expect(answered(answer), printed).toMatchObject({ result: 'ok', tid: 'call-1' });
  expect(media.requests.length > heard).toBe(needs[name].callsNodes);
});

test('default answers by any of them', async () => {
  const { answer } = await call('default', message('session/get_info'));
  expect(answered(answer)).toMatchObject({ result: 'ok', tid: 'call-1' });
});

test('an unknown field is refused by its name', async () => {
  const { answer } = await call('session/create', message('session/create', { typ: 'echo' }));
  expect(answered(answer)).toMatchObject({
    result: 'error',
    data: { error: 'unknown field data.typ, did you mean type' },
  });
});

test('connect takes the subprotocol, disconnect tells the nodes', async () => {
  const { answer } = await call('connect', event('connect'));
  expect(answer).toEqual({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'patchbay.v1' } });
  await new ConnectionStore(table).addNode('Uk0w-cHQliACFjA=', 'n1');
  expect((await call('disconnect', event('disconnect'))).answer).toEqual({ statusCode: 200 });
  expect(media.requests.at(-1)?.path).toBe('/v1/connection/gone');
});

test('authorize lets a token in that is signed with the secret of Secrets Manager', async () => {
  const token = await signed(goodClaims());
  const sent = JSON.parse(JSON.stringify(event('authorize')).replaceAll('token.TOKEN', `token.${token}`));
  const { answer, printed } = await call('authorize', sent);
  expect(answer).toMatchObject({ principalId: 'ann', context: { tenant: 'acme' } });
  expect(printed.replace(/^answer.*$/m, '')).not.toContain(token);
});

test('reap looks after the nodes', async () => {
  expect((await call('reap', event('schedule'))).answer).toBeNull();
});

test.each(functionNames)('%s is within the budget', (name) => {
  expect(statSync(bundleOf(name)).size).toBeLessThanOrEqual(budget.maxBundleBytes);
});
