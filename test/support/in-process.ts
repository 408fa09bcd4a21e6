import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { handler as dispatch } from '../../functions/default.ts';
import { handler as disconnect } from '../../functions/disconnect.ts';
import type { Backend } from '../../lib/backends/backend.ts';
import { P2pBackend } from '../../lib/backends/p2p/backend.ts';
import type { RouteHandler } from '../../lib/command/command.ts';
import { services } from '../../lib/command/services.ts';
import { type NodeOptions, type RunningNode, startNode } from '../../lib/controller/node.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import { silentLog } from '../../lib/domain/log.ts';
import type { ErrorBody } from '../../lib/protocol/errors.ts';
import type { PatchbayEvent } from '../../lib/protocol/events.ts';
import type { Poster } from '../../lib/push/poster.ts';
import { ConnectionStore } from '../../lib/store/connections.ts';
import { SessionStore } from '../../lib/store/sessions.ts';
import { startTable, type TestTable } from './dynamodb.ts';
import { FakeBackend } from './fake-backend.ts';
import { FakeFreeSwitch } from './fake-freeswitch.ts';
import { lambdaContext, messageEvent, type Reply } from './functions.ts';
import { answer, offer } from './sdp.ts';
import { until } from './until.ts';
import { testFiles, testRules } from './world.ts';

type Data = Record<string, unknown>;

/** Who is on a connection, as the authorizer says. */
export interface Identity {
  readonly tenant?: string;
  readonly sub?: string;
  readonly scope?: string;
  readonly rooms?: string;
  /** Seconds since 1970, as text. */
  readonly exp?: string;
}

