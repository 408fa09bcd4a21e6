import type { Backend } from '../backends/backend.ts';
import { reasonToDrain } from '../domain/drain.ts';
import { canTakeCalls } from '../domain/placement.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { Uploads } from '../recordings/uploads.ts';
import { NodeRegister } from '../store/node-register.ts';
import { NodeStore } from '../store/nodes.ts';
import { Calls, type CallsOptions } from './calls.ts';
import { CloudWatchMetrics } from './cloudwatch-metrics.ts';
import { commandHandlers, runCommand } from './commands.ts';
import { Drain } from './drain.ts';
import { createHttp } from './http.ts';
import { Metrics } from './metrics.ts';
import { protectionOf } from './protection.ts';
import { Registration } from './registration.ts';
import { Served } from './served.ts';
import { settle } from './settle.ts';

export interface NodeOptions extends Omit<CallsOptions, 'backends' | 'onEvent' | 'onEnded'> {
  /** Where to listen, and under which name functions reach it. Port 0: a free one. */
  readonly host: string;
  readonly port: number;
  readonly release: string;
  /** How long calls may go on once the node drains. */
  readonly drainMs: number;
  /** The ECS agent's endpoint; undefined where no ECS runs the node. */
  readonly ecsAgent: string | undefined;
  /** What brings `files` to a bucket, where there is one. */
  readonly uploads?: Uploads | undefined;
  /** Called with what to call when an engine changes. */
  readonly backends: (onChange: () => void) => Backend[];
  /** The node was given up and has ended itself: its process is of no use any more. */
  readonly onLost: () => void;
  /** The file that is made when the node can take calls for the first time, for its container's health check; missing: none. */
  readonly served?: string | undefined;
  /** Takes the lines of the log that CloudWatch makes metrics of; missing: there are none. */
  readonly cloudwatch?: ((line: string) => void) | undefined;
}

export interface RunningNode {
  readonly url: string;
  stop(): Promise<void>;
}

/** How long a node that stops waits for recordings to be uploaded: ECS gives it 120 s in all. */
const uploadsMs = 75_000;
const busMs = 2000;

/** The media controller: everything that a node's process holds, wired together and started. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { nodeId, host, capacity, clock, log, random, table, uploads, bus } = options;

  const backends = options.backends(() => registration.changed());
  const engines = () => backends.map((backend) => backend.engine());
  const calls = new Calls({
    ...options,
    backends,
    onEvent: () => metrics.event(),
    onEnded: (why) => {
      metrics.sessionEnded(why.reason);
      drain.sessionOver();
    },
  });
  const { sessions, rooms, subscriptions } = calls;
  const metrics = new Metrics({
    engines,
    sessions: () => sessions.count,
    rooms: () => rooms.count,
    subscribers: () => subscriptions.count,
    pendingEvents: () => calls.pendingEvents,
    pendingUploads: () => uploads?.pending ?? 0,
    pendingBusEvents: () => bus?.pending ?? 0,
    droppedBusEvents: () => bus?.dropped ?? 0,
  });
  const handlers = commandHandlers(sessions, rooms, subscriptions);
  const http = createHttp({
    clock,
    log,
    metrics,
    keys: () => registration.keys,
    ready: () => drain.phase === 'up' && canTakeCalls(engines()),
    run: (command, order) => runCommand(handlers, command, order),
    connectionGone: (connectionId) => calls.connectionGone(connectionId),
  });
  const url = await http.listen({ host, port: options.port });

  const protection = protectionOf(options.ecsAgent, { clock, log, random, onChange: () => registration.changed() });
  const drain = new Drain({
    clock,
    log,
    drainMs: options.drainMs,
    protection,
    sessions: () => sessions.count,
    refuse: () => calls.refuse(),
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
  const served = new Served(options.served, log);
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
      capacity,
      heartbeatAtMs: clock.nowMs(),
      isProtected: protection.isOn,
      isBlocked: protection.isBlocked,
      isEmpty: drain.phase === 'empty',
    }),
    beaten: (own, all) => {
      void served.listed(own.engines);
      const why = reasonToDrain(own, all, clock.nowMs());
      if (why !== undefined) drain.begin(why);
      // One that never takes calls is not in the way of a deployment's end; one that has some is the first to be protected.
      const isBusy = sessions.count > 0 && drain.phase !== 'empty';
      if (isBusy || (drain.phase === 'up' && canTakeCalls(own.engines))) protection.want(true);
      if (isBusy) protection.hurry();
    },
    lost: () => {
      log.error({ node_id: nodeId }, 'this node was given up: it ends');
      stop('held').then(options.onLost, (error: unknown) => {
        log.error({ err: error }, 'a node that was given up did not end well');
        options.onLost();
      });
    },
  });
  const cloudwatch =
    options.cloudwatch &&
    new CloudWatchMetrics({
      registry: metrics.registry,
      capacity,
      table: table.name,
      clock,
      isServing: () => drain.phase === 'up',
      isProtected: () => !protection.isMissing,
      write: options.cloudwatch,
    });

  let stopping: Promise<void> | undefined;
  const stop = (which: 'all' | 'held'): Promise<void> => {
    stopping ??= stopNow(which);
    return stopping;
  };
  async function stopNow(which: 'all' | 'held'): Promise<void> {
    const why = new PatchbayError('node_lost', which === 'all' ? 'the media node stops' : 'the media node was lost');
    calls.refuse();
    drain.end();
    protection.stop();
    cloudwatch?.stop();
    // Whatever fails, the rest is done: clients are told, and recordings brought away, also while the table is away.
    const steps: readonly (() => Promise<unknown> | undefined)[] = [
      () => registration.stop(),
      ...[sessions, rooms].map((live) => () => (which === 'all' ? live.stopAll(why) : live.stopHeld(why))),
      () => Promise.all(backends.map((backend) => backend.stop())),
      () => uploads?.close(uploadsMs),
      () => Promise.all([calls.close(), bus?.close(busMs)]),
      () => http.close(),
    ];
    for (const step of steps) {
      const { error } = await settle(Promise.resolve().then(step));
      if (error) log.error({ err: error }, 'a part of the node did not stop well');
    }
  }

  const before = (await nodes.list()).find((node) => node.nodeId === nodeId);
  // Of a node that was given up, they are the reaper's to tell of.
  if (before?.state !== 'lost') await calls.endLeftovers();
  await calls.start();
  for (const backend of backends) backend.start();
  await uploads?.start();
  await registration.start(before);
  if (!stopping) cloudwatch?.start();
  log.info({ node_id: nodeId, url }, 'node is up');

  return { url, stop: () => stop('all') };
}
