import { backoffMs } from '../domain/backoff.ts';
import type { Log } from '../domain/log.ts';
import { type Patience, pause } from '../domain/pause.ts';
import type { PatchbayEvent } from '../protocol/events.ts';
import { busEntry } from './bus-detail.ts';
import { type BusEntry, type BusSender, busSource } from './bus-sender.ts';

/** EventBridge's limits for one request: entries, and the bytes of all of them. */
const maxEntries = 10;
const maxBytes = 256 * 1024;
/** How many events may wait: some seconds of a busy node, some MB. */
export const maxQueuedEvents = 5000;
/** What happens together is sent together. */
const windowMs = 50;
/** About half a minute: then those behind have their turn. */
const maxTries = 8;
const backoff = { baseMs: 200, maxMs: 10_000 };

export interface BusOptions extends Omit<Patience, 'signal'> {
  readonly sender: BusSender;
  readonly log: Log;
}

/**
 * What happens on a node, told to an EventBridge bus, for whoever bills, transcribes or counts calls: `session.created`,
 * `room.destroyed`, `recording.available` …
 *
 * It is never in the way of a call: events wait in a bounded queue, and what finds it full, or is refused for half a
 * minute, is dropped and counted.
 */
export class EventBus {
  readonly #options: BusOptions;
  readonly #abort = new AbortController();
  #queue: BusEntry[] = [];
  #underway = 0;
  #running: Promise<void> | undefined;
  #dropped = 0;
  /** Told once for each time that the queue is full: there are thousands behind the first. */
  #isFull = false;

  constructor(options: BusOptions) {
    this.#options = options;
  }

  /** Events that are not on the bus yet. */
  get pending(): number {
    return this.#queue.length + this.#underway;
  }

  /** Events that never came there, since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** An event of a session or room. SDPs, candidates, tokens and what clients say to each other stay here. */
  event(tenant: string, event: PatchbayEvent): void {
    const entry = busEntry(tenant, event);
    if (entry) this.#add(entry);
  }

  /** Anything else: its type and what there is to say of it. */
  send(type: string, detail: Readonly<Record<string, unknown>>): void {
    this.#add({ type, detail: JSON.stringify(detail), timeMs: this.#options.clock.nowMs() });
  }

  /** Waits until all is on the bus or `timeoutMs` have passed, then drops what is left. */
  async close(timeoutMs: number): Promise<void> {
    const cancel = this.#options.clock.after(timeoutMs, () => this.#abort.abort(new Error('the node stops')));
    await this.#running;
    cancel();
    this.#abort.abort(new Error('the node stopped'));
    this.#options.sender.close();
  }

  #add(entry: BusEntry): void {
    if (this.#abort.signal.aborted || this.#queue.length >= maxQueuedEvents) {
      this.#overflow();
      return;
    }
    this.#queue.push(entry);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { clock } = this.#options;
    while (this.#queue.length > 0 && !signal.aborted) {
      if (this.#queue.length < maxEntries) await pause(windowMs, { clock, signal }).catch(() => {});
      await this.#deliver(this.#take());
    }
    // At once with the last look at the queue: what comes from now on begins anew.
    this.#running = undefined;
    if (this.#queue.length > 0) this.#drop(this.#queue.splice(0).length, 'the node stops');
  }

  #take(): BusEntry[] {
    let bytes = 0;
    let count = 0;
    this.#isFull = false;
    for (const entry of this.#queue.slice(0, maxEntries)) {
      bytes += bytesOf(entry);
      if (count > 0 && bytes > maxBytes) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  /** What was refused is tried again; what was taken is not: consumers see an event once, if EventBridge does. */
  async #deliver(batch: BusEntry[]): Promise<void> {
    const { clock, random, log } = this.#options;
    const { signal } = this.#abort;
    let left = batch;
    let why: unknown;
    for (let attempt = 0; attempt < maxTries && !signal.aborted; attempt += 1) {
      this.#underway = left.length;
      try {
        const refusals = await this.#options.sender.put(left);
        left = left.filter((_, at) => refusals[at] !== undefined);
        why = refusals.find((refusal) => refusal !== undefined);
      } catch (error) {
        why = error;
      }
      if (left.length === 0) break;
      log.warn({ err: why, events: left.length, attempt }, 'events not taken by the bus, trying again');
      await pause(backoffMs(attempt, backoff.baseMs, backoff.maxMs, random), { clock, signal }).catch(() => {});
    }
    this.#underway = 0;
    if (left.length > 0) this.#drop(left.length, why);
  }

  #overflow(): void {
    this.#dropped += 1;
    if (!this.#isFull)
      this.#options.log.error({ events: this.#queue.length }, 'events dropped: too many wait for the bus');
    this.#isFull = true;
  }

  #drop(count: number, why: unknown): void {
    this.#dropped += count;
    this.#options.log.error({ err: why, events: count }, 'events dropped: they are not on the bus');
  }
}

/** As EventBridge counts it: 14 for the time, and what is text. */
const bytesOf = ({ type, detail }: BusEntry) =>
  14 + Buffer.byteLength(busSource) + Buffer.byteLength(type) + Buffer.byteLength(detail);
