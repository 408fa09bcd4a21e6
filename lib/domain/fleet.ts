import { isReachable, type Node, takesCalls } from './placement.ts';

/** The ECS service of the nodes, as ECS tells. */
export interface ServiceCount {
  /** How many tasks there are to be. */
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  /** A deployment is under way. */
  readonly isDeploying: boolean;
}

/** All that is known when it is decided how many nodes there should be, and which. */
export interface Fleet {
  readonly nodes: readonly Node[];
  readonly service: ServiceCount;
  /** While a deployment is under way, the nodes that it has brought: the others are to go. Undefined: not asked for. */
  readonly current?: ReadonlySet<string> | undefined;
  readonly minNodes: number;
  readonly maxNodes: number;
  /** When somebody last wanted a node: a client connected, or a session found none. */
  readonly wantedAtMs: number | undefined;
  readonly nowMs: number;
}

/** The last node stays for so long after somebody wanted one. */
const wantedMs = 5 * 60_000;

export const reachable = ({ nodes, nowMs }: Fleet): Node[] => nodes.filter((node) => isReachable(node, nowMs));

/** Those that new sessions go to, and will. */
export const serving = ({ nodes, nowMs }: Fleet): Node[] =>
  nodes.filter((node) => takesCalls(node, nowMs) && node.order === undefined);

/** Those that drain, or are to. */
export const leaving = (fleet: Fleet): Node[] =>
  reachable(fleet).filter((node) => node.state === 'draining' || node.order === 'drain');

/** Whoever stops it cuts something. A room without members counts as long as somebody may come, a recording until it is in the bucket. */
export const isBusy = ({ state, load, rooms, isEmpty }: Node): boolean =>
  load > 0 || (state === 'up' ? rooms > 0 : !isEmpty);

/** How many nodes there have to be, whatever their load. */
export const needed = ({ minNodes, maxNodes, wantedAtMs, nowMs }: Fleet): number =>
  Math.min(maxNodes, Math.max(minNodes, wantedAtMs !== undefined && nowMs - wantedAtMs < wantedMs ? 1 : 0));
