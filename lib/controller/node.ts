import type { Backend } from '../backends/backend.ts';
import type { Caller } from '../domain/access.ts';
import type { AddressRules } from '../domain/addresses.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { Engine, Node } from '../domain/placement.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import type { Poster } from '../push/poster.ts';
import { Push } from '../push/push.ts';
import type { RecordingFiles } from '../recordings/recording-files.ts';
import { ConnectionStore } from '../store/connections.ts';
import { NodeStore } from '../store/nodes.ts';
import { RoomStore } from '../store/rooms.ts';
import { SessionStore } from '../store/sessions.ts';
import { SubscriptionStore } from '../store/subscriptions.ts';
import type { Table } from '../store/table.ts';
import { commandHandlers } from './commands.ts';
import { createHttp, type RawOrder } from './http.ts';
import { Metrics } from './metrics.ts';
import type { NodeCommand } from './order.ts';
import { Owners } from './owners.ts';
import { Registration } from './registration.ts';
import { retried } from './retried.ts';
import { Rooms } from './room/rooms.ts';
import { Sessions } from './session/sessions.ts';
import { settle } from './settle.ts';
import { type Subject, Subscriptions } from './subscriptions.ts';
import { Timers } from './timers.ts';

export interface NodeOptions {
  readonly nodeId: string;
  /** Where to listen, and under which name functions reach it. Port 0: a free one. */
  readonly host: string;
  readonly port: number;
  readonly release: string;
  /** How many sessions this node should hold. */
  readonly capacity: number;
  readonly table: Table;
  readonly poster: Poster;
  readonly files: RecordingFiles;
  /** Where clients' media may be sent to. */
  readonly rules: AddressRules;
  /** Called with what to call when an engine changes. */
  readonly backends: (onChange: () => void) => Backend[];
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

export interface RunningNode {
  readonly url: string;
  stop(): Promise<void>;
}

const sweepMs = 10 * 60_000;

/** The media controller: everything that a node's process holds, wired together and started. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { nodeId, host, clock, log, table } = options;
  const records = new SessionStore(table);
  const roomRecords = new RoomStore(table);
  const connections = new ConnectionStore(table);
  const timers = new Timers<'sweep'>(clock);

  const backends = options.backends(() => registration.changed());
  const push = new Push({
    poster: options.poster,
    clock,
    log,
    random: options.random,
    onGone: (connectionId) => connectionGone(connectionId),
  });
  const subscriptions = new Subscriptions();
  const connectionGone = (connectionId: string) => {
    subscriptions.connectionGone(connectionId);
    sessions.connectionGone(connectionId);
  };
  const match = (event: PatchbayEvent, subject: Subject) =>
    [...subscriptions.match(event, subject)].map((caller) => [caller.connectionId, caller] as const);
  const send = ({ connectionId, batch }: Caller, event: PatchbayEvent) => {
    metrics.event();
    push.send(connectionId, event, batch ?? false);
  };
  /** A write that need not be waited for is tried again beside everything else. */
  const persist = async (write: () => Promise<unknown>, failure: string) => {
    const { error } = await settle(write());
    if (!error) return;
    log.warn({ err: error }, `${failure}, trying again`);
    retried(write, options).catch((last: unknown) => log.error({ err: last }, failure));
  };
  const owners = new Owners((connectionId) => retried(() => connections.addNode(connectionId, nodeId), options));
  const rooms = new Rooms({
    nodeId,
    backends,
    world: {
      clock,
      log,
      files: options.files,
      claim: (record, expiresAtSeconds) => roomRecords.claim(record, expiresAtSeconds),
      release: (record) => persist(() => roomRecords.release(record), 'room record not released'),
      publish: ({ spec, users }, event) => {
        const subject = { tenant: spec.creator.tenant, users };
        for (const caller of new Map(match(event, subject)).values()) send(caller, event);
      },
    },
  });
  const sessions: Sessions = new Sessions({
    nodeId,
    capacity: options.capacity,
    backends,
    rooms,
    owners,
    rules: options.rules,
    onEnded: (why) => metrics.sessionEnded(why.reason),
    world: {
      clock,
      log,
      files: options.files,
      claim: (record, expiresAtSeconds) => records.claim(record, expiresAtSeconds),
      update: (record) => retried(() => records.update(record), options),
      release: (record) => persist(() => records.release(record, clock.nowMs()), 'session record not released'),
      replay: send,
      publish: ({ spec, ownership, voice }, event) => {
        const subject = { tenant: spec.creator.tenant, users: new Set([ownership.userId]) };
        for (const caller of new Map([...voice.subscribers, ...match(event, subject)]).values()) send(caller, event);
      },
    },
  });
  const engines = () => backends.map((backend) => backend.engine());
  const metrics = new Metrics({
    engines,
    sessions: () => sessions.count,
    rooms: () => rooms.count,
    subscribers: () => subscriptions.count,
    pendingEvents: () => push.pending,
  });
  const handlers = commandHandlers(sessions, rooms, subscriptions);

