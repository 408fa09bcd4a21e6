import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FunctionName, needs } from '../../lib/command/needs.ts';
import { services } from '../../lib/command/services.ts';
import { type Command, commandNames, commandRow } from '../../lib/protocol/commands.ts';
import { commandData, type Data, sessionData } from '../support/command-data.ts';
import { drop, type FakeNode } from '../support/fake-node.ts';
import { functionsUnderTest, lambdaContext, messageEvent } from '../support/functions.ts';
import { declared, kindOf, Noted, notedIn, noteTable } from '../support/noted-table.ts';
import { offer } from '../support/sdp.ts';

/**
 * What `lib/command/needs.ts` declares is what the handlers do: each runs here in every way that it has, and what it does to
 * the table is noted. Roles are made of the declaration, so what is missing there would be refused on AWS.
 */
const world = functionsUnderTest();

/** ECS, with no node yet and none on its way. */
const ecs = createServer((_, response) =>
  response.end(
    JSON.stringify({
      services: [
        { desiredCount: 0, runningCount: 0, pendingCount: 0, deployments: [{ id: 'ecs-svc/1', status: 'PRIMARY' }] },
      ],
    }),
  ),
);

beforeAll(async () => {
  ecs.listen(0, '127.0.0.1');
  await once(ecs, 'listening');
  const address = ecs.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  vi.stubEnv('PATCHBAY_ECS_ENDPOINT', `http://127.0.0.1:${port}`);
  vi.stubEnv('PATCHBAY_CALLBACK_URL', `http://127.0.0.1:${port}`);
  vi.stubEnv('PATCHBAY_CLUSTER', 'calls');
  vi.stubEnv('PATCHBAY_SERVICE', 'nodes');
  // To bring nodes back from none is the business of `connect`.
  vi.stubEnv('PATCHBAY_MIN_NODES', '0');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});
afterAll(() => ecs.close());
/** By how much the functions' clock is ahead. */
let laterMs = 0;
let times = 0;
/** That a node is wanted is written once in 30 s only: so this is later than all before. */
async function muchLater<T>(work: () => Promise<T>): Promise<T> {
  times += 1;
  laterMs = times * 60_000;
  try {
    return await work();
  } finally {
    laterMs = 0;
  }
}
beforeEach(() => {
  noteTable();
  vi.spyOn(services().clock, 'nowMs').mockImplementation(() => Date.now() + laterMs);
});

const identity = { tenant: 'acme', sub: 'ann', scope: 'media:session media:room media:rtp media:admin', batch: '0' };

/** A node, a session and a room on it, a connection that owns something there. */
async function surroundings() {
  const node = await world.startNode('n1');
  node.answers(({ path }) => {
    if (path.endsWith('get_list')) return { sessions: [], rooms: [] };
    return path === '/v1/event/get_subscriptions' ? { subscriptions: [] } : {};
  });
  const held = { tenant: 'acme', nodeId: 'n1', requestId: 'r', userId: 'ann', createdAt: '' } as const;
  const soon = Math.floor(Date.now() / 1000) + 60;
  await world.sessions.claim(
    { ...held, sessionId: 'mine', attempt: 1, connectionId: 'c1', type: 'echo', state: 'wait' },
    soon,
  );
  await world.rooms.claim({ ...held, roomId: 'lobby', class: 'sfu', backend: 'janus' }, soon);
  await world.connect('c1', ['n1']);
  return node;
}

async function handlerOf(name: FunctionName): Promise<(event: unknown, context: unknown) => Promise<unknown>> {
  const module: unknown = await import(
    new URL(`../../functions/${name.replaceAll('_', '-')}.ts`, import.meta.url).href
  );
  return Reflect.get(Object(module), 'handler');
}

/** Runs a function once, as the only thing that is noted. */
async function run(name: FunctionName, seen: Noted, event: unknown): Promise<unknown> {
  const handler = await handlerOf(name);
  return notedIn(seen, () => handler(event, lambdaContext()));
}

