import type { Backend } from '../backends/backend.ts';
import type { Caller } from '../domain/access.ts';
import type { AddressRules } from '../domain/addresses.ts';
import type { Subject } from '../domain/audience.ts';
import type { Clock } from '../domain/clock.ts';
import { reasonToDrain } from '../domain/drain.ts';
import type { Log } from '../domain/log.ts';
import type { Engine } from '../domain/placement.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import type { EventBus } from '../push/bus.ts';
import type { Poster } from '../push/poster.ts';
import { Push } from '../push/push.ts';
import type { RecordingFiles } from '../recordings/recording-files.ts';
import type { Uploads } from '../recordings/uploads.ts';
import { ConnectionStore } from '../store/connections.ts';
import { NodeRegister } from '../store/node-register.ts';
import { NodeStore } from '../store/nodes.ts';
import { RoomStore } from '../store/rooms.ts';
import { SessionStore } from '../store/sessions.ts';
import { SubscriptionStore } from '../store/subscriptions.ts';
import type { Table } from '../store/table.ts';
import { CloudWatchMetrics } from './cloudwatch-metrics.ts';
import { commandHandlers } from './commands.ts';
import { Drain } from './drain.ts';
import { createHttp, type RawOrder } from './http.ts';
import { releaseLeftovers } from './leftovers.ts';
import { Metrics } from './metrics.ts';
import type { NodeCommand } from './order.ts';
import { Owners } from './owners.ts';
import { noProtection, type Protection, TaskProtection } from './protection.ts';
import { Registration } from './registration.ts';
import { retried } from './retried.ts';
import { Rooms } from './room/rooms.ts';
import { Sessions } from './session/sessions.ts';
import { settle } from './settle.ts';
import { Subscriptions } from './subscriptions.ts';
import { Timers } from './timers.ts';

export interface NodeOptions {
  readonly nodeId: string;
  /** Where to listen, and under which name functions reach it. Port 0: a free one. */
  readonly host: string;
  readonly port: number;
  readonly release: string;
  /** How many sessions this node should hold. */
  readonly capacity: number;
  /** How long calls may go on once the node drains. */
  readonly drainMs: number;
  /** The ECS agent's endpoint; undefined where no ECS runs the node. */
  readonly ecsAgent: string | undefined;
  readonly table: Table;
  readonly poster: Poster;
  readonly files: RecordingFiles;
  /** What brings `files` to a bucket, where there is one. */
  readonly uploads?: Uploads | undefined;
  /** Who else hears of sessions and rooms. */
  readonly bus?: EventBus | undefined;
  /** Where clients' media may be sent to. */
  readonly rules: AddressRules;
  /** Called with what to call when an engine changes. */
  readonly backends: (onChange: () => void) => Backend[];
  /** The node was given up and has ended itself: its process is of no use any more. */
  readonly onLost: () => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Takes the lines of the log that CloudWatch makes metrics of; missing: there are none. */
  readonly cloudwatch?: ((line: string) => void) | undefined;
}

export interface RunningNode {
  readonly url: string;
  stop(): Promise<void>;
}

const sweepMs = 10 * 60_000;
/** How long a node that stops waits for recordings to be uploaded: ECS gives it 120 s in all. */
const uploadsMs = 75_000;
const busMs = 2000;

