import { reasonToDrain } from '../../lib/domain/drain.ts';
import { type Node, safest } from '../../lib/domain/placement.ts';
import { scale } from '../../lib/domain/scaling.ts';
import { node } from './nodes.ts';

const minute = 60_000;

export interface FleetWorldOptions {
  readonly count: number;
  readonly minNodes: number;
  readonly maxNodes?: number;
  /** How long a task needs to become a node. */
  readonly startMinutes?: number;
  /** How many tasks the account may have. */
  readonly quota?: number;
  /** Of so many one that ECS refuses to protect, for a reason of its own. */
  readonly unprotectable?: number | undefined;
}

/**
 * A made-up fleet: nodes that do as they are told and as they see, and ECS: it has as many tasks of the newest deployment as
 * there are to be, with all others at most twice as many; it never stops what is protected, nor protects more than are to be.
 */
export class FleetWorld {
  readonly nodes = new Map<string, Node>();
  desired: number;
  wantedAtMs: number | undefined;
  nowMs = Date.UTC(2030, 0, 2);
  /** The newest first. */
  deployments = [1];
  /** Tasks that are no nodes yet, and when they will be. */
  readonly #starting = new Map<string, number>();
  readonly #deploymentOf = new Map<string, number>();
  readonly #releases = new Map([[1, 'r1']]);
  readonly #options: Required<Omit<FleetWorldOptions, 'unprotectable'>> & Pick<FleetWorldOptions, 'unprotectable'>;

  constructor(options: FleetWorldOptions) {
    this.#options = { maxNodes: 10, startMinutes: 0, quota: Number.POSITIVE_INFINITY, ...options };
    this.desired = options.count;
    this.ecs();
    // Those of the beginning are there.
    this.#begin(Number.POSITIVE_INFINITY);
  }

  get isDeploying(): boolean {
    return this.deployments.length > 1;
  }

  get release(): string {
    return this.#releases.get(this.deployments[0] ?? 0) ?? '';
  }

  deploy(release = this.release): void {
    const id = this.#releases.size + 1;
    this.#releases.set(id, release);
    this.deployments.unshift(id);
  }

  rollBack(): void {
    const [failed = 0, ...before] = this.deployments;
    this.deployments = [...before, failed];
  }

  /** Whether a node has calls that ECS may cut, though it could be protected. */
  isInDanger(): boolean {
    return [...this.nodes.values()].some(
      ({ nodeId, isProtected, load }) => !isProtected && load > 0 && !this.#isUnprotectable(nodeId),
    );
  }

  serving(): Node[] {
    return [...this.nodes.values()].filter(({ state, order }) => state === 'up' && !order);
  }

  /** Starts and stops tasks; true when it stopped one with calls that could have been protected. */
  ecs(): boolean {
    const { startMinutes, quota } = this.#options;
    const [newest = 0] = this.deployments;
    while (this.#of(true).length < this.desired && this.#tasks.length < Math.min(quota, 2 * this.desired)) {
      const id = `n${this.#deploymentOf.size + 1}`;
      this.#starting.set(id, this.nowMs + startMinutes * minute);
      this.#deploymentOf.set(id, newest);
    }
    let killed = false;
    for (const isNewest of [false, true]) {
      for (const id of this.#of(isNewest).filter((task) => !this.nodes.get(task)?.isProtected)) {
        if (this.#tasks.length <= this.desired || (isNewest && this.#of(true).length <= this.desired)) break;
        killed ||= (this.nodes.get(id)?.load ?? 0) > 0 && !this.#isUnprotectable(id);
        this.#stop(id);
      }
    }
    this.#begin(this.nowMs);
    if (this.#of(false).length === 0) this.deployments = [newest];
    return killed;
  }

  /** A minute: heartbeats, calls that begin and end, orders that are followed, protection given up and asked for. */
  pass(load: (one: Node) => number): void {
    this.nowMs += minute;
    this.#begin(this.nowMs);
    const before = [...this.nodes.values()].map((one) => ({ ...one, heartbeatAtMs: this.nowMs }));
    const chosen = safest(
      before.filter(({ state, order }) => state === 'up' && !order),
      before,
    );
    const nodes = before.map((one) => {
      const drains = one.state === 'draining' || reasonToDrain(one, before, this.nowMs) !== undefined;
      const now = Math.min(load(one), drains || !chosen.includes(one) ? one.load : 100);
      const isEmpty = drains && now === 0;
      return { ...one, state: drains ? 'draining' : 'up', load: now, isEmpty } as const;
    });
    let guarded = nodes.filter(({ isProtected, isEmpty }) => isProtected && !isEmpty).length;
    // Those with calls ask more often, so they are the ones that get what there is.
    for (const one of nodes.sort((a, b) => b.load - a.load)) {
      const isRefused = this.#isUnprotectable(one.nodeId);
      const hasRoom = one.isProtected || guarded < this.desired;
      const isProtected = !one.isEmpty && !isRefused && hasRoom;
      if (isProtected && !one.isProtected) guarded += 1;
      this.nodes.set(one.nodeId, { ...one, isProtected, isBlocked: !one.isEmpty && !isRefused && !hasRoom });
    }
  }

  /** The reaper. */
  reap(): ReturnType<typeof scale> {
    const order = scale({
      nodes: [...this.nodes.values()],
      service: {
        desired: this.desired,
        running: this.nodes.size,
        pending: this.#starting.size,
        isDeploying: this.isDeploying,
      },
      current: new Set(this.#of(true)),
      minNodes: this.#options.minNodes,
      maxNodes: this.#options.maxNodes,
      wantedAtMs: this.wantedAtMs,
      nowMs: this.nowMs,
    });
    if (order?.kind === 'drain') for (const one of order.nodes) this.nodes.set(one.nodeId, { ...one, order: 'drain' });
    if (order?.kind === 'release') this.nodes.set(order.node.nodeId, { ...order.node, releasedAtMs: this.nowMs });
    if (order?.kind === 'replace') this.#stop(order.node.nodeId);
    if (order?.kind === 'raise' || order?.kind === 'release') this.desired = order.desired;
    return order;
  }

  get #tasks(): string[] {
    return [...this.nodes.keys(), ...this.#starting.keys()];
  }

  #of(isNewest: boolean): string[] {
    const [newest] = this.deployments;
    return this.#tasks.filter((id) => (this.#deploymentOf.get(id) === newest) === isNewest);
  }

  #isUnprotectable(id: string): boolean {
    const { unprotectable } = this.#options;
    return unprotectable !== undefined && Number(id.slice(1)) % 9 === unprotectable;
  }

  #stop(id: string): void {
    this.nodes.delete(id);
    this.#starting.delete(id);
  }

  #begin(untilMs: number): void {
    for (const [id, readyAtMs] of this.#starting) {
      if (readyAtMs > untilMs) continue;
      this.#starting.delete(id);
      const release = this.#releases.get(this.#deploymentOf.get(id) ?? 0) ?? '';
      const times = { bootedAtMs: this.nowMs, heartbeatAtMs: this.nowMs };
      this.nodes.set(id, node(id, { release, isProtected: false, ...times }));
    }
  }
}