/** A connection: it sends through the real handlers, and gets the events of the real nodes. */
export class Party {
  readonly connectionId = `${randomUUID()}=`;
  readonly events: PatchbayEvent[] = [];
  readonly #identity: Identity;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  /** A whole message, by `$default` if no route's own handler is given. */
  async send(message: unknown, handler: RouteHandler = dispatch): Promise<Reply> {
    const authorizer = { tenant: 'acme', sub: 'ann', scope: 'media:session', batch: '0', ...this.#identity };
    const event = messageEvent(message, { connectionId: this.connectionId, authorizer });
    const { body } = await handler(event, lambdaContext());
    return JSON.parse(body ?? '{}');
  }

  /** A command that must go well: its data. */
  async ask(cmd: string, data: Data = {}): Promise<Data> {
    const reply = await this.send({ ...envelope(cmd), data, tid: 1 });
    if (reply.result !== 'ok') throw new Error(`${cmd}: ${JSON.stringify(reply.data)}`);
    return reply.data ?? {};
  }

  /** A command that must be refused: why. */
  async refused(cmd: string, data: Data = {}): Promise<ErrorBody> {
    const reply = await this.send({ ...envelope(cmd), data, tid: 1 });
    if (reply.result !== 'error') throw new Error(`${cmd} was not refused: ${JSON.stringify(reply.data)}`);
    // The envelope's own type of an error's data.
    return reply.data as unknown as ErrorBody;
  }

  /** Makes a session; its id. */
  async create(data: Data): Promise<string> {
    return String((await this.ask('create', data)).session_id);
  }

  /** The connection is lost. */
  async leave(): Promise<void> {
    await disconnect(messageEvent('', { connectionId: this.connectionId, eventType: 'DISCONNECT' }));
  }

  /** The events of one session or room. */
  of(objectId: string, type?: string): PatchbayEvent[] {
    return this.events.filter((event) => event.obj_id === objectId && (type === undefined || event.type === type));
  }
}

/** `create`, or with its subclass, `event/subscribe`. */
function envelope(cmd: string) {
  const [subclass, name] = cmd.includes('/') ? cmd.split('/') : ['session', cmd];
  return { class: 'media', subclass, cmd: name };
}

/**
 * The server in this process, for all tests of a file: the functions, a DynamoDB, a node `n1` with p2p and an engine
 * that stands for Janus. Call it at the top of the file.
 */
export function inProcess() {
  let table: TestTable;
  const parties = new Map<string, Party>();
  const nodes = new Map<string, { node: RunningNode; changed: () => void }>();
  const p2p = new P2pBackend();
  const janus = new FakeBackend('janus');
  const poster: Poster = {
    post: async (connectionId, text) => {
      const party = parties.get(connectionId);
      if (!party) return 'gone';
      party.events.push(...[JSON.parse(text).data].flat());
      return 'sent';
    },
    disconnect: async () => {},
  };

  async function start(
    nodeId: string,
    backends: Backend[] | ((onChange: () => void) => Backend[]),
    change: Partial<NodeOptions> = {},
  ): Promise<void> {
    let changed = () => {};
    const node = await startNode({
      nodeId,
      host: '127.0.0.1',
      port: 0,
      release: 'test',
      capacity: 1000,
      drainMs: 60_000,
      ecsAgent: undefined,
      onLost: () => {},
      table,
      files: testFiles(),
      rules: testRules,
      poster,
      backends: (onChange) => {
        changed = onChange;
        return typeof backends === 'function' ? backends(onChange) : backends;
      },
      clock: systemClock,
      log: silentLog,
      random: Math.random,
      ...change,
    });
    nodes.set(nodeId, { node, changed: () => changed() });
    services().directory.forget(nodeId);
  }

  async function stop(nodeId: string): Promise<void> {
    const running = nodes.get(nodeId);
    nodes.delete(nodeId);
    await running?.node.stop();
    services().directory.forget(nodeId);
  }

  beforeAll(async () => {
    table = await startTable();
    vi.stubEnv('PATCHBAY_TABLE', table.name);
    vi.stubEnv('PATCHBAY_DYNAMODB_ENDPOINT', table.endpoint);
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
    await start('n1', [janus, p2p]);
  });
  afterEach(() => {
    janus.answers = 'now';
  });
  afterAll(async () => {
    await Promise.all([...nodes.keys()].map(stop));
    await table.stop();
    vi.unstubAllEnvs();
  });

  return {
    janus,
    /** Another node. */
    start,
    stop,
    /** Has a node's heartbeat come at once, as when an engine changes. */
    beat: (nodeId: string): void => nodes.get(nodeId)?.changed(),
    /** A node that has ended by itself. */
    drop: (nodeId: string): boolean => nodes.delete(nodeId),
    /** What events are posted with. */
    poster,
    get table() {
      return table;
    },
    get sessions() {
      return new SessionStore(table);
    },
    /** Somebody connects: ann of acme with the scope media:session, if nothing else is said. */
    async connect(identity: Identity = {}): Promise<Party> {
      const party = new Party(identity);
      parties.set(party.connectionId, party);
      await new ConnectionStore(table).put(
        {
          connectionId: party.connectionId,
          tenant: identity.tenant ?? 'acme',
          userId: identity.sub ?? 'ann',
          connectedAt: new Date().toISOString(),
        },
        Date.now(),
      );
      return party;
    },
  };
}
export type InProcess = ReturnType<typeof inProcess>;

/** Beside `n1` a node with what stands for FreeSWITCH, while `work` runs: not beside others. */
export async function withFreeSwitch<T>(
  world: InProcess,
  work: (freeswitch: FakeFreeSwitch) => Promise<T>,
): Promise<T> {
  const freeswitch = new FakeFreeSwitch();
  await world.start('fs', [freeswitch]);
  try {
    return await work(freeswitch);
  } finally {
    await world.stop('fs');
  }
}

/** Somebody who may make and moderate rooms: ann, if nothing else is said. */
export const connectHost = (world: InProcess, identity: Identity = {}): Promise<Party> =>
  world.connect({ scope: 'media:session media:room', ...identity });

/** A room with its first publisher, whom others can see. */
export async function conference(world: InProcess) {
  const host = await connectHost(world);
  const room_id = String((await host.ask('room/create', { class: 'sfu' })).room_id);
  return { host, room_id, publisher_id: await publisherIn(host, room_id) };
}

/** Another publisher of a room, ready. */
export const publisherIn = (host: Party, room_id: string): Promise<string> =>
  host.create({ type: 'publish', offer, room_id, wait_reply: true });

/** A listener that has answered its offer. */
export async function listenerTo(party: Party, publisher_id: string): Promise<string> {
  const session_id = await party.create({ type: 'listen', publisher_id, wait_reply: true });
  await party.ask('set_answer', { session_id, answer });
  return session_id;
}

/** Why a session or a room is over, as its `destroyed` says. */
export async function endOf(party: Party, objectId: string): Promise<ErrorBody & { duration: number }> {
  const event = await until(`the end of ${objectId}`, () => party.of(objectId, 'destroyed')[0], 5000);
  // The node's own type of a body of `destroyed`.
  return event.body as unknown as ErrorBody & { duration: number };
}

/**
 * Runs `work` and, once it waits, `then`.
 *
 * @param waits whether it does; where nothing shows it, it has 250 ms to begin
 */
export async function whileWaiting<T>(work: Promise<T>, then: () => unknown, waits?: () => boolean): Promise<T> {
  // Whoever awaits it is told; nobody else is to be.
  work.catch(() => undefined);
  do await new Promise((resolve) => setTimeout(resolve, waits ? 5 : 250));
  while (waits && !waits());
  await then();
  return work;
}
