import type { NodeService } from '../aws/node-service.ts';
import type { Fleet } from '../domain/fleet.ts';
import { judge } from '../domain/lost.ts';
import type { Node } from '../domain/placement.ts';
import { type ScalingOrder, scale } from '../domain/scaling.ts';
import type { DemandStore } from '../store/demand.ts';
import type { NodeOrders } from '../store/node-orders.ts';
import type { NodeStore } from '../store/nodes.ts';
import { endLostNode, type LostNodeParts } from './lost-node.ts';

/** A lost node's record stays for so long at least: the index of what was on it lags behind, and so may the node itself. */
const keepLostMs = 30_000;

export interface ReaperOptions extends LostNodeParts {
  readonly nodes: Pick<NodeStore, 'list'>;
  readonly orders: NodeOrders;
  readonly demand: DemandStore;
  /** Undefined: nothing is scaled. */
  readonly service: Pick<NodeService, 'describe' | 'startedBy' | 'setDesired' | 'stopTask'> | undefined;
  readonly minNodes: number;
  readonly maxNodes: number;
}

/**
 * Looks after the nodes from outside: ends what was on lost ones, and decides how many there are to be. It holds nothing;
 * each step is a conditional write or may be done twice, so that a run that is killed, or runs beside another, does no harm.
 */
export class Reaper {
  readonly #options: ReaperOptions;

  constructor(options: ReaperOptions) {
    this.#options = options;
  }

  /** All of it: run every minute. */
  async run(): Promise<void> {
    const { nodes, log } = this.#options;
    const list = await nodes.list();
    let failure: unknown;
    // One node's trouble is not another's. The count first: to tell all clients of a lost node may take longer than a run has.
    for (const step of [() => this.#scale(), ...list.map((node) => () => this.#look(node))]) {
      try {
        await step();
      } catch (error) {
        failure ??= error;
        log.error({ err: error }, 'a step of the reaper failed: the next run tries again');
      }
    }
    if (failure !== undefined) throw failure;
  }

  /** ECS says that a task has stopped: the node that it was is lost, whether or not it could say goodbye. */
  async taskStopped(nodeId: string): Promise<void> {
    const { orders, clock, log } = this.#options;
    const wasListed = await orders.loseStopped(nodeId, clock.nowMs());
    if (wasListed) log.warn({ node_id: nodeId }, 'node lost: its task has stopped');
    await endLostNode(nodeId, this.#options);
  }

  async #look(node: Node): Promise<void> {
    const { orders, clock, log } = this.#options;
    const { nodeId, heartbeatAtMs } = node;
    const verdict = judge(node, clock.nowMs());
    if (verdict === 'suspect') await orders.suspect(node, clock.nowMs());
    if (verdict !== 'lost') return;
    if (node.state !== 'lost') {
      if (!(await orders.lose(node, clock.nowMs()))) return;
      log.warn({ node_id: nodeId, silent_ms: clock.nowMs() - heartbeatAtMs }, 'node lost: no heartbeat');
    }
    // First: to tell all its clients may take longer than a run has.
    await this.#stopTask(nodeId);
    const left = await endLostNode(nodeId, this.#options);
    const lostForMs = clock.nowMs() - (node.lostAtMs ?? clock.nowMs());
    if (left === 0 && lostForMs >= keepLostMs) await orders.forget(nodeId);
  }

  /** A task that hangs counts for ECS as one that runs: it is replaced only when it is gone. */
  async #stopTask(nodeId: string): Promise<void> {
    const { service, log } = this.#options;
    try {
      await service?.stopTask(nodeId, 'no heartbeat');
    } catch (error) {
      log.error({ err: error, node_id: nodeId }, 'task of a lost node not stopped');
    }
  }

  async #scale(): Promise<void> {
    const { nodes, demand, service, minNodes, maxNodes, clock } = this.#options;
    if (!service) return;
    const [list, count, wantedAtMs] = await Promise.all([nodes.list(), service.describe(), demand.wantedAtMs()]);
    const fleet = { nodes: list, service: count, minNodes, maxNodes, wantedAtMs, nowMs: clock.nowMs() };
    const { deployment } = count;
    const isAsked = deployment !== undefined && count.isDeploying;
    const ids = list.map(({ nodeId }) => nodeId);
    const order = scale({ ...fleet, current: isAsked ? await service.startedBy(deployment, ids) : undefined });
    if (order) await this.#carryOut(order, fleet);
  }

  async #carryOut(order: ScalingOrder, { service: before, nowMs }: Fleet): Promise<void> {
    const { orders, service, log } = this.#options;
    if (order.kind === 'drain') {
      for (const { nodeId } of order.nodes) {
        if (await orders.drain(nodeId)) log.info({ node_id: nodeId }, 'node is to drain');
      }
      return;
    }
    if (order.kind === 'replace') {
      await service?.stopTask(order.node.nodeId, 'drained, and another one is needed');
      log.info({ node_id: order.node.nodeId }, 'node is replaced');
      return;
    }
    // ECS takes any count: one that somebody else has changed meanwhile is looked at again a minute later.
    if ((await service?.describe())?.desired !== before.desired) return;
    // Noted first: a run that dies in between has lowered nothing, and one beside it does not lower it again.
    if (order.kind === 'release') {
      if (!(await orders.release(order.node, nowMs))) return;
      await service?.stopTask(order.node.nodeId, 'drained');
    }
    await service?.setDesired(order.desired);
    log.info(
      {
        desired: order.desired,
        before: before.desired,
        ...(order.kind === 'release' && { node_id: order.node.nodeId }),
      },
      'count of nodes changed',
    );
  }
}