/** Every way of a command, by its own function or by `$default`. */
async function runCommand(name: FunctionName, command: Command, node: FakeNode, seen: Noted): Promise<void> {
  const [subclass, cmd] = command.split('/');
  const ask = async (fields: Data) => {
    const message = { class: 'media', subclass, cmd, data: fields, tid: 1 };
    const event = messageEvent(message, { connectionId: 'c1', authorizer: identity });
    const { body } = (await run(name, seen, event)) as { body: string };
    return JSON.parse(body);
  };
  for (const way of commandRow(command).ofSession ? sessionData : [{}]) {
    for (const more of commandData[command]) {
      const fields = { ...way, ...more };
      expect(await ask(fields), `${command} ${JSON.stringify(fields)}`).toMatchObject({ result: 'ok' });
    }
  }
  if (command === 'session/create') {
    // A node that may have heard of it, but does not say so, is fenced off.
    node.answers(() => drop);
    expect(await ask({ type: 'echo', offer })).toMatchObject({ result: 'error' });
  }
  if (command === 'session/create' || command === 'room/create') {
    // No node at all: that one is wanted is noted.
    await world.unlist('n1');
    services().directory.forget('n1');
    const [fields = {}] = commandData[command];
    expect(await muchLater(() => ask(fields))).toMatchObject({ data: { reason: 'no_mediaserver' } });
  }
}

describe('what a function declares is what it does to the table', () => {
  test.each(commandNames)('%s', async (name) => {
    const node = await surroundings();
    const seen = new Noted();
    await runCommand(name, name, node, seen);
    expect(seen.sorted).toEqual(declared(needs[name].table));
    expect(node.requests.length > 0, 'calls nodes').toBe(needs[name].callsNodes);
  });

  test('default', async () => {
    const seen = new Noted();
    for (const command of commandNames) {
      const node = await surroundings();
      await runCommand('default', command, node, seen);
      await node.stop();
    }
    expect(seen.sorted).toEqual(declared(needs.default.table));
  });

  test('connect', async () => {
    await surroundings();
    const seen = new Noted();
    const event = messageEvent('', { connectionId: 'c2', eventType: 'CONNECT', authorizer: identity });
    await muchLater(() => run('connect', seen, event));
    expect(seen.sorted).toEqual(declared(needs.connect.table));
  });

  test('disconnect', async () => {
    const node = await surroundings();
    const seen = new Noted();
    await run('disconnect', seen, messageEvent('', { connectionId: 'c1', eventType: 'DISCONNECT' }));
    expect(seen.sorted).toEqual(declared(needs.disconnect.table));
    expect(node.requests.length > 0).toBe(needs.disconnect.callsNodes);
  });
});

test('reap declares what it does to the table', async () => {
  const node = await surroundings();
  const seen = new Noted();
  const reap = (event: unknown) => run('reap', seen, event);
  await world.startNode('silent', { heartbeatAtMs: Date.now() - 600_000 });
  // Two sessions, one of which had to be fenced off elsewhere before, and a room.
  const held = { tenant: 'acme', nodeId: 'n1', requestId: 'r', userId: 'ann', createdAt: '' } as const;
  const fenced = { ...held, sessionId: 'late', attempt: 2, connectionId: 'c1', type: 'echo', state: 'wait' } as const;
  await world.sessions.claim(fenced, Math.floor(Date.now() / 1000) + 60);
  await reap({ 'detail-type': 'Scheduled Event' });
  const stopped = { lastStatus: 'STOPPED', taskArn: 'arn:aws:ecs:eu-central-1:1:task/calls/n1' };
  await reap({ 'detail-type': 'ECS Task State Change', detail: stopped });
  // Half a minute later nothing of it is left.
  await muchLater(() => reap({ 'detail-type': 'Scheduled Event' }));
  expect(seen.sorted).toEqual(declared(needs.reap.table));
  expect(node.requests).toEqual([]);
});

test('no key is of two kinds of records, whatever tenant it is of', () => {
  const keys = ['C#abc=', 'T#acme#S#a@n1', 'T#a.b:c-d_e#R#lobby', 'NODES', 'K#n1', 'SUBS', 'DEMAND'];
  for (const pk of keys) expect(kindOf({ Key: { pk } }), pk).toBeDefined();
});
