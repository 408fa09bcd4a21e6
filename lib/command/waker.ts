import { type NodeService, nodeService } from '../aws/node-service.ts';
import { takesCalls } from '../domain/placement.ts';
import { raisedCount } from '../domain/scaling.ts';
import { withTimeout } from '../domain/with-timeout.ts';
import { readInteger } from '../env.ts';
import type { Services } from './services.ts';

/** A node needs a minute to come up: no need to ask ECS at each connect until then. */
const askAgainMs = 10_000;

/** A client that connects waits meanwhile. */
const patienceMs = 5000;

export interface WakerOptions extends Pick<Services, 'clock' | 'log'> {
  readonly directory: Pick<Services['directory'], 'list'>;
  readonly demand: Pick<Services['demand'], 'note'>;
  readonly service: Pick<NodeService, 'describe' | 'setDesired'>;
  readonly maxNodes: number;
}

/** Brings nodes back from zero: a client that connects is about to want one. */
export class Waker {
  readonly #options: WakerOptions;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: WakerOptions) {
    this.#options = options;
  }

  /** Never throws: a client is let in whether or not there is a node. */
  async wake(): Promise<void> {
    const { log } = this.#options;
    try {
      await withTimeout(this.#wake(), patienceMs, () => new Error(`ECS took over ${patienceMs} ms`));
    } catch (error) {
      log.error({ err: error }, 'no node could be asked for');
    }
  }

  /** Noted before anything is looked at: of this and the reaper, who is about to let the last node go, one sees the other. */
  async #wake(): Promise<void> {
    const { demand, directory, service, maxNodes, clock, log } = this.#options;
    const nowMs = clock.nowMs();
    await demand.note(nowMs);
    const nodes = await directory.list();
    if (nodes.some((node) => node.order === undefined && takesCalls(node, nowMs))) return;
    if (nowMs - this.#askedAtMs < askAgainMs) return;
    this.#askedAtMs = nowMs;
    const fleet = { nodes, service: await service.describe(), minNodes: 0, maxNodes, wantedAtMs: nowMs, nowMs };
    const desired = raisedCount(fleet);
    if (desired === undefined) return;
    await service.setDesired(desired);
    log.info({ desired }, 'nodes are asked for');
  }
}

/** Undefined where there is always a node, or none on ECS: then a connect costs no look at them. */
export function waker(services: Omit<WakerOptions, 'service' | 'maxNodes'>): Waker | undefined {
  if (readInteger('minNodes', 1) > 0) return undefined;
  const service = nodeService();
  return service && new Waker({ ...services, service, maxNodes: readInteger('maxNodes', 1) });
}
