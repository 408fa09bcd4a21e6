import { leastProtectable, leastServing, replacedNodes } from './deployment.ts';
import { hasEnginesOf } from './drain.ts';
import { type Fleet, isBusy, leaving, needed, reachable, serving } from './fleet.ts';
import { comfortableLoad, type Node, takesCalls } from './placement.ts';

/** One at a time, so that each is decided on what the one before has led to. */
export type ScalingOrder =
  | { readonly kind: 'raise'; readonly desired: number }
  | { readonly kind: 'drain'; readonly nodes: readonly Node[] }
  /** The node is drained and empty: its task is stopped, and there is to be one less. */
  | { readonly kind: 'release'; readonly node: Node; readonly desired: number }
  /** The same while too few nodes are left: its task is stopped as the count is, so that ECS starts another one. */
  | { readonly kind: 'replace'; readonly node: Node };

/** A node has just been started because there was need of it. */
const youngMs = 10 * 60_000;
/** ECS stops a task within seconds; one that is still there after this is asked for again. */
const releasingMs = 5 * 60_000;

export function scale(fleet: Fleet): ScalingOrder | undefined {
  const desired = raisedCount(fleet);
  const spent = desired !== undefined || isStuck(fleet) ? spentNode(fleet) : undefined;
  if (spent) return { kind: 'replace', node: spent };
  if (desired !== undefined) return { kind: 'raise', desired };
  if (!fleet.service.isDeploying) return release(fleet) ?? drainSurplus(fleet);
  // In a deploy ECS itself stops the nodes that have drained.
  const replaced = replacedNodes(fleet);
  return replaced.length > 0 ? { kind: 'drain', nodes: replaced } : undefined;
}

/**
 * The count that is needed for a node to be there at all, and for those with calls to be safe, or undefined: it suffices.
 * Scaling out beyond that is Application Auto Scaling's.
 */
export function raisedCount(fleet: Fleet): number | undefined {
  const serve = fleet.service.isDeploying ? leastServing(fleet) : leavingCount(fleet) + needed(fleet);
  const least = Math.max(serve, leastProtectable(fleet));
  return fleet.service.desired < least ? least : undefined;
}

/** ECS starts none, though there are to be more: there may be no room for one, in the account's quota or where nodes are. */
const isStuck = ({ service: { desired, running, pending } }: Fleet): boolean => running + pending < desired;

/** Where too few nodes serve, one whose place another could have at once. */
function spentNode(fleet: Fleet): Node | undefined {
  const { service, current } = fleet;
  if (serving(fleet).length >= needed(fleet)) return undefined;
  return drainedNodes(fleet).find(({ nodeId }) => !service.isDeploying || current?.has(nodeId));
}

/** Those that nothing keeps any more, and that the count still stands for. */
const drainedNodes = (fleet: Fleet): Node[] =>
  leaving(fleet)
    .filter(isCounted(fleet))
    .filter((node) => node.isEmpty && !node.isProtected);

/** How many of the tasks that the count stands for are nodes that go. */
function leavingCount(fleet: Fleet): number {
  const { desired, running, pending } = fleet.service;
  const counted = leaving(fleet).filter(isCounted(fleet)).length;
  const released = leaving(fleet).length - counted;
  // Beyond those that were released, what is too many can only be those that go, too.
  const tooMany = Math.max(0, running + pending - desired - released);
  return Math.min(desired, Math.max(0, counted - tooMany));
}

/** The service's count has not been lowered for it: its task is one of those that ECS keeps. */
const isCounted =
  ({ nowMs }: Fleet) =>
  ({ releasedAtMs }: Node): boolean =>
    releasedAtMs === undefined || nowMs - releasedAtMs >= releasingMs;

/** The tasks that are to run do, and are the nodes that are listed: so it is known which of them are protected. */
function isSettled(fleet: Fleet): boolean {
  const { desired, running, pending } = fleet.service;
  return pending === 0 && running === desired && running === reachable(fleet).length;
}

function release(fleet: Fleet): ScalingOrder | undefined {
  if (!isSettled(fleet) || serving(fleet).length < needed(fleet)) return undefined;
  const [node] = drainedNodes(fleet);
  if (!node) return undefined;
  // Should ECS see the count before the task that is stopped, it stops another one that is not protected.
  if (reachable(fleet).some((other) => !other.isProtected && isBusy(other))) return undefined;
  return { kind: 'release', node, desired: fleet.service.desired - 1 };
}

function drainSurplus(fleet: Fleet): ScalingOrder | undefined {
  const { minNodes, nowMs } = fleet;
  const nodes = reachable(fleet);
  if (!isSettled(fleet) || nodes.length <= minNodes || leaving(fleet).length > 0) return undefined;
  if (nodes.some((node) => !takesCalls(node, nowMs) || nowMs - node.bootedAtMs < youngMs)) return undefined;
  const [least, ...rest] = nodes.sort((a, b) => a.load - b.load || a.bootedAtMs - b.bootedAtMs);
  if (!least) return undefined;
  if (rest.length === 0) {
    const isIdle = least.load === 0 && least.rooms === 0 && needed(fleet) === 0;
    return isIdle ? { kind: 'drain', nodes: [least] } : undefined;
  }
  // The rest must be able to carry all load, and more to come.
  const load = nodes.reduce((sum, node) => sum + node.load, 0);
  const able = rest.filter((node) => hasEnginesOf(node, least));
  const capacity = able.reduce((sum, node) => sum + node.capacity, 0);
  return able.length > 0 && load <= comfortableLoad * capacity ? { kind: 'drain', nodes: [least] } : undefined;
}
