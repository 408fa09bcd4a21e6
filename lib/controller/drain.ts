import type { Clock } from '../domain/clock.ts';
import { type NodePhase, nextPhase } from '../domain/drain.ts';
import type { Log } from '../domain/log.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { Protection } from './protection.ts';
import { settle } from './settle.ts';
import { Timers } from './timers.ts';

/** What is still to be done for calls that are over may take so long; then the node may go all the same. */
const finishMs = 15 * 60_000;

export interface DrainHost {
  readonly clock: Clock;
  readonly log: Log;
  /** How long calls may go on. */
  readonly drainMs: number;
  readonly protection: Protection;
  /** Live sessions. */
  sessions(): number;
  /** No new sessions and rooms from now on. */
  refuse(): void;
  /** Ends sessions and rooms. */
  endAll(why: PatchbayError): Promise<void>;
  /** What is yet to be done for calls that are over: their recordings. */
  finish(): Promise<void>;
  /** The node's record is to tell it. */
  changed(): void;
}

/**
 * How a node ends without ending calls: it takes no new ones, and when the last has ended, or the deadline is over, it
 * gives up its protection. From then on its task may be stopped.
 */
export class Drain {
  readonly #host: DrainHost;
  readonly #timers: Timers<'deadline'>;
  #phase: NodePhase = 'up';
  #finishing = false;

  constructor(host: DrainHost) {
    this.#host = host;
    this.#timers = new Timers(host.clock);
  }

  get phase(): NodePhase {
    return this.#phase;
  }

  /** Begins, once. */
  begin(why: string): void {
    const { log, drainMs, refuse, changed, sessions } = this.#host;
    if (!this.#step('drain')) return;
    log.info({ why, sessions: sessions() }, 'node drains');
    refuse();
    this.#timers.set('deadline', drainMs, () => this.#deadline());
    changed();
    this.sessionOver();
  }

  /** A session is over, perhaps the last. */
  sessionOver(): void {
    if (this.#phase === 'draining' && this.#host.sessions() === 0 && !this.#finishing) void this.#finish();
  }

  /** The node was given up, or stops: nothing is waited for any more. */
  end(): void {
    this.#step('lose');
    this.#timers.clear();
  }

  #deadline(): void {
    const { log, sessions } = this.#host;
    log.warn({ sessions: sessions() }, 'the time to drain is over: what is left ends');
    if (!this.#finishing) void this.#finish();
  }

  /** Also without sessions there may be rooms, that nobody is in. */
  async #finish(): Promise<void> {
    const { log, clock, endAll, finish, protection, changed } = this.#host;
    this.#finishing = true;
    this.#timers.clear();
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.after(finishMs, resolve);
    });
    const { error } = await settle(Promise.race([endAll(drained()).then(finish), late]));
    cancel();
    if (error) log.error({ err: error }, 'not everything was finished');
    if (!this.#step('empty')) return;
    log.info({}, 'node is empty');
    protection.want(false);
    changed();
  }

  #step(step: Parameters<typeof nextPhase>[1]): boolean {
    const phase = nextPhase(this.#phase, step);
    if (phase) this.#phase = phase;
    return phase !== undefined;
  }
}

const drained = () => new PatchbayError('node_draining', 'the media node was replaced, and its time to drain is over');
