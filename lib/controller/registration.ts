import { randomBytes } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { Node } from '../domain/placement.ts';
import { maxSkewMs } from '../domain/signature.ts';
import type { NodeRegister, OwnNode } from '../store/node-register.ts';
import type { NodeStore } from '../store/nodes.ts';
import { settle } from './settle.ts';
import { Timers } from './timers.ts';

const heartbeatMs = 10_000;
/** Changes that come together are written together. */
const settleMs = 25;

export interface RegistrationOptions {
  readonly nodes: NodeStore;
  readonly register: NodeRegister;
  readonly clock: Clock;
  readonly log: Log;
  /** The node as it is now. */
  readonly describe: () => Omit<OwnNode, 'bootedAtMs'>;
  /** After each heartbeat: the own record with what others wrote into it, and all nodes. */
  readonly beaten: (own: Node, nodes: readonly Node[]) => void;
  /** The node was given up: its heartbeat is not taken any more. */
  readonly lost: () => void;
}

/**
 * Tells the functions of this node: its key of this boot, and its record at every heartbeat and at once when an engine
 * comes or goes. What a heartbeat brings back tells the node what is wanted of it.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #timers: Timers<'heartbeat' | 'change' | 'old key'>;
  #keys: string[] = [];
  #bootedAtMs = 0;
  #isFirst = true;
  #stopped = false;
  #beating: Promise<void> = Promise.resolve();

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
  }

  /** The keys that requests may be signed with, the newest first. */
  get keys(): readonly string[] {
    return this.#keys;
  }

  /** @param before the node's record, where an earlier process has left one */
  async start(before?: Node): Promise<void> {
    const { nodes, register, describe, clock } = this.#options;
    const { nodeId, release } = describe();
    // The node is older than its process: one that comes back after a fault must not look like a newer release.
    this.#bootedAtMs = before?.release === release ? before.bootedAtMs : clock.nowMs();
    const [old] = await nodes.getKeys(nodeId);
    const fresh = randomBytes(32).toString('base64url');
    this.#keys = old === undefined ? [fresh] : [fresh, old];
    await register.putKeys(nodeId, this.#keys);
    this.#timers.set('old key', maxSkewMs, () => {
      this.#keys = [fresh];
    });
    this.#beatNow();
    await this.#beating;
    // The reaper may have cleared away an earlier process of this id, key and then record, in between.
    if (!this.#stopped) await register.putKeys(nodeId, this.#keys);
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
    await this.#options.register.remove(this.#options.describe().nodeId);
  }

  /** One after another, so that the newest is the last to arrive. */
  #beatNow(): void {
    this.#beating = this.#beating.then(() => this.#beat());
  }

  async #beat(): Promise<void> {
    if (this.#stopped) return;
    const { nodes, register, describe, beaten, lost, log } = this.#options;
    this.#timers.set('heartbeat', heartbeatMs, () => this.#beatNow());
    try {
      const own = await register.beat({ ...describe(), bootedAtMs: this.#bootedAtMs }, this.#isFirst);
      if (this.#stopped) return;
      if (!own) {
        this.#stopped = true;
        this.#timers.clear();
        lost();
        return;
      }
      this.#isFirst = false;
      // An order counts also when the others cannot be seen.
      const { value: all = [], error } = await settle(nodes.list());
      if (error) log.warn({ err: error }, 'nodes not read');
      if (!this.#stopped) beaten(own, all);
    } catch (error) {
      log.error({ err: error }, 'heartbeat not written');
    }
  }
}
