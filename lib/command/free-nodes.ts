import { type Node, place } from '../domain/placement.ts';
import { PatchbayError } from '../protocol/errors.ts';
import type { BackendKind } from '../protocol/session.ts';
import { NodeUnreachable } from './node-client.ts';
import type { Services } from './services.ts';

/** Where something new may go: one live node after another, until one takes it. */
export class FreeNodes {
  readonly #services: Pick<Services, 'directory' | 'clock' | 'random'>;
  readonly #backends: readonly BackendKind[];
  readonly #passedOver = new Set<string>();
  #refusal: PatchbayError | undefined;

  constructor(services: Pick<Services, 'directory' | 'clock' | 'random'>, backends: readonly BackendKind[]) {
    this.#services = services;
    this.#backends = backends;
  }

  /** @throws PatchbayError no_mediaserver when no node is left: what the last one said is worth more than that */
  async next(): Promise<Node> {
    const { directory, clock, random } = this.#services;
    const nodes = await directory.list();
    try {
      return place(nodes, this.#backends, this.#passedOver, clock.nowMs(), random).node;
    } catch (error) {
      throw this.#refusal ?? error;
    }
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
