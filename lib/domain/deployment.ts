import { canReplace } from './drain.ts';
import { type Fleet, isBusy, leaving, needed, reachable, serving } from './fleet.ts';
import type { Node } from './placement.ts';

/**
 * What ECS' rolling deployment does not see to by itself. A node drains at once where it sees one of a newer release; what it
 * cannot see is which of them the service is to have: after a rollback that is the older one, and a deployment that was forced,
 * or that only moves nodes to other subnets, brings the release that is there.
 */

/**
 * The nodes that are to drain, because the newest deployment has brought one that can take their place.
 *
 * @returns none while it is not known which that has brought
 */
export function replacedNodes(fleet: Fleet): Node[] {
  const { current, nowMs } = fleet;
  if (!current) return [];
  const fresh = serving(fleet).filter(({ nodeId }) => current.has(nodeId));
  const old = serving(fleet).filter(({ nodeId }) => !current.has(nodeId));
  return old.filter((node) => fresh.some((one) => canReplace(one, node, nowMs)));
}

/**
 * The least count with which the newest deployment has nodes that serve. A deployment that was taken back finds its own
 * nodes, which ECS counts, draining for those that they are to replace now: others have to come, as many as serve.
 */
export function leastServing(fleet: Fleet): number {
  const { current, maxNodes } = fleet;
  const own = current ? leaving(fleet).filter(({ nodeId }) => current.has(nodeId)) : [];
  const others = current ? serving(fleet).filter(({ nodeId }) => !current.has(nodeId)) : [];
  return own.length === 0 ? needed(fleet) : own.length + Math.min(maxNodes, Math.max(needed(fleet), others.length));
}

/**
 * The least count with which every node that has calls can be protected, or 0: all are. ECS refuses (`DEPLOYMENT_BLOCKED`) to
 * protect more tasks than there are to be, so while old nodes drain new ones are not protected, and a rollback would cut
 * their calls. A count that is raised by the old ones makes room; it brings new nodes, which are scaled in later.
 */
export function leastProtectable(fleet: Fleet): number {
  const nodes = reachable(fleet);
  const guarded = nodes.filter(({ isProtected }) => isProtected).length;
  // One that is refused for another reason would be no safer beside more.
  const endangered = nodes.filter((node) => node.isBlocked && isBusy(node)).length;
  return endangered === 0 ? 0 : Math.min(guarded + endangered, 2 * fleet.maxNodes);
}
