import { randomBytes } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { Node } from '../domain/placement.ts';
import { maxSkewMs } from '../domain/signature.ts';
import type { NodeStore } from '../store/nodes.ts';
import { Timers } from './timers.ts';

const heartbeatMs = 10_000;
/** Changes that come together are written together. */
const settleMs = 25;

/**
 * Tells the functions of this node: its key of this boot, and its record at every heartbeat and at once when an engine
 * comes or goes.
 */
export class Registration {
  readonly #nodes: NodeStore;
  readonly #describe: () => Node;
  readonly #log: Log;
  readonly #timers: Timers<'heartbeat' | 'change' | 'old key'>;
  #keys: string[] = [];
  #stopped = false;
  #beating: Promise<void> = Promise.resolve();

  /** @param describe the node as it is now */
  constructor(nodes: NodeStore, describe: () => Node, clock: Clock, log: Log) {
    this.#nodes = nodes;
    this.#describe = describe;
    this.#log = log;
    this.#timers = new Timers(clock);
  }

  /** The keys that requests may be signed with, the newest first. */
  get keys(): readonly string[] {
    return this.#keys;
  }

  async start(): Promise<void> {
    const { nodeId } = this.#describe();
    const [old] = await this.#nodes.getKeys(nodeId);
    const fresh = randomBytes(32).toString('base64url');
    this.#keys = old === undefined ? [fresh] : [fresh, old];
    await this.#nodes.putKeys(nodeId, this.#keys);
    this.#timers.set('old key', maxSkewMs, () => {
      this.#keys = [fresh];
    });
    this.#beatNow();
    await this.#beating;
  }

  /** Something of the node changed. */
  changed(): void {
    if (!this.#stopped && this.#keys.length > 0) this.#timers.set('change', settleMs, () => this.#beatNow());
  }

  /** Takes the node off the list. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timers.clear();
    // A heartbeat that is under way must not arrive after the removal.
    await this.#beating;
    this.#timers.clear();
    await this.#nodes.remove(this.#describe().nodeId);
  }

  /** One after another, so that the newest is the last to arrive. */
  #beatNow(): void {
    this.#beating = this.#beating.then(() => this.#beat());
  }

  async #beat(): Promise<void> {
    if (this.#stopped) return;
    this.#timers.set('heartbeat', heartbeatMs, () => this.#beatNow());
    try {
      await this.#nodes.put(this.#describe());
    } catch (error) {
      this.#log.error({ err: error }, 'heartbeat not written');
    }
  }
}
