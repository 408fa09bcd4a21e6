import { type Node, place, takesCalls } from '../domain/placement.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { BackendKind } from '../protocol/session.ts';
import { NodeUnreachable } from './node-client.ts';
import type { Services } from './services.ts';

type Means = Pick<Services, 'directory' | 'demand' | 'clock' | 'random' | 'log'>;

/** Where something new may go: one live node after another, until one takes it. */
export class FreeNodes {
  readonly #services: Means;
  readonly #backends: readonly BackendKind[];
  readonly #passedOver = new Set<string>();
  #refusal: PatchbayError | undefined;

  constructor(services: Means, backends: readonly BackendKind[]) {
    this.#services = services;
    this.#backends = backends;
  }

  /** @throws PatchbayError no_mediaserver when no node is left: what the last one said is worth more than that */
  async next(): Promise<Node> {
    const { directory, clock, random } = this.#services;
    const nodes = await directory.list();
    const nowMs = clock.nowMs();
    try {
      return place(nodes, this.#backends, this.#passedOver, nowMs, random).node;
    } catch (error) {
      if (!nodes.some((node) => takesCalls(node, nowMs))) await this.#wanted(nowMs);
      throw this.#refusal ?? error;
    }
  }

  /** There is no node at all: whoever scales the nodes is to know that one is wanted. */
  async #wanted(nowMs: number): Promise<void> {
    const { demand, log } = this.#services;
    await demand.note(nowMs).catch((err: unknown) => log.warn({ err }, 'demand not noted'));
  }

  /**
   * Goes on to the next node, where what this one answered says that another may be asked.
   *
   * @throws the error, where it is the answer
   */
  passOver({ nodeId }: Node, error: unknown): void {
    if (!(isFull(error) || error instanceof NodeUnreachable)) throw error;
    if (error instanceof PatchbayError && error.reason === 'no_mediaserver') this.#refusal = error;
    this.#passedOver.add(nodeId);
  }

  hasPassedOver(nodeId: string): boolean {
    return this.#passedOver.has(nodeId);
  }
}

/** The node has just filled up, lost its engine, or drains: it has not told so yet. */
const isFull = (error: unknown): boolean =>
  error instanceof PatchbayError && (error.reason === 'no_mediaserver' || error.reason === 'node_draining');

/** The node does not answer, and may carry out what it was asked, now or later. */
export const mayHaveHeard = (error: unknown): boolean => error instanceof NodeUnreachable && !error.unheard;