/** The media controller: everything that a node's process holds, wired together and started. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { nodeId, host, clock, log, table, uploads, bus } = options;
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
      giveUp: (record) => roomRecords.release(record),
      publish: ({ spec, users }, event) => {
        bus?.event(spec.creator.tenant, event);
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
    onEnded: (why) => {
      metrics.sessionEnded(why.reason);
      drain.sessionOver();
    },
    world: {
      clock,
      log,
      files: options.files,
      claim: (record, expiresAtSeconds) => records.claim(record, expiresAtSeconds),
      update: (record) => retried(() => records.update(record), options),
      release: (record) => persist(() => records.release(record, clock.nowMs()), 'session record not released'),
      giveUp: (record) => records.release(record, clock.nowMs()),
      replay: send,
      publish: ({ spec, ownership, voice }, event) => {
        bus?.event(spec.creator.tenant, event);
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
    pendingUploads: () => uploads?.pending ?? 0,
    pendingBusEvents: () => bus?.pending ?? 0,
    droppedBusEvents: () => bus?.dropped ?? 0,
  });
  const handlers = commandHandlers(sessions, rooms, subscriptions);
  const refuse = () => {
    sessions.drain();
    rooms.drain();
  };

  const http = createHttp({
    clock,
    log,
    metrics,
    keys: () => registration.keys,
    ready: () => drain.phase === 'up' && canTakeCalls(engines()),
    run: (command, order) => runCommand(handlers, command, order),
    connectionGone,
  });
  const url = await http.listen({ host, port: options.port });

  const protection = protectionOf(options, () => registration.changed());
  const drain = new Drain({
    clock,
    log,
    drainMs: options.drainMs,
    protection,
    sessions: () => sessions.count,
    refuse,
    endAll: async (why) => {
      await sessions.stopAll(why);
      await rooms.stopAll(why);
    },
    finish: async () => {
      await sessions.gathered();
      // The disk of a task dies with it.
      await uploads?.idle();
    },
    changed: () => registration.changed(),
  });
  const nodes = new NodeStore(table);
  const registration: Registration = new Registration({
    nodes,
    register: new NodeRegister(table),
    clock,
    log,
    describe: () => ({
      nodeId,
      url,
      release: options.release,
      state: drain.phase === 'up' ? 'up' : 'draining',
      engines: engines(),
      load: sessions.count,
      rooms: rooms.count,
      capacity: options.capacity,
      heartbeatAtMs: clock.nowMs(),
      isProtected: protection.isOn,
    }),
    beaten: (own, all) => {
      const why = reasonToDrain(own, all, clock.nowMs());
      if (why !== undefined) drain.begin(why);
    },
    lost: () => {
      log.error({ node_id: nodeId }, 'this node was given up: it ends');
      stop('held').then(options.onLost, (error: unknown) => {
        log.error({ err: error }, 'a node that was given up did not end well');
        options.onLost();
      });
    },
  });
  const { capacity, cloudwatch: write } = options;
  const cloudwatch =
    write &&
    new CloudWatchMetrics({
      registry: metrics.registry,
      capacity,
      table: table.name,
      clock,
      isServing: () => drain.phase === 'up',
      write,
    });
  let stopping: Promise<void> | undefined;
  const stop = (which: 'all' | 'held'): Promise<void> => {
    stopping ??= stopNow(which);
    return stopping;
  };
  async function stopNow(which: 'all' | 'held'): Promise<void> {
    const why = new PatchbayError('node_lost', which === 'all' ? 'the media node stops' : 'the media node was lost');
    refuse();
    drain.end();
    protection.stop();
    timers.clear();
    cloudwatch?.stop();
    // Whatever fails, the rest is done: clients are told, and recordings brought away, also while the table is away.
    const steps: readonly (() => Promise<unknown> | undefined)[] = [
      () => registration.stop(),
      ...[sessions, rooms].map((live) => () => (which === 'all' ? live.stopAll(why) : live.stopHeld(why))),
      () => Promise.all(backends.map((backend) => backend.stop())),
      () => uploads?.close(uploadsMs),
      () => Promise.all([push.close(1000), bus?.close(busMs)]),
      () => http.close(),
    ];
    for (const step of steps) {
      const { error } = await settle(Promise.resolve().then(step));
      if (error) log.error({ err: error }, 'a part of the node did not stop well');
    }
  }

  // Of a node that was given up, they are the reaper's to tell of.
  const before = (await nodes.list()).find((node) => node.nodeId === nodeId);
  if (before?.state !== 'lost') await releaseLeftovers({ nodeId, sessions: records, rooms: roomRecords, clock, log });
  for (const { caller, subscription } of await new SubscriptionStore(table).all())
    subscriptions.add(caller, subscription);
  for (const backend of backends) backend.start();
  protection.want(true);
  await uploads?.start();
  await registration.start();
  const sweep = () => {
    owners.sweep(clock.nowMs());
    timers.set('sweep', sweepMs, sweep);
  };
  if (!stopping) {
    sweep();
    cloudwatch?.start();
  }
  log.info({ node_id: nodeId, url }, 'node is up');

  return { url, stop: () => stop('all') };
}

function protectionOf({ ecsAgent, clock, log, random }: NodeOptions, onChange: () => void): Protection {
  return ecsAgent === undefined
    ? noProtection
    : new TaskProtection({ agentUrl: ecsAgent, clock, log, random, onChange });
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
