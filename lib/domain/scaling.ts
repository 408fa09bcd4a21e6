import { hasEnginesOf } from './drain.ts';
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

/** All that is known when it is decided how many nodes there should be. */
export interface Fleet {
  readonly nodes: readonly Node[];
  readonly service: ServiceCount;
  readonly minNodes: number;
  readonly maxNodes: number;
  /** When somebody last wanted a node: a client connected, or a session found none. */
  readonly wantedAtMs: number | undefined;
  readonly nowMs: number;
}

/** One at a time, so that each is decided on what the one before has led to. */
export type ScalingOrder =
  | { readonly kind: 'raise'; readonly desired: number }
  | { readonly kind: 'drain'; readonly node: Node }
  /** The node is drained and empty: with one task less ECS stops its task, the only one that is not protected. */
  | { readonly kind: 'release'; readonly node: Node; readonly desired: number };

/** The rest of the nodes must be able to carry all load at no more than this part of their capacity. */
const fullAt = 0.6;
/** A node has just been started because there was need of it. */
const youngMs = 10 * 60_000;
/** The last node stays for so long after somebody wanted one. */
const wantedMs = 5 * 60_000;
/** ECS stops a task within seconds; one that is still there after this is asked for again. */
const releasingMs = 5 * 60_000;

export function scale(fleet: Fleet): ScalingOrder | undefined {
  const desired = raisedCount(fleet);
  if (desired !== undefined) return { kind: 'raise', desired };
  // In a deploy ECS itself replaces the nodes that drain.
  if (isDeploying(fleet)) return undefined;
  return release(fleet) ?? drain(fleet);
}

/**
 * The count that is needed for a node to be there at all, or undefined: it suffices. Scaling out beyond that is Application
 * Auto Scaling's.
 */
export function raisedCount(fleet: Fleet): number | undefined {
  const wanted = needed(fleet);
  const leaving = isDeploying(fleet) ? 0 : leavingCount(fleet);
  return fleet.service.desired - leaving < wanted ? leaving + wanted : undefined;
}

/** How many of the tasks that the count stands for are nodes that go. */
function leavingCount(fleet: Fleet): number {
  const { desired, running, pending } = fleet.service;
  const leaving = leavingNodes(fleet);
  const counted = leaving.filter(isCounted(fleet)).length;
  const released = leaving.length - counted;
  // Beyond those that were released, what is too many can only be those that go, too.
  const tooMany = Math.max(0, running + pending - desired - released);
  return Math.min(desired, Math.max(0, counted - tooMany));
}

/** How many nodes there have to be, whatever their load. */
const needed = ({ minNodes, maxNodes, wantedAtMs, nowMs }: Fleet): number =>
  Math.min(maxNodes, Math.max(minNodes, wantedAtMs !== undefined && nowMs - wantedAtMs < wantedMs ? 1 : 0));

function isDeploying({ service, nodes, nowMs }: Fleet): boolean {
  const releases = new Set(nodes.filter((node) => isReachable(node, nowMs)).map((node) => node.release));
  return service.isDeploying || releases.size > 1;
}

const leavingNodes = ({ nodes, nowMs }: Fleet): Node[] =>
  nodes.filter((node) => isReachable(node, nowMs) && (node.state === 'draining' || node.order === 'drain'));

/** The service's count has not been lowered for it: its task is one of those that ECS keeps. */
const isCounted =
  ({ nowMs }: Fleet) =>
  ({ releasedAtMs }: Node): boolean =>
    releasedAtMs === undefined || nowMs - releasedAtMs >= releasingMs;

const isEmpty = ({ state, load }: Node): boolean => state === 'draining' && load === 0;

/** The tasks that are to run do, and are the nodes that are listed: so it is known which of them are protected. */
function isSettled({ service, nodes, nowMs }: Fleet): boolean {
  const { desired, running, pending } = service;
  return pending === 0 && running === desired && running === nodes.filter((node) => isReachable(node, nowMs)).length;
}

function release(fleet: Fleet): ScalingOrder | undefined {
  const { service, nodes, nowMs } = fleet;
  const serving = nodes.filter((node) => takesCalls(node, nowMs) && node.order === undefined);
  if (!isSettled(fleet) || serving.length < needed(fleet)) return undefined;
  const node = leavingNodes(fleet)
    .filter(isCounted(fleet))
    .find((one) => isEmpty(one) && !one.isProtected);
  if (!node) return undefined;
  // Whoever is not protected may be the one whose task is stopped.
  const isEndangered = (other: Node) => !other.isProtected && !isEmpty(other);
  if (nodes.some((other) => isReachable(other, nowMs) && isEndangered(other))) return undefined;
  return { kind: 'release', node, desired: service.desired - 1 };
}

function drain(fleet: Fleet): ScalingOrder | undefined {
  const { nodes, minNodes, nowMs } = fleet;
  const reachable = nodes.filter((node) => isReachable(node, nowMs));
  if (!isSettled(fleet) || leavingNodes(fleet).length > 0) return undefined;
  if (reachable.some((node) => !takesCalls(node, nowMs) || nowMs - node.bootedAtMs < youngMs)) return undefined;
  const [least, ...rest] = reachable.sort((a, b) => a.load - b.load || a.bootedAtMs - b.bootedAtMs);
  if (!least || reachable.length <= minNodes) return undefined;
  if (rest.length === 0) {
    const isIdle = least.load === 0 && least.rooms === 0 && needed(fleet) === 0;
    return isIdle ? { kind: 'drain', node: least } : undefined;
  }
  const load = reachable.reduce((sum, node) => sum + node.load, 0);
  const able = rest.filter((node) => hasEnginesOf(node, least));
  const capacity = able.reduce((sum, node) => sum + node.capacity, 0);
  return able.length > 0 && load <= fullAt * capacity ? { kind: 'drain', node: least } : undefined;
}