  const http = createHttp({
    clock,
    log,
    metrics,
    keys: () => registration.keys,
    ready: () => canTakeCalls(engines()),
    run: (command, order) => runCommand(handlers, command, order),
    connectionGone,
  });
  const url = await http.listen({ host, port: options.port });

  const describe = (): Node => ({
    nodeId,
    url,
    release: options.release,
    state: 'up',
    engines: engines(),
    load: sessions.count,
    capacity: options.capacity,
    heartbeatAtMs: clock.nowMs(),
  });
  const registration: Registration = new Registration(new NodeStore(table), describe, clock, log);

  await releaseLeftovers(records, nodeId, { clock, log });
  await releaseLeftoverRooms(roomRecords, nodeId, log);
  for (const { caller, subscription } of await new SubscriptionStore(table).all())
    subscriptions.add(caller, subscription);
  for (const backend of backends) backend.start();
  await registration.start();
  const sweep = () => {
    owners.sweep(clock.nowMs());
    timers.set('sweep', sweepMs, sweep);
  };
  sweep();
  log.info({ node_id: nodeId, url }, 'node is up');

  return {
    url,
    async stop() {
      sessions.drain();
      rooms.drain();
      timers.clear();
      await registration.stop();
      await sessions.stopAll(new PatchbayError('node_lost', 'the media node stops'));
      await rooms.stopAll(new PatchbayError('node_lost', 'the media node stops'));
      await Promise.all(backends.map((backend) => backend.stop()));
      await push.close(1000);
      await http.close();
    },
  };
}

/** `order.data` was checked by the schema of this very command. */
function runCommand(
  handlers: ReturnType<typeof commandHandlers>,
  command: NodeCommand,
  order: RawOrder,
): Promise<unknown> {
  const run = handlers[command] as (order: RawOrder) => Promise<unknown>;
  return run(order);
}

/** An engine is up; p2p needs none, and counts only where nothing else was asked for. */
function canTakeCalls(engines: readonly Engine[]): boolean {
  const real = engines.filter(({ kind }) => kind !== 'p2p');
  return real.length === 0 || real.some(({ up }) => up);
}

/** Records of sessions that an earlier process of this node held: their media ended with it. */
async function releaseLeftovers(
  records: SessionStore,
  nodeId: string,
  { clock, log }: Pick<NodeOptions, 'clock' | 'log'>,
): Promise<void> {
  const keys = await records.onNode(nodeId);
  for (const key of keys) {
    const record = await records.get(key);
    if (record?.nodeId === nodeId) await records.release(record, clock.nowMs());
  }
  if (keys.length > 0) log.warn({ sessions: keys.length }, 'released the sessions of an earlier process');
}

/** The same for its rooms. */
async function releaseLeftoverRooms(records: RoomStore, nodeId: string, log: Log): Promise<void> {
  const keys = await records.onNode(nodeId);
  for (const key of keys) {
    const record = await records.get(key);
    if (record?.nodeId === nodeId) await records.release(record);
  }
  if (keys.length > 0) log.warn({ rooms: keys.length }, 'released the rooms of an earlier process');
}
