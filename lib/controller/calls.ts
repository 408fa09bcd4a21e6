import type { Backend } from '../backends/backend.ts';
import type { Caller } from '../domain/access.ts';
import type { AddressRules } from '../domain/addresses.ts';
import type { Subject } from '../domain/audience.ts';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { PatchbayError } from '../protocol/errors.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import type { EventBus } from '../push/bus.ts';
import type { Poster } from '../push/poster.ts';
import { Push } from '../push/push.ts';
import { endLostNode } from '../reaper/lost-node.ts';
import { Teller } from '../reaper/teller.ts';
import type { RecordingFiles } from '../recordings/recording-files.ts';
import { ConnectionStore } from '../store/connections.ts';
import { LostObjects } from '../store/lost-objects.ts';
import { RoomStore } from '../store/rooms.ts';
import { SessionStore } from '../store/sessions.ts';
import { SubscriptionStore } from '../store/subscriptions.ts';
import type { Table } from '../store/table.ts';
import { Owners } from './owners.ts';
import { retried } from './retried.ts';
import { Rooms } from './room/rooms.ts';
import type { RoomWorld } from './room/spec.ts';
import { Sessions } from './session/sessions.ts';
import type { SessionWorld } from './session/spec.ts';
import { settle } from './settle.ts';
import { Subscriptions } from './subscriptions.ts';
import { Timers } from './timers.ts';

const sweepMs = 10 * 60_000;
/** How long events that are still to be delivered are waited for. */
const deliverMs = 1000;

export interface CallsOptions {
  readonly nodeId: string;
  /** How many sessions this node should hold. */
  readonly capacity: number;
  readonly backends: readonly Backend[];
  /** Where clients' media may be sent to. */
  readonly rules: AddressRules;
  readonly table: Table;
  readonly poster: Poster;
  readonly files: RecordingFiles;
  /** Who else hears of sessions and rooms. */
  readonly bus?: EventBus | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Told for each event that goes to a connection. */
  readonly onEvent: () => void;
  /** Told for each session that is over, and counts no more. */
  readonly onEnded: (why: PatchbayError) => void;
}

/** The calls of a node: its sessions and rooms, their records, and how what happens to them comes to those who are to hear of it. */
export class Calls {
  readonly sessions: Sessions;
  readonly rooms: Rooms;
  readonly subscriptions = new Subscriptions();
  readonly #options: CallsOptions;
  readonly #sessionRecords: SessionStore;
  readonly #roomRecords: RoomStore;
  readonly #push: Push;
  readonly #owners: Owners;
  readonly #timers: Timers<'sweep'>;

  constructor(options: CallsOptions) {
    this.#options = options;
    const { nodeId, capacity, backends, rules, table, poster, clock, log, random, onEnded } = options;
    this.#sessionRecords = new SessionStore(table);
    this.#roomRecords = new RoomStore(table);
    this.#timers = new Timers(clock);
    const connections = new ConnectionStore(table);
    const owners = new Owners((connectionId) => retried(() => connections.addNode(connectionId, nodeId), options));
    this.#owners = owners;
    this.#push = new Push({ poster, clock, log, random, onGone: (connectionId) => this.connectionGone(connectionId) });
    const rooms = new Rooms({ nodeId, backends, world: this.#roomWorld() });
    this.rooms = rooms;
    const world = this.#sessionWorld();
    this.sessions = new Sessions({ nodeId, capacity, backends, rooms, owners, rules, onEnded, world });
  }

  /** Events that are not delivered yet. */
  get pendingEvents(): number {
    return this.#push.pending;
  }

  /** Ends what an earlier process of this node held, as the reaper ends what was on a lost node: its media ended with it. */
  async endLeftovers(): Promise<void> {
    const { nodeId, table, poster, bus, clock, log, random } = this.#options;
    await endLostNode(nodeId, {
      objects: new LostObjects(table),
      subscriptions: new SubscriptionStore(table),
      teller: new Teller(poster, log, random),
      announce: (tenant, event) => bus?.event(tenant, event),
      clock,
      log,
    });
  }

  /** Takes up what connections subscribed to while the node was not there. */
  async start(): Promise<void> {
    for (const { caller, subscription } of await new SubscriptionStore(this.#options.table).all())
      this.subscriptions.add(caller, subscription);
    this.#sweep();
  }

  connectionGone(connectionId: string): void {
    this.subscriptions.connectionGone(connectionId);
    this.sessions.connectionGone(connectionId);
  }

  /** No new ones from now on. */
  refuse(): void {
    this.sessions.drain();
    this.rooms.drain();
  }

  /** Waits a moment for the last events to be delivered. */
  async close(): Promise<void> {
    this.#timers.clear();
    await this.#push.close(deliverMs);
  }

  #sweep(): void {
    this.#owners.sweep(this.#options.clock.nowMs());
    this.#timers.set('sweep', sweepMs, () => this.#sweep());
  }

  #roomWorld(): Omit<RoomWorld, 'ended'> {
    const { clock, log, files, bus } = this.#options;
    const records = this.#roomRecords;
    return {
      clock,
      log,
      files,
      claim: (record, expiresAtSeconds) => records.claim(record, expiresAtSeconds),
      release: (record) => this.#persist(() => records.release(record), 'room record not released'),
      giveUp: (record) => records.release(record),
      publish: ({ spec, users }, event) => {
        bus?.event(spec.creator.tenant, event);
        this.#tell([], event, { tenant: spec.creator.tenant, users });
      },
    };
  }

  #sessionWorld(): Omit<SessionWorld, 'ended'> {
    const { clock, log, files, bus } = this.#options;
    const records = this.#sessionRecords;
    return {
      clock,
      log,
      files,
      claim: (record, expiresAtSeconds) => records.claim(record, expiresAtSeconds),
      update: (record) => retried(() => records.update(record), this.#options),
      release: (record) => this.#persist(() => records.release(record, clock.nowMs()), 'session record not released'),
      giveUp: (record) => records.release(record, clock.nowMs()),
      replay: (connection, event) => this.#send(connection, event),
      publish: ({ spec, ownership, voice }, event) => {
        bus?.event(spec.creator.tenant, event);
        this.#tell(voice.subscribers, event, { tenant: spec.creator.tenant, users: new Set([ownership.userId]) });
      },
    };
  }

  /** Once to each connection: its own subscribers, and whoever subscribed to the like. */
  #tell(own: Iterable<readonly [string, Caller]>, event: PatchbayEvent, subject: Subject): void {
    const others = [...this.subscriptions.match(event, subject)].map(
      (caller) => [caller.connectionId, caller] as const,
    );
    for (const caller of new Map([...own, ...others]).values()) this.#send(caller, event);
  }

  #send({ connectionId, batch }: Caller, event: PatchbayEvent): void {
    this.#options.onEvent();
    this.#push.send(connectionId, event, batch ?? false);
  }

  /** A write that need not be waited for is tried again beside everything else. */
  async #persist(write: () => Promise<unknown>, failure: string): Promise<void> {
    const { log } = this.#options;
    const { error } = await settle(write());
    if (!error) return;
    log.warn({ err: error }, `${failure}, trying again`);
    retried(write, this.#options).catch((last: unknown) => log.error({ err: last }, failure));
  }
}
