import type { Clock } from '../domain/clock.ts';
import type { Node } from '../domain/placement.ts';
import type { NodeStore } from '../store/nodes.ts';

const freshMs = 1000;

/** The nodes as functions see them: the list read at most once a second, keys once, and again when one is refused. */
export class NodeDirectory {
  readonly #store: NodeStore;
  readonly #clock: Clock;
  readonly #keys = new Map<string, Promise<string | undefined>>();
  #list: { readonly nodes: Promise<Node[]>; readonly readAtMs: number } | undefined;

  constructor(store: NodeStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** In the order of their ids. */
  list(): Promise<Node[]> {
    const nowMs = this.#clock.nowMs();
    if (!this.#list || nowMs - this.#list.readAtMs >= freshMs) {
      const nodes = this.#store.list();
      const entry = { nodes, readAtMs: nowMs };
      this.#list = entry;
      nodes.catch(() => {
        if (this.#list === entry) this.#list = undefined;
      });
    }
    return this.#list.nodes;
  }

  /** A lost node is none: nothing that it had is there any more. */
  async find(nodeId: string): Promise<Node | undefined> {
    return (await this.list()).find((node) => node.nodeId === nodeId && node.state !== 'lost');
  }

  /** The key to sign with, or undefined when the node has none. */
  key(nodeId: string): Promise<string | undefined> {
    let key = this.#keys.get(nodeId);
    if (!key) {
      key = this.#store.getKeys(nodeId).then(([newest]) => newest);
      this.#keys.set(nodeId, key);
      key.catch(() => this.#keys.delete(nodeId));
    }
    return key;
  }

  /** The node refused the key, or cannot be reached where it was: it may have been started again. */
  forget(nodeId: string): void {
    this.#keys.delete(nodeId);
    this.#list = undefined;
  }
}
